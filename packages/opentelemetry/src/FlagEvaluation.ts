/**
 * The event `feature_flag.evaluation` of OpenTelemetry's semantic conventions (1.44).
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Decision, Provenance } from "rulestead/Decision"
import type { Failure } from "rulestead/DecisionObserver"
import { type EvaluationContext, targetingKey } from "rulestead/EvaluationContext"
import { FlagKey } from "rulestead/Key"
import type * as Vocabulary from "rulestead/Vocabulary"
import { reasonOf } from "rulestead/Vocabulary"
import type { Identity } from "./Identity.ts"

/**
 * @category names
 * @since 0.1.0
 */
export const eventName = "feature_flag.evaluation"

/**
 * - `feature_flag.version`: the version of the snapshot. `feature_flag.set.id`: the environment.
 * - `feature_flag.result.value`: only where there is no variant; see `Content`.
 * - `feature_flag.context.id`: only where there is an `Identity`.
 * - `rulestead.evaluation.count`: how many evaluations this event stands for, itself included.
 *
 * @category models
 * @since 0.1.0
 */
export interface Attributes {
  readonly "feature_flag.key": string
  readonly "feature_flag.provider.name": "rulestead"
  readonly "feature_flag.set.id": string
  readonly "feature_flag.version": string
  readonly "feature_flag.result.reason": Vocabulary.Reason
  readonly "feature_flag.result.variant"?: string
  readonly "feature_flag.result.value"?: string | number | boolean
  readonly "feature_flag.context.id"?: string
  readonly "error.type"?: Vocabulary.ErrorCode
  readonly "feature_flag.error.message"?: string
  readonly "rulestead.rule.key"?: string
  readonly "rulestead.ruleset.version"?: number
  readonly "rulestead.evaluation.count": number
}

/**
 * What an event may say besides which answer was given.
 *
 * - `identity`: makes `feature_flag.context.id` from the targeting key. Left out, there is none.
 * - `values` (`boolean`): which values are told where there is no variant: those of boolean flags, or also strings and
 *   numbers (`scalar`), or none. Objects and lists never are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Content {
  readonly identity?: Identity | undefined
  readonly values?: "boolean" | "scalar" | "none" | undefined
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const ofDecision = (
  decision: Decision,
  context: EvaluationContext,
  count: number,
  content: Content = {}
): Attributes => {
  const { flag, rule, rulesetVersion, snapshot, variant } = decision
  const reason = reasonOf(decision)
  return {
    ...common(flag, snapshot, context, count, content),
    "feature_flag.result.reason": reason,
    "rulestead.ruleset.version": rulesetVersion,
    ...(rule === null ? {} : { "rulestead.rule.key": rule }),
    ...(variant === null ? valueOf(decision, content) : { "feature_flag.result.variant": variant }),
    ...(reason === "error" ? problem("invalid_context") : {})
  }
}

/**
 * A flag that could not be a key is `(invalid)`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofFailure = (
  { code, flag, snapshot }: Failure,
  context: EvaluationContext,
  count: number,
  content: Content = {}
): Attributes => ({
  ...common(flag, snapshot, context, count, content),
  "feature_flag.result.reason": "error",
  ...problem(code)
})

const isKey = Schema.is(FlagKey)

const common = (
  flag: string,
  { environment, version }: Provenance,
  context: EvaluationContext,
  count: number,
  { identity }: Content
) => {
  const key = identity === undefined ? undefined : targetingKey(context)
  return {
    "feature_flag.key": isKey(flag) ? flag : "(invalid)",
    "feature_flag.provider.name": "rulestead",
    "feature_flag.set.id": environment,
    "feature_flag.version": String(version),
    "rulestead.evaluation.count": count,
    ...(identity === undefined || key === undefined ? {} : { "feature_flag.context.id": identity(key) })
  } as const
}

const valueOf = ({ value }: Decision, { values = "boolean" }: Content) => {
  switch (typeof value) {
    case "boolean":
      return values === "none" ? {} : { "feature_flag.result.value": value }
    case "string":
    case "number":
      return values === "scalar" ? { "feature_flag.result.value": value } : {}
    default:
      return {}
  }
}

const problem = (code: Vocabulary.ErrorCode) => ({
  "error.type": code,
  "feature_flag.error.message": messages[code]
})

const messages: Readonly<Record<Vocabulary.ErrorCode, string>> = {
  flag_not_found: "The environment has no such flag",
  provider_not_ready: "There is no snapshot yet",
  targeting_key_missing: "The rule that applies needs a targeting key",
  invalid_context: "The context could not be read, or lacks an identity that the rule that applies needs",
  type_mismatch: "What the flag serves is not what the caller expects"
}
