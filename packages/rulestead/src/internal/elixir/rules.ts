/**
 * Elixir Rulestead's rules as ours.
 */
import type { Experiment, Rollout, Rule, Variant } from "../../Rule.ts"
import type { BucketBy } from "../../Rule.ts"
import type { Value } from "../../Value.ts"
import { fieldOf, listAt } from "../document.ts"
import { toConditions } from "./conditions.ts"
import type { Notes } from "./notes.ts"
import { isGiven, isObject, textAt, unwrap } from "./shapes.ts"

/** Reads a value as one of the flag's type. */
export type ToValue = (input: unknown, notes: Notes) => Value

/** Whether rules can refer to an audience. */
export type AudienceStanding = "known" | "nobody" | "refused" | "missing"

export interface Surroundings {
  readonly toValue: ToValue
  readonly standingOf: (audience: string) => AudienceStanding
}

/** The rules that can apply. What cannot be said is noted. */
export const toRules = (
  rules: ReadonlyArray<unknown>,
  surroundings: Surroundings,
  notes: Notes
): ReadonlyArray<Rule> => {
  const keys = new Set<string>()
  return rules.flatMap((input, index) => {
    const rule = toRule(input, surroundings, notes.at(index))
    return rule === undefined ? [] : [withOwnKey(rule, keys, notes.at(index))]
  })
}

/** The key of a rule is part of its buckets; of a rule without buckets it is a name. */
const withOwnKey = (rule: Rule, keys: Set<string>, notes: Notes): Rule => {
  const isTaken = keys.has(rule.key)
  const key = isTaken ? freeKey(rule.key, keys) : rule.key
  keys.add(key)
  if (!isTaken) return rule
  if ("rollout" in rule || "experiment" in rule) {
    notes.at("key").refuse(
      "unique_key",
      "a rule before this one has the same key, and shares its buckets",
      "give the rule a key of its own; everybody in it changes buckets"
    )
    return rule
  }
  notes.at("key").warn("unique_key", "a rule before this one has the same key", `it is called ${key} here`)
  return { ...rule, key }
}

const freeKey = (key: string, keys: ReadonlySet<string>): string => {
  let number = 2
  while (keys.has(`${key}-${number}`)) number++
  return `${key}-${number}`
}

const toRule = (input: unknown, surroundings: Surroundings, notes: Notes): Rule | undefined => {
  const conditions = toConditions(listAt(input, "conditions"), notes.at("conditions"))
  if (conditions === undefined) return undefined
  if (conditions === "never") return notApplying(notes, "one of its conditions never holds")
  const description = describe(input)
  const base = { key: textAt(input, "key") ?? "", conditions, ...(description === "" ? {} : { description }) }
  const value = fieldOf(input, "value")
  const { toValue } = surroundings
  switch (fieldOf(input, "strategy")) {
    case "forced_value":
      return { ...base, strategy: "forced_value", value: toValue(value, notes.at("value")) }
    case "segment_match":
      return toSegment(input, base, surroundings, notes)
    case "percentage_rollout": {
      const rollout = toRollout(fieldOf(input, "rollout"), notes.at("rollout"))
      if (rollout === undefined) return notApplying(notes, "it has no rollout")
      const served = unwrap(value) === null ? {} : { value: toValue(value, notes.at("value")) }
      return { ...base, strategy: "percentage_rollout", rollout, ...served }
    }
    case "variant_split": {
      const rollout = toRollout(fieldOf(input, "rollout"), notes.at("rollout"))
      if (rollout === undefined) return notApplying(notes, "it has no rollout")
      const variants = toVariants(input, toValue, notes.at("variants"))
      return variants && { ...base, strategy: "variant_split", rollout, variants }
    }
    case "experiment": {
      const experiment = toExperiment(fieldOf(input, "experiment"), notes.at("experiment"))
      if (experiment === undefined) {
        return notApplying(
          notes,
          "its experiment is not in the export, and not in the snapshots of Elixir Rulestead either"
        )
      }
      const variants = toVariants(input, toValue, notes.at("variants"))
      return variants && { ...base, strategy: "experiment", experiment, variants }
    }
    default:
      notes.at("strategy").refuse("strategy", "there is no such strategy", "one of the strategies that exist")
      return undefined
  }
}

const notApplying = (notes: Notes, why: string): undefined => {
  notes.warn("never_applies", `the rule never applies: ${why}`, "it is left out; write it anew, if that was not meant")
  return undefined
}

const describe = (rule: unknown): string =>
  [textAt(rule, "name"), textAt(rule, "description")].filter((text) => isGiven(text) && text !== "").join(": ")

type Base = Pick<Rule, "key" | "conditions" | "description">

const toSegment = (
  input: unknown,
  base: Base,
  { standingOf, toValue }: Surroundings,
  notes: Notes
): Rule | undefined => {
  const audience = textAt(input, "audience_key") ?? ""
  switch (audience === "" ? "nobody" : standingOf(audience)) {
    case "known":
      return {
        ...base,
        strategy: "segment_match",
        audience,
        value: toValue(fieldOf(input, "value"), notes.at("value"))
      }
    case "nobody":
      return notApplying(notes, "nobody is in its audience")
    case "refused":
    case "missing": {
      notes.at("audience_key").refuse(
        "missing_audience",
        `the audience ${audience} is not there`,
        "pass the audiences along, which the export leaves out"
      )
      return undefined
    }
  }
}

const toRollout = (input: unknown, notes: Notes): Rollout | undefined => {
  if (!isObject(input)) return undefined
  const salt = textAt(input, "salt")
  if (listAt(input, "guardrails").length > 0) {
    notes.at("guardrails").warn("guardrails", "guardrails do not exist here", "watch the metrics with another tool")
  }
  return {
    percentage: toPercentage(fieldOf(input, "percentage")),
    bucketBy: toBucketBy(fieldOf(input, "bucket_by"), notes.at("bucket_by")),
    ...(salt === undefined ? {} : { salt })
  }
}

const toExperiment = (input: unknown, notes: Notes): Experiment | undefined => {
  const salt = textAt(input, "iteration_salt")
  return salt === undefined ? undefined : {
    salt,
    bucketBy: toBucketBy(fieldOf(input, "bucket_by"), notes.at("bucket_by")),
    holdout: toPercentage(fieldOf(input, "holdout_percentage"))
  }
}

/** The buckets that are let in, `bucket < percentage * 100` in floating point numbers, as a percentage. */
const toPercentage = (percentage: unknown): number => {
  const buckets = typeof percentage === "number" ? Math.ceil(percentage * 100) : 0
  return Math.min(Math.max(buckets, 0), 10_000) / 100
}

const toBucketBy = (bucketBy: unknown, notes: Notes): BucketBy => {
  switch (bucketBy) {
    case "account":
      notes.warn(
        "account",
        "the account is the field accountKey of the context here, and not an attribute",
        "pass as accountKey what the attribute account_key, else account_id, has"
      )
      return bucketBy
    case "tenant":
    case "session":
    case "subject":
      return bucketBy
    default:
      if (isGiven(bucketBy)) {
        notes.refuse("bucket_by", "there is no such identity", "subject, account, tenant or session")
      }
      return "subject"
  }
}

const toVariants = (
  input: unknown,
  toValue: ToValue,
  notes: Notes
): readonly [Variant, ...ReadonlyArray<Variant>] | undefined => {
  const [first, ...rest] = listAt(input, "variants").map((variant, index): Variant => {
    const weight = fieldOf(variant, "weight")
    return {
      key: textAt(variant, "key") ?? "",
      weight: typeof weight === "number" ? weight : 0,
      value: toValue(fieldOf(variant, "value"), notes.at(index, "value"))
    }
  })
  if (first !== undefined) return [first, ...rest]
  notes.refuse("variants", "there is no variant", "at least one variant")
  return undefined
}

/** Every value that a ruleset serves, as it is written. */
export const valuesIn = (rules: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  rules.flatMap((rule) => {
    const variants = listAt(rule, "variants").map((variant) => fieldOf(variant, "value"))
    const strategy = fieldOf(rule, "strategy")
    const value = fieldOf(rule, "value")
    if (strategy === "variant_split" || strategy === "experiment") return variants
    return strategy === "percentage_rollout" && unwrap(value) === null ? [] : [value]
  })
