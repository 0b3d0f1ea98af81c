import type { Condition } from "rulestead/Condition"
import type { AudienceEntry } from "rulestead/Snapshot"
import { isValue } from "rulestead/Value"
import { fieldOf, isGiven, isRecord, listOf } from "./referenceShapes.ts"

/** Our name of an attribute of the reference. */
export type Path = (attribute: unknown) => string

export const toConditions = (conditions: unknown, path: Path): ReadonlyArray<Condition> =>
  listOf(conditions).flatMap((condition) =>
    toCondition(path(fieldOf(condition, "attribute")), fieldOf(condition, "operator"), fieldOf(condition, "value"))
  )

/** Clauses and conditions all must hold; a definition without any is everyone. */
export const toAudience = (key: string, audience: unknown, path: Path): AudienceEntry => {
  const definition = fieldOf(audience, "definition")
  const [first, ...rest] = isRecord(definition)
    ? [...toClauses(definition["clauses"], path), ...toClauses(definition["conditions"], path)]
    : [never("attributes")]
  return {
    key,
    definition: first === undefined ? { everyone: true } : { conditions: [first, ...rest] },
    archived: isGiven(fieldOf(audience, "archived_at"))
  }
}

const toClauses = (clauses: unknown, path: Path): ReadonlyArray<Condition> =>
  listOf(clauses).flatMap((clause) =>
    toCondition(
      path(fieldOf(clause, "attribute")),
      fieldOf(clause, "operator") ?? fieldOf(clause, "op"),
      fieldOf(clause, "value")
    )
  )

const toCondition = (attribute: string, operator: unknown, input: unknown): ReadonlyArray<Condition> => {
  switch (operator) {
    case "equals":
      return [equals(attribute, fieldOf(input, "equals"))]
    case "eq":
      return [equals(attribute, firstOf(input, ["eq", "equals", "value"]))]
    case "neq":
      return notEquals(attribute, firstOf(input, ["neq", "equals", "value"]))
    case "in":
      return [isIn(attribute, firstOf(input, ["in", "value"]))]
    case "not_in":
      return isNotIn(attribute, firstOf(input, ["not_in", "value"]))
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const value = fieldOf(input, operator)
      return [typeof value === "number" ? { attribute, operator, value } : never(attribute)]
    }
    case "regex":
      return [regex(attribute, input ?? {})]
    case "exists":
      return [{ attribute, operator }]
    default:
      return [never(attribute)]
  }
}

const never = (attribute: string): Condition => ({ attribute, operator: "in", values: [] })

const equals = (attribute: string, value: unknown): Condition =>
  isGiven(value) && isValue(value) ? { attribute, operator: "equals", value } : never(attribute)

const notEquals = (attribute: string, value: unknown): ReadonlyArray<Condition> =>
  isGiven(value) && isValue(value) ? [{ attribute, operator: "not_equals", value }] : []

/** Members that are lists or objects have no place in our lists; alone, one is an equality. */
const isIn = (attribute: string, list: unknown): Condition => {
  const [only, ...others] = listOf(list).filter(isGiven)
  return others.length === 0 && !isScalar(only)
    ? equals(attribute, only)
    : { attribute, operator: "in", values: listOf(list).filter(isScalar) }
}

const isNotIn = (attribute: string, list: unknown): ReadonlyArray<Condition> => [
  { attribute, operator: "not_in", values: listOf(list).filter(isScalar) },
  ...listOf(list).flatMap((value) => isScalar(value) ? [] : notEquals(attribute, value))
]

/** Flags that cannot change whether a pattern occurs (`u`, `U`, `r`, `E`) are dropped; an unknown one fails everybody. */
const regex = (attribute: string, input: unknown): Condition => {
  const pattern = fieldOf(input, "pattern") ?? ""
  const options = fieldOf(input, "options") ?? ""
  if (!isRecord(input) || typeof pattern !== "string" || typeof options !== "string") return never(attribute)
  const flags = new Set(options.replace(/[uUrE]/g, ""))
  return flags.isSubsetOf(new Set("ims"))
    ? { attribute, operator: "regex", pattern, flags: [...flags].join("") }
    : never(attribute)
}

/** What a condition compares with: the value itself, or the first of the names that its object has. */
const firstOf = (input: unknown, names: ReadonlyArray<string>): unknown =>
  isRecord(input) ? names.map((name) => fieldOf(input, name)).find(isGiven) : input

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
