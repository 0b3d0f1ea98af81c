/**
 * Why a decision is what it is, as a value. Built by the evaluator from the same compiled rules that decide, so it
 * cannot disagree with the answer.
 *
 * Unless asked otherwise it is redacted: it names attributes, operators, rules and buckets, but no fact of the context,
 * no identity, and none of the values that conditions compare with.
 *
 * @since 0.1.0
 */
import type { Condition } from "./Condition.ts"
import type { Outcome } from "./Decision.ts"
import type { BucketBy, Rule } from "./Rule.ts"

/**
 * Why a rule did not decide.
 *
 * @category models
 * @since 0.1.0
 */
export type SkipReason =
  | "conditions_not_met"
  | "audience_missing"
  | "audience_archived"
  | "audience_missed"
  | "rollout_excluded"
  | "targeting_key_missing"

/**
 * One condition and its truth. `present` says whether the context had the fact at all. `actual` and `expected` are there
 * only when the explanation was asked to reveal them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConditionExplanation {
  readonly attribute: string
  readonly operator: Condition["operator"]
  readonly passed: boolean
  readonly present: boolean
  readonly actual?: unknown
  readonly expected?: unknown
}

/**
 * @category models
 * @since 0.1.0
 */
export interface AudienceExplanation {
  readonly key: string
  readonly outcome: "matched" | "missed" | "missing" | "archived"
  readonly conditions: ReadonlyArray<ConditionExplanation>
}

/**
 * Where an identity fell. `bucket` and `variantBucket` are 0 to 9,999; an identity is in when `bucket` is below
 * `threshold` (of an experiment: held out when it is below). `bucket` is `null` when the identity is missing.
 * `identity` is there only when the explanation was asked to reveal it.
 *
 * @category models
 * @since 0.1.0
 */
export interface BucketExplanation {
  readonly bucketBy: BucketBy
  readonly threshold: number
  readonly bucket: number | null
  readonly variantBucket: number | null
  readonly identity?: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface RuleExplanation {
  readonly rule: string
  readonly strategy: Rule["strategy"]
  readonly matched: boolean
  readonly skipped: SkipReason | null
  readonly conditions: ReadonlyArray<ConditionExplanation>
  readonly audience: AudienceExplanation | null
  readonly bucket: BucketExplanation | null
}

/**
 * The outcome and the rules that were walked to reach it, in order, up to and including the one that decided. A killed
 * flag walks none; where the context could not be read, the walk ends before the rule that tried to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Explanation {
  readonly outcome: Outcome
  readonly rules: ReadonlyArray<RuleExplanation>
}

/**
 * What an explanation may show. Default: nothing personal.
 *
 * - `reveal`: include facts, identities and the values compared with. For people allowed to see them, never for logs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly reveal?: boolean | undefined
}

/**
 * The explanation in a few lines of English.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = ({ outcome, rules }: Explanation): string =>
  [
    `${outcome.flag}: ${JSON.stringify(outcome.value)}${
      outcome.variant === null ? "" : ` (variant ${outcome.variant})`
    }`,
    ...rules.map((rule) => `  ${rule.rule} (${rule.strategy}): ${formatRule(rule)}`),
    `  ${formatReason(outcome)}`
  ].join("\n")

const formatReason = (outcome: Outcome): string => {
  switch (outcome.reason) {
    case "rule_match":
      return outcome.holdout
        ? `decided by ${outcome.rule}: held out of the experiment, so the first variant is served`
        : `decided by ${outcome.rule}`
    case "default":
      return "no rule applied: the default is served"
    case "killed":
      return "the kill switch is engaged"
    case "error":
      return "the context could not be read: the default is served"
  }
}

const formatRule = (rule: RuleExplanation): string => {
  const facts = [
    ...rule.conditions.filter(({ passed }) => rule.matched || !passed).map(formatCondition),
    ...(rule.audience === null ? [] : [`audience ${rule.audience.key} ${rule.audience.outcome}`]),
    ...(rule.bucket === null ? [] : [formatBucket(rule.bucket)])
  ]
  const verdict = rule.matched ? "matched" : `skipped, ${rule.skipped}`
  return facts.length === 0 ? verdict : `${verdict}; ${facts.join("; ")}`
}

const formatCondition = (condition: ConditionExplanation): string => {
  const shown = "actual" in condition ? ` [${shorten(condition.actual)} against ${shorten(condition.expected)}]` : ""
  const missing = condition.present ? "" : " (missing)"
  return `${condition.attribute} ${condition.operator}${missing} ${condition.passed ? "holds" : "fails"}${shown}`
}

const formatBucket = (bucket: BucketExplanation): string => {
  if (bucket.bucket === null) return `no ${bucket.bucketBy} identity in the context`
  const variant = bucket.variantBucket === null ? "" : `, variant bucket ${bucket.variantBucket}`
  return `bucket ${bucket.bucket} of ${bucket.bucketBy} against ${bucket.threshold}${variant}`
}

const shorten = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value) : stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

const stringify = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value
  }
}
