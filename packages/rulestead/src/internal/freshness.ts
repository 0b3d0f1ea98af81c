/**
 * Makes a snapshot stale when it has not been confirmed for too long, so that deciding need not look at a clock.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Current } from "./current.ts"
import * as Monotonic from "./monotonic.ts"

/** Makes it stale if that is due. */
export const check = (current: Current, staleAfter: number, now: number): void => {
  if (now - (current.verified?.monotonic ?? -Infinity) >= staleAfter) current.expire()
}

/** Waits until the snapshot is fresh, and then until it may be stale. `staleAfter`: milliseconds. */
export const round = (current: Current, staleAfter: number): Effect.Effect<void> =>
  Effect.andThen(
    current.fresh.await,
    Clock.clockWith((clock) => {
      const left = (current.verified?.monotonic ?? 0) + staleAfter - Monotonic.nowUnsafe(clock)
      if (left > 0) return Effect.sleep(Math.ceil(left))
      current.expire()
      return Effect.void
    })
  )
