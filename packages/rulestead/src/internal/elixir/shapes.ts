/**
 * How Elixir Rulestead writes texts, lists and values in its documents.
 */
import * as Value from "../../Value.ts"
import { fieldOf } from "../document.ts"

export const isObject = (input: unknown): input is object =>
  typeof input === "object" && input !== null && !Array.isArray(input)

export const isGiven = <A>(input: A): input is NonNullable<A> => input !== undefined && input !== null

export const textAt = (input: unknown, name: string): string | undefined => {
  const text = fieldOf(input, name)
  return typeof text === "string" ? text : undefined
}

/** Values are wrapped, as `{"value": true}`, because its columns hold objects only. */
export const unwrap = (input: unknown): Value.Value => {
  const value = isObject(input) && Object.hasOwn(input, "value") ? fieldOf(input, "value") : input
  return Value.isValue(value) ? value : null
}

/** What was saved without a value. */
export const isEmpty = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0
