/**
 * Calling the listeners of code without Effect, whatever they do.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Monotonic from "./monotonic.ts"

/** How often, at most, it is worth a line that a listener throws. Milliseconds. */
const interval = 60_000

/** Calls `listener` for all that comes, until the function returned is called. `what` names that in the log. */
export const listen = <A>(
  services: Context.Context<never>,
  all: Stream.Stream<A>,
  listener: (each: A) => void,
  what: string
): () => void => {
  const threw = throwing(what)
  const fiber = Effect.runForkWith(services)(
    Stream.runForEach(all, (each) =>
      // A listener may be an async function, whose rejection would end the process.
      Effect.catchDefect(Effect.promise(async () => listener(each)), threw))
  )
  return () => fiber.interruptUnsafe()
}

const throwing = (what: string) => {
  let quietUntil = Number.NEGATIVE_INFINITY
  let silent = 0
  return (thrown: unknown): Effect.Effect<void> =>
    Clock.clockWith((clock) => {
      const now = Monotonic.nowUnsafe(clock)
      if (now < quietUntil) {
        silent++
        return Effect.void
      }
      const more = silent === 0 ? "" : `; so it did ${silent} times more that were not logged`
      quietUntil = now + interval
      silent = 0
      return Effect.logError(`A listener of ${what} threw${more}`, Cause.die(thrown))
    })
}
