/** 10,000 requests to the shop, as contexts to decide for; `scratchpad/make-contexts.ts` invented them. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readFile } from "node:fs/promises"
import { EvaluationContext } from "rulestead/EvaluationContext"

const file = new URL("../../examples/contexts.jsonl", import.meta.url)

const decode = Schema.decodeEffect(Schema.Array(Schema.fromJsonString(EvaluationContext)))

export const read = Effect.promise(() => readFile(file, "utf8")).pipe(
  Effect.flatMap((text) => decode(text.trimEnd().split("\n")))
)
