/**
 * Rulestead behind the server SDK of OpenFeature.
 *
 * @since 0.1.0
 */
export { flagMetadata, type Options, RulesteadProvider, type TrackedEvent } from "./RulesteadProvider.ts"
export { fromService, type OwnedSource, type Source } from "./Source.ts"
