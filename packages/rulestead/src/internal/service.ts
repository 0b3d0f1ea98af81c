/**
 * Asking as effects, which know the ambient context.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { Current, type EvaluationContext } from "../EvaluationContext.ts"
import type { Definition } from "../Flag.ts"
import type { Asking, AskingUnsafe, Rulestead } from "../Rulestead.ts"
import type { SnapshotCache } from "../SnapshotCache.ts"
import type { Value } from "../Value.ts"
import { isDefinition } from "./definition.ts"
import { listen } from "./listen.ts"

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** `services`: what listeners of changes run in. */
export const make = (
  cache: SnapshotCache["Service"],
  unsafe: AskingUnsafe,
  services: Context.Context<never>
): Rulestead["Service"] => {
  const { changes, flush, health, readiness, refresh, refreshIfOlderThan } = cache
  return {
    ...unsafe,
    ...askingOf<never>(() => unsafe),
    healthUnsafe: health,
    health: Effect.sync(health),
    ready: Effect.sync(readiness),
    refresh,
    refreshIfOlderThan,
    flush,
    changes,
    onChangeUnsafe: (listener) => listen(services, changes, listener, "changes")
  }
}

/** Asks what `unsafeOf` finds when the effects run. */
export const askingOf = <R>(unsafeOf: (fiber: AnyFiber) => AskingUnsafe): Asking<R> => {
  function value<A>(flag: Definition<A>, context?: EvaluationContext): Effect.Effect<A, never, R>
  function value(flag: string, context: Ambient, otherwise: boolean): Effect.Effect<boolean, never, R>
  function value(flag: string, context: Ambient, otherwise: string): Effect.Effect<string, never, R>
  function value(flag: string, context: Ambient, otherwise: number): Effect.Effect<number, never, R>
  function value(flag: string, context: Ambient, otherwise: Value): Effect.Effect<Value, never, R>
  function value(flag: string | Definition<unknown>, context?: EvaluationContext, otherwise: Value = null) {
    return Effect.withFiberSucceed<unknown, R>((fiber) => {
      const unsafe = unsafeOf(fiber)
      const about = contextOf(fiber, context)
      return isDefinition(flag) ? unsafe.valueUnsafe(flag, about) : unsafe.valueUnsafe(flag, about, otherwise)
    })
  }

  function variant<Variant extends string>(
    flag: Definition<unknown, string, Variant>,
    context?: EvaluationContext
  ): Effect.Effect<Variant | undefined, never, R>
  function variant(flag: string, context?: EvaluationContext): Effect.Effect<string | undefined, never, R>
  function variant(flag: string | Definition<unknown>, context?: EvaluationContext) {
    return Effect.withFiberSucceed<string | undefined, R>((fiber) => {
      const unsafe = unsafeOf(fiber)
      const about = contextOf(fiber, context)
      return isDefinition(flag) ? unsafe.variantUnsafe(flag, about) : unsafe.variantUnsafe(flag, about)
    })
  }

  return {
    // Most bring a context, and an effect that need not ask the fiber for one is a little sooner done.
    enabled: (flag, context) =>
      context === undefined
        ? Effect.withFiberSucceed((fiber) => unsafeOf(fiber).enabledUnsafe(flag, fiber.getRef(Current)))
        : Effect.withFiberSucceed((fiber) => unsafeOf(fiber).enabledUnsafe(flag, context)),
    value,
    variant,
    evaluate: (flag, context) =>
      Effect.withFiber((fiber) => Effect.fromResult(unsafeOf(fiber).evaluateUnsafe(flag, contextOf(fiber, context)))),
    explain: (flag, context, options) =>
      Effect.withFiber((fiber) =>
        Effect.fromResult(unsafeOf(fiber).explainUnsafe(flag, contextOf(fiber, context), options))
      ),
    decisions: (context) =>
      Effect.withFiberSucceed((fiber) => unsafeOf(fiber).decisionsUnsafe(contextOf(fiber, context)))
  }
}

type Ambient = EvaluationContext | undefined

/** The context that was passed, else the ambient one. */
const contextOf = (fiber: AnyFiber, context: Ambient): EvaluationContext =>
  context === undefined ? fiber.getRef(Current) : context
