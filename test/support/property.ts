/** Properties, checked with fast-check, of effects that need services. */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"

export const property = Effect.fnUntraced(function*<A, E, R>(
  arbitrary: fc.Arbitrary<A>,
  check: (value: A) => Effect.Effect<void, E, R>,
  parameters: fc.Parameters<[A]>
) {
  const context = yield* Effect.context<R>()
  const run = (value: A) => Effect.runPromiseWith(context)(check(value))
  yield* Effect.promise(() => fc.assert(fc.asyncProperty(arbitrary, run), parameters))
})
