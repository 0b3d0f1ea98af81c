/**
 * Rulestead for plain Node.js code.
 *
 * @since 0.1.0
 */
export { merge as mergeContexts } from "rulestead/EvaluationContext"
export { currentContext, withContext } from "./AmbientContext.ts"
export { type CreateOptions, createRulestead } from "./createRulestead.ts"
export type { RulesteadClient } from "./RulesteadClient.ts"
export { deserializeContext, serializeContext } from "./SerializedContext.ts"
export type { Source } from "./Source.ts"
