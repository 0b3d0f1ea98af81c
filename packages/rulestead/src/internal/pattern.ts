/**
 * The engine of patterns. See `Pattern`, whose schemas deciding can do without.
 */
import * as Result from "effect/Result"
import { RE2JS, RE2JSSyntaxException } from "re2js"
import type { Test } from "../Pattern.ts"

export const maxSubjectLength = 65_536

export const compile = (pattern: string, flags = ""): Result.Result<Test, string> =>
  Result.try({
    try: () => {
      const compiled = RE2JS.compile(pattern, engineFlags(flags))
      return (subject: string) => subject.length <= maxSubjectLength && compiled.test(subject)
    },
    // The message of the exception quotes the pattern, which may be a secret.
    catch: (error) =>
      error instanceof RE2JSSyntaxException ? error.getDescription() : "the engine does not support the pattern"
  })

const engineFlags = (flags: string): number =>
  (flags.includes("i") ? RE2JS.CASE_INSENSITIVE : 0) |
  (flags.includes("m") ? RE2JS.MULTILINE : 0) |
  (flags.includes("s") ? RE2JS.DOTALL : 0)
