// The flags as the entries of a Rulestead snapshot.
import type * as Condition from "rulestead/Condition"
import type * as EvaluationContext from "rulestead/EvaluationContext"
import type { Rule } from "rulestead/Rule"
import type * as Snapshot from "rulestead/Snapshot"
import { rolloutSalt, ruleKey, rulesetSalt } from "../../expected.ts"
import type * as Flags from "../../flags.ts"

export const context = ({ key, ...attributes }: Flags.User): EvaluationContext.EvaluationContext => ({
  targetingKey: key,
  attributes
})

export const entry = (flag: Flags.Flag): Snapshot.FlagEntry => ({
  key: flag.key,
  valueType: flag.kind,
  defaultValue: flag.fallback,
  rulesetVersion: 1,
  salt: rulesetSalt,
  hashVersion: 1,
  rules: flag.rules.map((rule) => toRule(flag, rule))
})

const toRule = (flag: Flags.Flag, rule: Flags.Rule): Rule => {
  const base = { key: ruleKey(flag, rule), conditions: rule.conditions.map(toCondition) }
  const { serve } = rule
  const rollout = (percentage: number) => ({ percentage, bucketBy: "subject" as const, salt: rolloutSalt })
  switch (serve.to) {
    case "everybody":
      return { ...base, strategy: "forced_value", value: serve.value }
    case "share":
      return { ...base, strategy: "percentage_rollout", rollout: rollout(serve.percentage), value: serve.value }
    case "split": {
      const variant = ({ percentage, value }: Flags.Variant) => ({ key: value, weight: percentage, value })
      const [first, ...others] = serve.variants
      return {
        ...base,
        strategy: "variant_split",
        rollout: rollout(100),
        variants: [variant(first), ...others.map(variant)]
      }
    }
  }
}

const toCondition = (condition: Flags.Condition): Condition.Condition => {
  const attribute = condition.attribute === "key" ? "targetingKey" : condition.attribute
  switch (condition.operator) {
    case "equals":
      return { attribute, operator: "equals", value: condition.value }
    case "in":
      return { attribute, operator: "in", values: condition.values }
    case "above":
      return { attribute, operator: "gt", value: condition.value }
  }
}
