/**
 * Rulestead for plain Node.js code.
 *
 * @since 0.1.0
 */
export { type CreateOptions, createRulestead } from "./createRulestead.ts"
export type { RulesteadClient } from "./RulesteadClient.ts"
export type { Source } from "./Source.ts"
