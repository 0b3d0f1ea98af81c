/** Rules in a few words. */
import type { Condition } from "rulestead/Condition"
import type { Rule } from "rulestead/Rule"
import * as Output from "./Output.ts"

export const conditionText = (condition: Condition): string => {
  const { attribute, operator } = condition
  switch (operator) {
    case "exists":
      return `${attribute} exists`
    case "regex":
      return `${attribute} regex ${condition.pattern}`
    case "in":
    case "not_in":
      return `${attribute} ${operator} ${condition.values.join(",")}`
    default:
      return `${attribute} ${operator} ${Output.value(condition.value)}`
  }
}

export const whenOf = (rule: Rule): string =>
  [
    ...(rule.strategy === "segment_match" ? [`in the audience ${rule.audience}`] : []),
    ...rule.conditions.map(conditionText)
  ].join(" and ") || "always"

export const shareOf = (rule: Rule): string => {
  if ("rollout" in rule) return `${rule.rollout.percentage} % of ${rule.rollout.bucketBy}`
  return rule.strategy === "experiment" ? `all but ${rule.experiment.holdout} % of ${rule.experiment.bucketBy}` : "all"
}

export const servedBy = (rule: Rule): string => {
  if ("variants" in rule) return rule.variants.map(({ key, weight }) => `${key} ${weight} %`).join(", ")
  return rule.value === undefined ? "the default" : Output.value(rule.value)
}
