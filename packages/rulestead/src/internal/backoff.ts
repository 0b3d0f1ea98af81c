/**
 * Pauses that keep a fleet of nodes from doing the same thing at the same moment.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Milliseconds: the first pause is up to `min`, every further one up to twice as long, none longer than `max`. */
export interface Backoff {
  readonly min: number
  readonly max: number
}

/** The pause after the `failures`-th failure in a row. */
export const after = ({ max, min }: Backoff, failures: number): number =>
  Math.min(max, min * 2 ** Math.max(0, failures - 1))

/** Anything from nothing to the whole pause after the `failures`-th failure in a row ("full jitter"). */
export const fullJitter = (backoff: Backoff, failures: number): Effect.Effect<number> =>
  Effect.map(Random.next, (random) => random * after(backoff, failures))

/** Between half of `millis` and one and a half. */
export const around = (millis: number): Effect.Effect<number> =>
  Effect.map(Random.next, (random) => millis * (0.5 + random))

/** Between half of `millis` and all of it. */
export const upTo = (millis: number): Effect.Effect<number> =>
  Effect.map(Random.next, (random) => millis * (0.5 + random / 2))
