/**
 * Time that never steps, in milliseconds since an arbitrary moment: only differences mean something.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

export const nowUnsafe = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

export const now: Effect.Effect<number> = Clock.clockWith((clock) => Effect.sync(() => nowUnsafe(clock)))
