/**
 * A clock of things that wait for nothing in particular: who sleeps by it does not keep the process alive.
 */
import type { Clock } from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** The longest that a timer of Node.js can wait. */
const maxMillis = 2 ** 31 - 1

export const make = (clock: Clock): Clock => ({
  currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
  currentTimeMillis: clock.currentTimeMillis,
  currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
  currentTimeNanos: clock.currentTimeNanos,
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) =>
    Effect.callback<void>((resume) => {
      const timer = after(Math.min(Duration.toMillis(duration), maxMillis), () => resume(Effect.void))
      return Effect.sync(() => clearTimeout(timer))
    })
})

const after = (millis: number, run: () => void): NodeJS.Timeout => setTimeout(run, millis).unref()
