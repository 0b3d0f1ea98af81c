/** Conditions, as they are written on a command line: `plan equals pro`, `country in AT,DE`, `actor.id exists`. */
import * as Effect from "effect/Effect"
import type { Value } from "rulestead/Value"
import { Failure } from "./Failure.ts"
import * as Values from "./values.ts"

/** A condition as a document, not yet checked. */
export const parse = Effect.fnUntraced(function*(text: string) {
  const [, attribute, operator, operand = ""] = /^\s*(\S+)\s+(\S+)(?:\s+(.*?))?\s*$/s.exec(text) ?? []
  if (attribute === undefined || operator === undefined) {
    return yield* new Failure({
      code: "usage",
      exit: "failed",
      message: `--when takes an attribute, an operator and a value, not ${JSON.stringify(text)}`,
      next: "For example: --when 'plan equals pro', --when 'country in AT,DE', --when 'actor.id exists'"
    })
  }
  switch (operator) {
    case "exists":
      return { attribute, operator }
    case "regex":
      return { attribute, operator, pattern: operand }
    case "in":
    case "not_in":
      return { attribute, operator, values: yield* list(operand) }
    default:
      return { attribute, operator, value: yield* Values.guess(operand) }
  }
})

const list = Effect.fnUntraced(function*(operand: string) {
  const whole = yield* Values.guess(operand)
  if (isList(whole)) return whole
  return yield* Effect.forEach(operand.split(","), (item) => Values.guess(item.trim()))
})

const isList = (value: Value): value is ReadonlyArray<Value> => Array.isArray(value)
