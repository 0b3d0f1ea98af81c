/**
 * Rulestead for plain Node.js code.
 *
 * Errors can be imported as classes from `@rulestead/node/RulesteadError`; here they are types.
 *
 * @since 0.1.0
 */
export type { DirectoryLocked, DirectoryUnusable } from "@rulestead/postgres/DirectoryLock"
export type { EmbeddedPostgresError } from "@rulestead/postgres/EmbeddedPostgresError"
export type { SchemaTooNew } from "@rulestead/postgres/SchemaTooNew"
export type { Decision, Outcome, Provenance, Reason, Selection, Source as SnapshotSource } from "rulestead/Decision"
export type { DecisionObserver, Failure as DecisionFailure } from "rulestead/DecisionObserver"
export { merge as mergeContexts } from "rulestead/EvaluationContext"
export type { EvaluationContext, Facts } from "rulestead/EvaluationContext"
export type {
  AudienceExplanation,
  BucketExplanation,
  ConditionExplanation,
  RuleExplanation,
  SkipReason
} from "rulestead/Explanation"
export type { Definition } from "rulestead/Flag"
export type {
  BackingUp,
  Counts,
  Failure as RefreshFailure,
  Health,
  Listening,
  NotFreshReason,
  Readiness,
  Refreshing
} from "rulestead/Health"
export type { InvalidInput, Problem } from "rulestead/InvalidInput"
export type { Input as ManifestInput, Report as ManifestReport } from "rulestead/Manifest"
export type { UnsupportedNode } from "rulestead/NodeVersion"
export type { Explained } from "rulestead/Rulestead"
export type { FlagNotFound, MissingIdentity, NotFresh, NotReady, NotRefreshed } from "rulestead/RulesteadError"
export type { SerializedContext } from "rulestead/SerializedContext"
export type { Change, DecisionCount } from "rulestead/SnapshotCache"
export type { Stale } from "rulestead/Stale"
export type { Denied, NotFound, StoreUnavailable } from "rulestead/StoreError"
export type { Event } from "rulestead/Telemetry"
export type { Value } from "rulestead/Value"
export { currentContext, withContext } from "./AmbientContext.ts"
export type { ClientClosed } from "./ClientClosed.ts"
export { type BackupOptions, type CreateOptions, createRulestead, type SigningOptions } from "./createRulestead.ts"
export type { RulesteadClient } from "./RulesteadClient.ts"
export { deserializeContext, serializeContext } from "./SerializedContext.ts"
export type { SigningKey } from "./SigningKey.ts"
export type { Source } from "./Source.ts"
