/**
 * Long synchronous work in slices, between which timers, requests and everything else get their turn.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { nowUnsafe } from "./monotonic.ts"

/** Milliseconds of work between two turns of the event loop, exceeded by at most one item. */
const sliceMillis = 1

/** Calls `f` with each item, up to the first that it answers with a problem, which is then the failure. */
export const forEach = Effect.fnUntraced(function*<A, E>(items: Iterable<A>, f: (item: A) => E | undefined) {
  const clock = yield* Clock.Clock
  let end = nowUnsafe(clock) + sliceMillis
  let isLong = false
  for (const item of items) {
    const problem = f(item)
    if (problem !== undefined) return yield* Effect.fail(problem)
    if (nowUnsafe(clock) < end) continue
    isLong = true
    yield* Effect.yieldNow
    end = nowUnsafe(clock) + sliceMillis
  }
  // The last slice and what follows it would otherwise be one.
  if (isLong) yield* Effect.yieldNow
})
