/**
 * Which decisions are told.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { DecisionObserver } from "rulestead/DecisionObserver"
import { type Attributes, type Content, ofDecision, ofFailure } from "./FlagEvaluation.ts"
import { Repetitions } from "./internal/repetitions.ts"
import { TokenBucket } from "./internal/tokenBucket.ts"

/**
 * - `repeatAfter` (1 minute): the time in which the same answer of a flag, from the same snapshot, is told once, however
 *   often it is given; the next event says how many it stands for. With 0, every evaluation is told.
 * - `ratio` (1): the share of what is left that is told, at random.
 * - `maxPerSecond` (100): and no more events than that; as many at once.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Content {
  readonly repeatAfter?: Duration.Input | undefined
  readonly ratio?: number | undefined
  readonly maxPerSecond?: number | undefined
}

/**
 * Where events go, and what time it is (milliseconds of any clock) and what chance says (from 0 to 1).
 *
 * @category models
 * @since 0.1.0
 */
export interface Sink {
  readonly emit: (attributes: Attributes) => void
  readonly now: () => number
  readonly random: () => number
}

/**
 * An observer that tells some of the decisions. One that it does not tell costs it a look at a table and at the clock.
 *
 * @category constructors
 * @since 0.1.0
 */
export const observer = (options: Options, { emit, now, random }: Sink): DecisionObserver["Service"] => {
  const { maxPerSecond = 100, ratio = 1, repeatAfter = "1 minute" } = options
  const repetitions = new Repetitions(Duration.toMillis(repeatAfter))
  const bucket = new TokenBucket(maxPerSecond)

  const isChosen = (time: number): boolean => (ratio >= 1 || random() < ratio) && bucket.take(time)

  return {
    decided: (decision, context) => {
      const time = now()
      const repetition = repetitions.ofDecision(decision)
      repetition.count++
      if (time < repetition.until || !isChosen(time)) return
      emit(ofDecision(decision, context, repetitions.tell(repetition, time), options))
    },
    failed: (failure, context) => {
      const time = now()
      const repetition = repetitions.ofFailure(failure)
      repetition.count++
      if (time < repetition.until || !isChosen(time)) return
      emit(ofFailure(failure, context, repetitions.tell(repetition, time), options))
    }
  }
}
