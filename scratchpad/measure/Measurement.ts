/** What a measurement is, and how it takes samples. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Record from "effect/Record"
import type * as Scope from "effect/Scope"
import { median, type Spread, spread } from "../../benchmark/harness/statistics.ts"
import type { Measurement as Row } from "../../benchmark/Measurement.ts"
import type { Databases } from "./Databases.ts"

export type { Row }

/** What goes wrong is a defect: then there is nothing to report. */
export interface Measurement {
  readonly name: string
  readonly measure: (quick: boolean) => Effect.Effect<ReadonlyArray<Row>, never, Databases>
}

/** Answers one sample, or several. */
export type Sampler = Effect.Effect<number | ReadonlyArray<number>>

/** How many rounds, and how often each sampler is asked in a round. */
export interface Effort {
  readonly rounds: number
  readonly samples: number
}

/**
 * Asks all samplers in turn, so that whatever else the machine does hits all of them, and sums up what each of them
 * answered in a round. A first round warms up, and does not count.
 */
export const interleave = Effect.fnUntraced(function*<Name extends string>(
  samplers: Readonly<Record<Name, Sampler>>,
  { rounds, samples }: Effort,
  sumUp: (samples: ReadonlyArray<number>) => number = median
) {
  const names = Record.keys(samplers)
  const summed = Record.map(samplers, () => Array<number>())
  for (let round = 0; round <= rounds; round++) {
    const taken = Record.map(samplers, () => Array<number | ReadonlyArray<number>>())
    for (let sample = 0; sample < samples; sample++) {
      for (const name of names) taken[name].push(yield* samplers[name])
    }
    if (round === 0) continue
    for (const name of names) summed[name].push(sumUp(taken[name].flat()))
  }
  return summed
})

/** A sample that lets go of what it needed when it is taken. */
export const once = <E>(sample: Effect.Effect<number, E, Scope.Scope>): Sampler => Effect.orDie(Effect.scoped(sample))

/** The milliseconds that an effect takes. */
export const elapsed = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.map(Effect.timed(self), ([duration]) => Duration.toMillis(duration))

/** How many times the other the one is, round by round. */
export const times = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): Spread =>
  spread(one.map((value, round) => value / (other[round] ?? NaN)))

export const ratio = (title: string, value: Spread, atMost: number): Row => ({ title, unit: "×", atMost, value })

export const milliseconds = (title: string, samples: ReadonlyArray<number>): Row => ({
  title,
  unit: "ms",
  value: spread(samples)
})
