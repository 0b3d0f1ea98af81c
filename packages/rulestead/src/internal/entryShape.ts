/**
 * A quick look at the entries of a snapshot. Most are exactly what a publisher writes, field by field, and need no decoding:
 * what passes here, the schema would decode to itself. What does not pass is the schema's to decode or to refuse.
 */
import * as Schema from "effect/Schema"
import * as AttributePath from "../AttributePath.ts"
import * as Key from "../Key.ts"
import * as Pattern from "../Pattern.ts"
import { isPercentage } from "../Percentage.ts"
import * as Rule from "../Rule.ts"
import { type AudienceEntry, FlagEntry } from "../Snapshot.ts"
import { isValue, ValueType } from "../Value.ts"
import { remember } from "./remember.ts"

type Check = (input: unknown) => boolean

export const isFlagEntry = (input: unknown): input is FlagEntry => flagEntry(input)

export const isAudienceEntry = (input: unknown): input is AudienceEntry => audienceEntry(input)

/** An object of these fields and no others. */
const object = (required: Record<string, Check>, optional: Record<string, Check> = {}): Check => {
  const needed = Object.keys(required).length
  const checks = new Map(Object.entries({ ...required, ...optional }))
  const isNeeded = new Set(Object.keys(required))
  return (input) => {
    if (typeof input !== "object" || input === null || Array.isArray(input)) return false
    let found = 0
    for (const name of Object.keys(input)) {
      if (checks.get(name)?.(Reflect.get(input, name)) !== true) return false
      if (isNeeded.has(name)) found++
    }
    return found === needed
  }
}

/** An object of the kind that its field `name` says. */
const tagged = (name: string, kinds: Record<string, Check>): Check => {
  const checks = new Map(Object.entries(kinds))
  return (input) => {
    if (typeof input !== "object" || input === null) return false
    const kind: unknown = Reflect.get(input, name)
    return typeof kind === "string" && checks.get(kind)?.(input) === true
  }
}

const list = (check: Check, minimum = 0): Check => (input) =>
  Array.isArray(input) && input.length >= minimum && input.every((item) => check(item))

const boolean: Check = (input) => typeof input === "boolean"
const finite: Check = (input) => Number.isFinite(input)
const text: Check = (input) => typeof input === "string"
const given: Check = (input) => input !== null && isValue(input)

const isResolvable = remember((path) => AttributePath.fault(path) === undefined)

const attribute: Check = (input) => typeof input === "string" && isResolvable(input)
const one = (value: unknown): Check => (input) => input === value

const hasOneKind: Check = (input) => {
  if (!Array.isArray(input)) return false
  const kind = typeof input[0]
  return input.every((value) => typeof value === kind)
}

const scalars: Check = (input) =>
  hasOneKind(input) && list((value) => finite(value) || text(value) || boolean(value), 1)(input)

const condition = tagged("operator", {
  ...operators(["equals", "not_equals"], { value: given }),
  ...operators(["in", "not_in"], { values: scalars }),
  ...operators(["gt", "gte", "lt", "lte"], { value: finite }),
  ...operators(["regex"], { pattern: Schema.is(Pattern.Pattern) }, { flags: Schema.is(Pattern.Flags) }),
  ...operators(["exists"], {})
})

function operators(
  names: ReadonlyArray<string>,
  required: Record<string, Check>,
  optional: Record<string, Check> = {}
): Record<string, Check> {
  return Object.fromEntries(
    names.map((name) => [name, object({ attribute, operator: one(name), ...required }, optional)])
  )
}

const salt = Schema.is(Rule.Salt)
const bucketBy = Schema.is(Rule.BucketBy)
const rollout = object({ percentage: isPercentage, bucketBy }, { salt })
const experiment = object({ salt: Schema.is(Rule.Experiment.fields.salt), bucketBy, holdout: isPercentage })
const variants = list(object({ key: Schema.is(Key.VariantKey), weight: isPercentage, value: isValue }), 1)

const strategies: Record<Rule.Rule["strategy"], Check> = {
  forced_value: strategy({ value: isValue }),
  segment_match: strategy({ audience: Schema.is(Key.AudienceKey), value: isValue }),
  percentage_rollout: strategy({ rollout }, { value: isValue }),
  variant_split: strategy({ rollout, variants }),
  experiment: strategy({ experiment, variants })
}

function strategy(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return object(
    { key: Schema.is(Key.RuleKey), strategy: text, conditions: list(condition), ...required },
    { description: text, ...optional }
  )
}

const flagEntry = object(
  {
    key: Schema.is(Key.FlagKey),
    valueType: Schema.is(ValueType),
    defaultValue: isValue,
    rulesetVersion: Schema.is(FlagEntry.fields.rulesetVersion),
    hashVersion: one(1),
    rules: list(tagged("strategy", strategies))
  },
  { salt, killSwitch: object({ value: isValue }) }
)

const definition: Check = (input) => conditions(input) || everyone(input)
const conditions = object({ conditions: list(condition, 1) })
const everyone = object({ everyone: one(true) })

const audienceEntry = object({ key: Schema.is(Key.AudienceKey), definition }, { archived: boolean })
