/**
 * Elixir Rulestead's payloads, contexts and answers, spoken by our evaluator: shapes are translated there and back, and
 * every decision is the evaluator's. What our model refuses to express (a rollout rule without a rollout, weights that
 * leave a gap) becomes a rule of ours with a mark that the answer is recognised by.
 */
import type { Outcome } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Evaluator from "rulestead/Evaluator"
import type { RuleExplanation } from "rulestead/Explanation"
import type { BucketBy, Rollout, Rule, Variant } from "rulestead/Rule"
import type { FlagEntry } from "rulestead/Snapshot"
import { isValue, type Value } from "rulestead/Value"
import { type Path, toAudience, toConditions } from "./referenceConditions.ts"
import { isStrict, toContext, toPath } from "./referenceContext.ts"
import { fieldOf, isRecord, listOf, type Shape, textOf } from "./referenceShapes.ts"

export type Answer =
  | {
    readonly ok: true
    readonly value: Value
    readonly enabled: boolean
    readonly variant: string | null
    readonly reason: Outcome["reason"]
    readonly rule: string | null
    readonly version: number | null
    /** Per rule walked: its key, whether it matched, and why it was skipped. */
    readonly skipped: ReadonlyArray<readonly [string, boolean, string | null]>
    readonly warnings: ReadonlyArray<string>
  }
  | { readonly ok: false; readonly error: "malformed_runtime_data" | "missing_targeting_key" }

export const answer = (payload: unknown, context: unknown): Answer => {
  const question = translate(payload, context)
  if (question === undefined) return { ok: false, error: "malformed_runtime_data" }
  const { flag, version } = question
  const outcome = isStrict(context)
    ? Evaluator.evaluateStrict(flag, question.context)
    : Evaluator.evaluate(flag, question.context)
  if ("bucketBy" in outcome) return { ok: false, error: "missing_targeting_key" }
  if (outcome.value === malformed) return { ok: false, error: "malformed_runtime_data" }
  const { rules } = Evaluator.explain(flag, question.context)
  return {
    ok: true,
    value: outcome.value,
    enabled: outcome.enabled,
    variant: nameOf(outcome.variant),
    reason: outcome.reason,
    rule: nameOf(outcome.rule),
    version: Number.isInteger(version) ? outcome.rulesetVersion : null,
    skipped: rules.map((rule) => [rule.rule, rule.matched, skipReason(rule)]),
    warnings: rules.flatMap(warningsOf)
  }
}

export interface Question {
  readonly flag: Evaluator.CompiledFlag
  readonly version: unknown
  readonly context: EvaluationContext
}

/** What the evaluator is asked; `undefined` where the payload has no flag or no ruleset. */
export const translate = (payload: unknown, input: unknown): Question | undefined => {
  const flag = fieldOf(payload, "flag")
  const ruleset = fieldOf(payload, "active_ruleset")
  if (!isRecord(flag) || !isRecord(ruleset)) return undefined
  const context = toContext(input)
  const path = toPath(context)
  const version = ruleset["version"]
  const entry: FlagEntry = {
    key: textOf(flag["key"]),
    valueType: "json",
    defaultValue: unwrap(flag["default_value"]),
    rulesetVersion: typeof version === "number" ? version : 0,
    salt: textOf(ruleset["salt"]),
    hashVersion: 1,
    rules: listOf(ruleset["rules"]).map((rule) => toRule(rule, path))
  }
  return { flag: Evaluator.compileFlag(entry, toAudiences(fieldOf(payload, "audiences"), path)), version, context }
}

const toAudiences = (audiences: unknown, path: Path) =>
  new Map(
    Object.entries(isRecord(audiences) ? audiences : {}).map(([key, audience]) => [
      key,
      Evaluator.compileAudience(toAudience(key, audience, path))
    ])
  )

/** Stands for what the reference answers with `malformed_runtime_data` to whom it concerns. */
const malformed: Value = Object.freeze({})

/** Audiences that do not exist: a rule that asks for one never applies. */
const nobody = { missing_rollout: "\0missing_rollout", missing_experiment: "\0missing_experiment", unnamed: "\0" }

const toRule = (rule: unknown, path: Path): Rule => {
  if (!isRecord(rule)) return { key: "", strategy: "forced_value", conditions: [], value: malformed }
  const base = { key: textOf(rule["key"]), conditions: toConditions(rule["conditions"], path) }
  const value = unwrap(rule["value"])
  const rollout = isRecord(rule["rollout"]) ? toRollout(rule["rollout"]) : undefined
  switch (rule["strategy"]) {
    case "forced_value":
      return { ...base, strategy: "forced_value", value }
    case "segment_match":
      return { ...base, strategy: "segment_match", audience: textOf(rule["audience_key"]) || nobody.unnamed, value }
    case "percentage_rollout":
      return rollout === undefined
        ? { ...base, strategy: "segment_match", audience: nobody.missing_rollout, value }
        : { ...base, strategy: "percentage_rollout", rollout, ...(isUnset(rule["value"]) ? {} : { value }) }
    case "variant_split":
      return rollout === undefined
        ? { ...base, strategy: "segment_match", audience: nobody.missing_rollout, value }
        : { ...base, strategy: "variant_split", rollout, variants: toVariants(rule["variants"]) }
    case "experiment":
      return isRecord(rule["experiment"])
        ? {
          ...base,
          strategy: "experiment",
          experiment: toExperiment(rule["experiment"]),
          variants: toVariants(rule["variants"])
        }
        : { ...base, strategy: "segment_match", audience: nobody.missing_experiment, value }
    default:
      return rollout === undefined
        ? { ...base, strategy: "segment_match", audience: nobody.missing_rollout, value }
        : { ...base, strategy: "percentage_rollout", rollout, value: malformed }
  }
}

const toRollout = (rollout: Shape): Rollout => ({
  percentage: toPercentage(rollout["percentage"]),
  bucketBy: toBucketBy(rollout["bucket_by"]),
  salt: textOf(rollout["salt"])
})

const toExperiment = (experiment: Shape) => ({
  salt: textOf(experiment["iteration_salt"]),
  bucketBy: toBucketBy(experiment["bucket_by"]),
  holdout: toPercentage(experiment["holdout_percentage"])
})

/** The buckets that the reference lets in, `bucket < percentage * 100` in its floating point numbers, as a percentage. */
const toPercentage = (percentage: unknown): number => {
  const buckets = typeof percentage === "number" ? Math.ceil(percentage * 100) : 0
  return Math.min(Math.max(buckets, 0), 10_000) / 100
}

/** The reference picks the first variant with `bucket + 1 <= sum of the weights so far * 100`. */
const toVariants = (input: unknown): readonly [Variant, ...ReadonlyArray<Variant>] => {
  let sum = 0
  let end = 0
  const variants = listOf(input).map((variant): Variant => {
    const weight = fieldOf(variant, "weight")
    sum += typeof weight === "number" ? weight * 100 : 0
    const start = end
    end = Math.max(start, Math.min(Math.floor(sum), 10_000))
    return {
      key: textOf(fieldOf(variant, "key")),
      weight: (end - start) / 100,
      value: unwrap(fieldOf(variant, "value"))
    }
  })
  const gap = { key: "", weight: (10_000 - end) / 100, value: malformed }
  const [first = gap, ...rest] = variants
  return variants.length === 0 || gap.weight === 0 ? [first, ...rest] : [first, ...rest, gap]
}

const toBucketBy = (bucketBy: unknown): BucketBy =>
  bucketBy === "account" || bucketBy === "tenant" || bucketBy === "session" ? bucketBy : "subject"

/** A rule that was saved without a value has `{}` in the reference's tables. */
const isUnset = (value: unknown): boolean =>
  unwrap(value) === null || (isRecord(value) && Object.keys(value).length === 0)

const unwrap = (input: unknown): Value => {
  const value = isRecord(input) && Object.hasOwn(input, "value") ? input["value"] : input
  return isValue(value) ? value : null
}

const skipReason = ({ audience, skipped }: RuleExplanation): string | null => {
  switch (audience?.key) {
    case nobody.missing_rollout:
      return "missing_rollout"
    case nobody.missing_experiment:
      return "missing_experiment"
    default:
      return skipped
  }
}

const warningsOf = (rule: RuleExplanation): ReadonlyArray<string> => {
  switch (skipReason(rule)) {
    case "targeting_key_missing":
      return ["missing_targeting_key"]
    case "audience_missing":
      return ["audience_missing"]
    case "audience_archived":
      return ["audience_archived"]
    default:
      return []
  }
}

const nameOf = (name: string | null): string | null => name?.trim() || null
