/**
 * Values of Elixir Rulestead, which are not checked against the type of their flag there.
 */
import { fits, type Value, type ValueType } from "../../Value.ts"
import type { Notes } from "./notes.ts"
import { isEmpty, unwrap } from "./shapes.ts"

const types: ReadonlyMap<unknown, ValueType> = new Map([
  ["boolean", "boolean"],
  ["string", "string"],
  ["variant", "string"],
  ["integer", "number"],
  ["float", "number"],
  ["json", "json"]
])

/** The declared type, where all values have it; `json` else. */
export const typeOf = (declared: unknown, values: ReadonlyArray<unknown>, notes: Notes): ValueType => {
  const type = types.get(declared) ?? "json"
  if (values.every((value) => fits(type, read(type, value)))) return type
  notes.warn(
    "value_type",
    "the flag serves values that are not of its type",
    "it is a flag of JSON values here, and serves the same; put the values right, and create a flag of the type"
  )
  return "json"
}

/** Reads values of a type, which they are known to fit. */
export const reader = (type: ValueType) => (input: unknown, notes: Notes): Value => {
  const value = read(type, input)
  if (type === "boolean" && value !== unwrap(input)) {
    const [state, here] = value === true ? ["on", "true"] : ["off", "false"]
    notes.warn("no_boolean", `this counts as ${state} there`, `it is ${here} here`)
  }
  return value
}

/** Of a boolean flag, `null` counts as off, and what was saved without a value as on. */
const read = (type: ValueType, input: unknown): Value => {
  const value = unwrap(input)
  if (type !== "boolean") return value
  return value === null ? false : isEmpty(value) ? true : value
}
