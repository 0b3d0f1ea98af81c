/**
 * A quick look at the entries of a snapshot. Most are exactly what a publisher writes, field by field, and need no decoding:
 * what passes here, the schema would decode to itself. What does not pass is the schema's to decode or to refuse.
 *
 * Every field is read by a name that stands in the code, and the fields of an object are counted, so that there is none
 * besides: with ten thousand flags to look at, whatever goes through lists of names takes several times as long.
 */
import * as Schema from "effect/Schema"
import * as AttributePath from "../AttributePath.ts"
import * as Key from "../Key.ts"
import * as Pattern from "../Pattern.ts"
import { isPercentage } from "../Percentage.ts"
import * as Rule from "../Rule.ts"
import type { AudienceEntry, FlagEntry } from "../Snapshot.ts"
import { isValue, ValueType } from "../Value.ts"
import { remember } from "./remember.ts"

export const isFlagEntry = (input: unknown): input is FlagEntry =>
  isObject(input) &&
  hasOnly(input, 6 + given(input["salt"]) + given(input["killSwitch"])) &&
  isFlagKey(input["key"]) &&
  isValueType(input["valueType"]) &&
  isValue(input["defaultValue"]) &&
  isNatural(input["rulesetVersion"]) &&
  optional(isSalt, input["salt"]) &&
  input["hashVersion"] === 1 &&
  isList(isRule, input["rules"]) &&
  optional(isKillSwitch, input["killSwitch"])

export const isAudienceEntry = (input: unknown): input is AudienceEntry =>
  isObject(input) &&
  hasOnly(input, 2 + given(input["archived"])) &&
  isAudienceKey(input["key"]) &&
  isDefinition(input["definition"]) &&
  optional(isBoolean, input["archived"])

interface Fields {
  readonly [name: string]: unknown
}

type Check = (input: unknown) => boolean

const isObject = (input: unknown): input is Fields =>
  typeof input === "object" && input !== null && !Array.isArray(input)

const hasOnly = (fields: Fields, count: number): boolean => {
  for (const _ in fields) count--
  return count === 0
}

const given = (field: unknown): number => field === undefined ? 0 : 1

const optional = (check: Check, field: unknown): boolean => field === undefined || check(field)

const isList = (check: Check, input: unknown): boolean => {
  if (!Array.isArray(input)) return false
  for (const item of input) {
    if (!check(item)) return false
  }
  return true
}

const isFilledList = (check: Check, input: unknown): boolean =>
  Array.isArray(input) && input.length > 0 && isList(check, input)

const isBoolean: Check = (input) => typeof input === "boolean"
const isText: Check = (input) => typeof input === "string"
const isNatural: Check = (input) => Number.isSafeInteger(input) && Number(input) >= 0

/** Snapshots say the same few things again and again. */
const text = (schema: Schema.ConstraintDecoder<string>): Check => {
  const isOne = remember(Schema.is(schema))
  return (input) => typeof input === "string" && isOne(input)
}

const isFlagKey = Schema.is(Key.FlagKey)
const isSalt = Schema.is(Rule.Salt)
const isExperimentSalt = Schema.is(Rule.Experiment.fields.salt)
const isAudienceKey = text(Key.AudienceKey)
const isRuleKey = text(Key.RuleKey)
const isVariantKey = text(Key.VariantKey)
const isValueType = text(ValueType)
const isBucketBy = text(Rule.BucketBy)
const isPattern = text(Pattern.Pattern)
const isFlags = text(Pattern.Flags)
const isResolvable = remember((path) => AttributePath.fault(path) === undefined)

const isKillSwitch: Check = (input) => isObject(input) && hasOnly(input, 1) && isValue(input["value"])

const isDefinition: Check = (input) =>
  isObject(input) && hasOnly(input, 1) &&
  (input["everyone"] === true || isFilledList(isCondition, input["conditions"]))

const isRule: Check = (input) => {
  if (!isObject(input) || !isRuleKey(input["key"]) || !isList(isCondition, input["conditions"])) return false
  if (!optional(isText, input["description"])) return false
  const common = 3 + given(input["description"])
  switch (input["strategy"]) {
    case "forced_value":
      return hasOnly(input, common + 1) && isValue(input["value"])
    case "segment_match":
      return hasOnly(input, common + 2) && isAudienceKey(input["audience"]) && isValue(input["value"])
    case "percentage_rollout":
      return hasOnly(input, common + 1 + given(input["value"])) &&
        isRollout(input["rollout"]) &&
        optional(isValue, input["value"])
    case "variant_split":
      return hasOnly(input, common + 2) && isRollout(input["rollout"]) && isFilledList(isVariant, input["variants"])
    case "experiment":
      return hasOnly(input, common + 2) &&
        isExperiment(input["experiment"]) &&
        isFilledList(isVariant, input["variants"])
    default:
      return false
  }
}

const isRollout: Check = (input) =>
  isObject(input) &&
  hasOnly(input, 2 + given(input["salt"])) &&
  isPercentage(input["percentage"]) &&
  isBucketBy(input["bucketBy"]) &&
  optional(isSalt, input["salt"])

const isVariant: Check = (input) =>
  isObject(input) &&
  hasOnly(input, 3) &&
  isVariantKey(input["key"]) &&
  isPercentage(input["weight"]) &&
  isValue(input["value"])

const isExperiment: Check = (input) =>
  isObject(input) &&
  hasOnly(input, 3) &&
  isExperimentSalt(input["salt"]) &&
  isBucketBy(input["bucketBy"]) &&
  isPercentage(input["holdout"])

const isCondition: Check = (input) => {
  if (!isObject(input)) return false
  const { attribute } = input
  if (typeof attribute !== "string" || !isResolvable(attribute)) return false
  switch (input["operator"]) {
    case "equals":
    case "not_equals":
      return hasOnly(input, 3) && input["value"] !== null && isValue(input["value"])
    case "in":
    case "not_in":
      return hasOnly(input, 3) && isScalars(input["values"])
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return hasOnly(input, 3) && Number.isFinite(input["value"])
    case "regex":
      return hasOnly(input, 3 + given(input["flags"])) && isPattern(input["pattern"]) &&
        optional(isFlags, input["flags"])
    case "exists":
      return hasOnly(input, 2)
    default:
      return false
  }
}

/** At least one, and all of one kind. */
const isScalars: Check = (input) => {
  if (!Array.isArray(input) || input.length === 0) return false
  const kind = typeof input[0]
  if (kind !== "string" && kind !== "number" && kind !== "boolean") return false
  for (const value of input) {
    if (typeof value !== kind || (kind === "number" && !Number.isFinite(value))) return false
  }
  return true
}
