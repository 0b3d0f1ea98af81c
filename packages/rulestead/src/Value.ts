/**
 * What a flag can serve: a boolean, a string, a finite number, or any JSON value.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Internal from "./internal/value.ts"

/**
 * A JSON value as Rulestead accepts it: finite numbers only, at most {@link maxDepth} levels deep, no cycles.
 *
 * @category models
 * @since 0.1.0
 */
export type Value = Schema.Json

/**
 * The type that a flag declares for its values.
 *
 * @category models
 * @since 0.1.0
 */
export const ValueType = Schema.Literals(["boolean", "string", "number", "json"])

/**
 * @category models
 * @since 0.1.0
 */
export type ValueType = typeof ValueType.Type

/**
 * Levels of arrays and objects that a value may nest.
 *
 * @category limits
 * @since 0.1.0
 */
export const maxDepth = 32

/**
 * Whether `input` is a JSON value within the limits. Total: cyclic, huge and exotic inputs answer `false`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isValue = (input: unknown): input is Value => isValueAt(input, 0)

const isValueAt = (input: unknown, depth: number): boolean => {
  switch (typeof input) {
    case "string":
    case "boolean":
      return true
    case "number":
      return Number.isFinite(input)
    case "object": {
      if (input === null) return true
      if (depth >= maxDepth) return false
      if (Array.isArray(input)) return input.every((item) => isValueAt(item, depth + 1))
      return isPlainObject(input) && Object.values(input).every((item) => isValueAt(item, depth + 1))
    }
    default:
      return false
  }
}

const isPlainObject = (input: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(input)
  return prototype === Object.prototype || prototype === null
}

/**
 * @category schemas
 * @since 0.1.0
 */
export const Value: Schema.declare<Value> = Schema.declare<Value>(isValue, {
  title: "Value",
  expected: `a JSON value of finite numbers, at most ${maxDepth} levels deep`
})

/**
 * Whether a value is of the declared type.
 *
 * @category guards
 * @since 0.1.0
 */
export const fits = (type: ValueType, value: unknown): boolean =>
  type === "json" ? isValue(value) : typeof value === type && isValue(value)

/**
 * The type that a flag which serves the value has: objects, arrays and `null` are of the type `json`.
 *
 * @category guards
 * @since 0.1.0
 */
export const typeOf = (value: unknown): ValueType => {
  const type = typeof value
  return type === "boolean" || type === "string" || type === "number" ? type : "json"
}

/**
 * The declared type in words, for error messages.
 *
 * @category formatting
 * @since 0.1.0
 */
export const describe = (type: ValueType): string =>
  type === "json" ? "a JSON value" : type === "boolean" ? "true or false" : `a ${type}`

/**
 * Whether serving `value` counts as the flag being on: a boolean is itself, `null` is off, anything else is on (also
 * `0` and the empty string), as in Elixir Rulestead.
 *
 * @category guards
 * @since 0.1.0
 */
export const isEnabled: (value: Value) => boolean = Internal.isEnabled
