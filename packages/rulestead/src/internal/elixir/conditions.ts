/**
 * Elixir Rulestead's conditions and clauses as ours.
 */
import * as Result from "effect/Result"
import * as AttributePath from "../../AttributePath.ts"
import type { Condition } from "../../Condition.ts"
import * as Pattern from "../../Pattern.ts"
import { isValue } from "../../Value.ts"
import { fieldOf } from "../document.ts"
import type { Notes } from "./notes.ts"
import { isGiven, isObject } from "./shapes.ts"

/** A condition, or what it comes to for every context; `undefined` where we have none like it. */
type Meaning = Condition | "always" | "never" | undefined

/**
 * Conditions that all must hold: those that always do are left out. `"never"` when one never does; `undefined` when one
 * cannot be said, which is noted.
 */
export const toConditions = (
  conditions: ReadonlyArray<unknown>,
  notes: Notes
): ReadonlyArray<Condition> | "never" | undefined => {
  const meanings = conditions.map((condition, index) => toMeaning(condition, notes.at(index)))
  if (meanings.includes("never")) return "never"
  if (meanings.includes(undefined)) return undefined
  return meanings.filter((meaning) => typeof meaning === "object")
}

const toMeaning = (input: unknown, notes: Notes): Meaning => {
  const operator = fieldOf(input, "operator") ?? fieldOf(input, "op")
  const value = fieldOf(input, "value")
  const attribute = toAttribute(fieldOf(input, "attribute"), notes)
  if (attribute === undefined) return undefined
  if (attribute === "missing") return holdsWithout(operator) ? "always" : "never"
  switch (operator) {
    case "equals":
      return equals(attribute, fieldOf(value, "equals"))
    case "eq":
      return equals(attribute, firstOf(value, ["eq", "equals", "value"]))
    case "neq":
      return notEquals(attribute, firstOf(value, ["neq", "equals", "value"]))
    case "in":
      return isIn(attribute, firstOf(value, ["in", "value"]), notes)
    case "not_in":
      return isNotIn(attribute, firstOf(value, ["not_in", "value"]), notes)
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const bound = fieldOf(value, operator)
      return typeof bound === "number" ? { attribute, operator, value: bound } : "never"
    }
    case "regex":
      return regex(attribute, value, notes)
    case "exists":
      return { attribute, operator }
    default:
      return "never"
  }
}

const holdsWithout = (operator: unknown): boolean => operator === "not_in" || operator === "neq"

const fields: ReadonlyMap<string, string> = new Map([
  ["actor", "actor"],
  ["targeting_key", "targetingKey"],
  ["tenant_key", "tenantKey"],
  ["environment", "environment"],
  ["request_id", "requestId"],
  ["session_id", "sessionId"]
])

/** Our path to the same fact; `"missing"` where there never is one. */
const toAttribute = (attribute: unknown, notes: Notes): string | undefined => {
  if (typeof attribute !== "string") return "missing"
  const field = fields.get(attribute)
  if (field !== undefined) return field
  const segments = attribute.split(".").filter((segment) => segment !== "")
  const [head, second] = segments
  if (head === undefined) return "missing"
  const isRooted = head === "attributes" || head === "actor"
  if (!isRooted && second !== undefined) {
    notes.at("attribute").warn(
      "unresolvable",
      "Elixir Rulestead never finds a fact by this path, so that the condition always has the same outcome",
      `"attributes.${segments.join(".")}" was probably meant`
    )
    return "missing"
  }
  const path = isRooted ? segments.join(".") : `attributes.${head}`
  const fault = fields.has(head) && !isRooted ? "the field by its plain name" : AttributePath.fault(path)
  if (fault === undefined) return path
  notes.at("attribute").refuse("attribute_path", "this path means nothing here", fault)
  return undefined
}

const equals = (attribute: string, value: unknown): Meaning =>
  isGiven(value) && isValue(value) ? { attribute, operator: "equals", value } : "never"

const notEquals = (attribute: string, value: unknown): Meaning =>
  isGiven(value) && isValue(value) ? { attribute, operator: "not_equals", value } : "always"

const isIn = (attribute: string, list: unknown, notes: Notes): Meaning => {
  const values = Array.isArray(list) ? list.filter(isGiven) : []
  if (values.length === 0) return "never"
  return values.length === 1
    ? equals(attribute, values[0])
    : member(values, notes, (values) => ({ attribute, operator: "in", values }))
}

const isNotIn = (attribute: string, list: unknown, notes: Notes): Meaning => {
  const values = Array.isArray(list) ? list.filter(isGiven) : []
  if (values.length === 0) {
    notes.warn(
      "always",
      "the condition has no list and holds for everybody",
      "write the condition anew, if that was not meant"
    )
    return "always"
  }
  return values.length === 1
    ? notEquals(attribute, values[0])
    : member(values, notes, (values) => ({ attribute, operator: "not_in", values }))
}

type Scalar = string | number | boolean

const member = (
  values: ReadonlyArray<unknown>,
  notes: Notes,
  make: (values: ReadonlyArray<Scalar>) => Condition
): Meaning => {
  const scalars = values.filter(isScalar)
  if (scalars.length === values.length && new Set(scalars.map((value) => typeof value)).size === 1) return make(scalars)
  notes.at("value").refuse("list_kind", "the list has values of several kinds", "one rule for each kind")
  return undefined
}

const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"

/** Options that cannot change whether a pattern occurs are left out; an unknown one fails everybody. */
const regex = (attribute: string, input: unknown, notes: Notes): Meaning => {
  const pattern = fieldOf(input, "pattern") ?? ""
  const options = fieldOf(input, "options") ?? ""
  if (!isObject(input) || typeof pattern !== "string" || typeof options !== "string") return "never"
  if (/[^imsxufUrE]/.test(options)) return "never"
  if (/[xf]/.test(options)) {
    notes.at("value", "options").refuse("pattern_flags", "the options x and f do not exist here", "another pattern")
    return undefined
  }
  const compiled = Pattern.compile(pattern)
  if (Result.isFailure(compiled) || pattern.length > Pattern.maxLength) {
    notes.at("value", "pattern").refuse(
      "pattern",
      "the pattern does not exist in the linear-time engine that is used here",
      "a pattern without look-around and back references, of at most 1000 characters"
    )
    return undefined
  }
  if (/[^\x20-\x7e]/.test(pattern) || /[ui]/.test(options)) {
    notes.at("value", "pattern").warn(
      "pattern_unicode",
      "classes and case of letters beyond ASCII may be taken otherwise here",
      "try the pattern with the texts that matter"
    )
  }
  const flags = [...new Set(options.replace(/[^ims]/g, ""))].join("")
  return { attribute, operator: "regex", pattern: pattern === "" ? "^" : pattern, ...(flags === "" ? {} : { flags }) }
}

/** What a condition compares with: the value itself, or the first of the names that its object has. */
const firstOf = (input: unknown, names: ReadonlyArray<string>): unknown =>
  isObject(input) ? names.map((name) => fieldOf(input, name)).find(isGiven) : input
