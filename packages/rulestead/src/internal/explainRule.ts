/**
 * Why a rule decided, or why it did not. The words are the rule's, as it was written; whether they hold is asked of what
 * it was compiled to.
 */
import * as Arr from "effect/Array"
import type { Condition } from "../Condition.ts"
import type { EvaluationContext } from "../EvaluationContext.ts"
import type {
  AudienceExplanation,
  BucketExplanation,
  ConditionExplanation,
  Options,
  RuleExplanation,
  SkipReason
} from "../Explanation.ts"
import type { Rule } from "../Rule.ts"
import type { FlagEntry } from "../Snapshot.ts"
import * as Conditions from "./conditions.ts"
import type { CompiledAudience, CompiledRule } from "./rules.ts"
import type { Served } from "./served.ts"
import * as Strategy from "./strategy.ts"

export interface Question {
  readonly entry: FlagEntry
  readonly audiences: ReadonlyMap<string, CompiledAudience>
  readonly context: EvaluationContext
  readonly options: Options
}

/** `served` is what the rule answered. */
export const explainRule = (
  question: Question,
  rule: Rule,
  compiled: CompiledRule,
  served: Served | undefined
): RuleExplanation => {
  const own = compiled.conditions.slice(0, rule.conditions.length)
  const holds = served !== undefined || Conditions.allPass(own, question.context)
  const matched = served !== undefined && served.missing === undefined
  const audience = holds && rule.strategy === "segment_match" ? explainAudience(question, rule.audience, matched) : null
  return {
    rule: rule.key,
    strategy: rule.strategy,
    matched,
    skipped: matched ? null : skipReason(holds, served, audience),
    conditions: explainConditions(question, rule.conditions, own),
    audience,
    bucket: holds && Strategy.isBucketed(rule) ? explainBucket(question, rule) : null
  }
}

const skipReason = (
  holds: boolean,
  served: Served | undefined,
  audience: AudienceExplanation | null
): SkipReason => {
  if (!holds) return "conditions_not_met"
  if (served !== undefined) return "targeting_key_missing"
  switch (audience?.outcome) {
    case "missing":
      return "audience_missing"
    case "archived":
      return "audience_archived"
    case undefined:
      return "rollout_excluded"
    default:
      return "audience_missed"
  }
}

const explainConditions = (
  { context, options }: Question,
  written: ReadonlyArray<Condition>,
  compiled: ReadonlyArray<Conditions.CompiledCondition>
): ReadonlyArray<ConditionExplanation> =>
  Arr.zipWith(written, compiled, (written, compiled) => Conditions.explain(written, compiled, context, options))

const explainAudience = (question: Question, key: string, matched: boolean): AudienceExplanation => {
  const audience = question.audiences.get(key)
  if (audience === undefined) return { key, outcome: "missing", conditions: [] }
  if (audience.archived) return { key, outcome: "archived", conditions: [] }
  return {
    key,
    outcome: matched ? "matched" : "missed",
    conditions: explainConditions(question, audience.written, audience.conditions)
  }
}

const explainBucket = ({ context, entry, options }: Question, rule: Strategy.BucketedRule): BucketExplanation => {
  const { bucketBy, bucketer, threshold, variantBucketer } = Strategy.bucketsOf(entry, rule)
  const identity = Strategy.identities[bucketBy](context)
  if (identity === undefined) return { bucketBy, threshold, bucket: null, variantBucket: null }
  return {
    bucketBy,
    threshold,
    bucket: bucketer()(identity),
    variantBucket: "variants" in rule ? variantBucketer()(identity) : null,
    ...(options.reveal === true ? { identity } : {})
  }
}
