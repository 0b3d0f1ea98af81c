/**
 * Where the provider asks.
 *
 * @since 0.1.0
 */
import type { Decision } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import type { Health } from "rulestead/Health"
import type { Rulestead } from "rulestead/Rulestead"
import type { Change } from "rulestead/SnapshotCache"

/**
 * What the provider needs of Rulestead. The client that `createRulestead` answers is one; {@link fromService} makes one
 * of the service of an Effect application.
 *
 * - `evaluate`: throws `FlagNotFound`, `NotReady` and `MissingIdentity`.
 * - `onChange`: calls the listener for every change from now on; the function returned ends that.
 *
 * @category models
 * @since 0.1.0
 */
export interface Source {
  readonly evaluate: (flag: string, context: EvaluationContext) => Decision
  readonly health: () => Pick<Health, "environment" | "readiness" | "ready" | "stale">
  readonly onChange: (listener: (change: Change) => void) => () => void
}

/**
 * A source that whoever opened it has to close.
 *
 * @category models
 * @since 0.1.0
 */
export interface OwnedSource extends Source {
  readonly close: () => Promise<void>
}

/**
 * The service of an Effect application as a source. Its scope goes on owning the node.
 *
 * **Example**
 *
 * ```ts
 * import { OpenFeature } from "@openfeature/server-sdk"
 * import { fromService, RulesteadProvider } from "@rulestead/openfeature"
 * import * as Effect from "effect/Effect"
 * import { Rulestead } from "rulestead/Rulestead"
 *
 * const register = Effect.gen(function*() {
 *   const rulestead = yield* Rulestead
 *   const provider = new RulesteadProvider(fromService(rulestead))
 *   yield* Effect.tryPromise(() => OpenFeature.setProviderAndWait(provider))
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromService = (
  rulestead: Pick<Rulestead["Service"], "evaluateUnsafe" | "healthUnsafe" | "onChangeUnsafe">
): Source => ({
  evaluate: (flag, context) => {
    const result = rulestead.evaluateUnsafe(flag, context)
    if (result._tag === "Failure") throw result.failure
    return result.success
  },
  health: rulestead.healthUnsafe,
  onChange: rulestead.onChangeUnsafe
})
