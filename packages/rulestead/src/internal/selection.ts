/**
 * Whom a rule serves, as far as that can be told without a context.
 */
import type { Selection } from "../Decision.ts"
import type { Rule } from "../Rule.ts"

/** `index`: the place of the rule in its ruleset. */
export const selectionOf = (rule: Rule, index: number): Selection => {
  if (dependsOnBucket(rule)) return "split"
  const isForAll = index === 0 && rule.conditions.length === 0 && rule.strategy !== "segment_match"
  return isForAll ? "everybody" : "targeted"
}

const dependsOnBucket = (rule: Rule): boolean => {
  switch (rule.strategy) {
    case "forced_value":
    case "segment_match":
      return false
    case "percentage_rollout":
      return rule.rollout.percentage < 100
    case "variant_split":
      return rule.rollout.percentage < 100 || rule.variants.every(({ weight }) => weight < 100)
    case "experiment":
      return true
  }
}
