/** What a document is refused for. */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as InvalidInput from "rulestead/InvalidInput"

/** Decodes by a schema alone. */
export const decodeBy = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) =>
  InvalidInput.decodeResult("document", schema)

/** The problems as `path (rule)`, in their order; none where the document is accepted. */
export const problems = (result: Result.Result<unknown, InvalidInput.InvalidInput>): ReadonlyArray<string> =>
  Result.isSuccess(result) ? [] : result.failure.problems.map(({ path, rule }) => `${path} (${rule})`)
