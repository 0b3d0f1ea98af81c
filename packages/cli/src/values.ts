/** Values of flags, as they are written on a command line. */
import * as Effect from "effect/Effect"
import type { Value, ValueType } from "rulestead/Value"
import type { Failure } from "./Failure.ts"
import * as Input from "./Input.ts"

/** Text is taken as it is for a flag that serves strings; it is JSON for any other. */
export const parse = (type: ValueType, text: string, name: string): Effect.Effect<Value, Failure> =>
  type === "string" ? Effect.succeed(text) : Input.json(text, `${name} is not ${written[type].as}`, written[type].next)

const written = {
  boolean: { as: "true or false", next: "The flag serves true or false, and nothing else." },
  number: { as: "a number", next: "The flag serves numbers, as 12.5." },
  json: { as: "JSON", next: "A text needs double quotes, as '\"dark\"'." }
}

/** JSON if it is JSON, else the text itself: `42` is a number, `pro` a string. */
export const guess = (text: string): Effect.Effect<Value> =>
  Effect.orElseSucceed(parse("json", text, "the value"), () => text)
