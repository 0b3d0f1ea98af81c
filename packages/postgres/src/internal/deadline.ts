import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/**
 * Fails when `self` has not ended in time, however long it takes to interrupt it: a statement whose server does not answer
 * takes seconds to give up, and does so in the background.
 */
export const deadline = <A, E, R, E2>(
  self: Effect.Effect<A, E, R>,
  options: { readonly duration: Duration.Input; readonly orElse: () => E2 }
): Effect.Effect<A, E | E2, R> =>
  Effect.flatMap(Effect.forkDetach(self, { startImmediately: true }), (fiber) =>
    Fiber.join(fiber).pipe(
      Effect.onInterrupt(() => Effect.sync(() => fiber.interruptUnsafe())),
      Effect.timeoutOrElse({
        duration: options.duration,
        orElse: () => Effect.fail(options.orElse())
      })
    ))
