/**
 * The context that is in force while a request is served, so that code deep inside asks `rulestead.enabled("flag")` and
 * nobody hands the context down. It follows promises, timers and callbacks, as `AsyncLocalStorage` does.
 *
 * @since 0.1.0
 */
import { AsyncLocalStorage } from "node:async_hooks"
import type { EvaluationContext } from "rulestead/EvaluationContext"

const storage = new AsyncLocalStorage<EvaluationContext>()

const empty: EvaluationContext = {}

/**
 * Runs a function in a context: everything it calls, starts and awaits asks about that one, unless it passes another. A
 * context inside another replaces it; see `mergeContexts`.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead, withContext } from "@rulestead/node"
 *
 * await using rulestead = await createRulestead({ environment: "prod", directory: "flags" })
 * const price = () => rulestead.enabled("sale") ? 8 : 10
 * withContext({ targetingKey: "user-123" }, price)
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const withContext = <A>(context: EvaluationContext, run: () => A): A => storage.run(context, run)

/**
 * The context in force; without any fact where there is none.
 *
 * @category running
 * @since 0.1.0
 */
export const currentContext = (): EvaluationContext => storage.getStore() ?? empty
