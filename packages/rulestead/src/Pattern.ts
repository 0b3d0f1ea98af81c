/**
 * Regular expressions of operators, in a linear-time engine (RE2 syntax, through re2js): no pattern and no subject can
 * stall the process. Back references and look-around do not exist in this engine and are refused when authored.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Internal from "./internal/pattern.ts"
import { rule } from "./InvalidInput.ts"

/**
 * UTF-16 units that a pattern may have.
 *
 * @category limits
 * @since 0.1.0
 */
export const maxLength = 1000

/**
 * UTF-16 units of a subject beyond which nothing matches, so that one huge attribute cannot hold up a decision.
 *
 * @category limits
 * @since 0.1.0
 */
export const maxSubjectLength = Internal.maxSubjectLength

/**
 * `i` ignores case, `m` lets `^` and `$` match at lines, `s` lets `.` match a line break; each at most once.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Flags = Schema.String.check(
  Schema.makeFilter(
    (flags: string) => /^[ims]*$/.test(flags) && new Set(flags).size === flags.length,
    rule("pattern_flags", "any of the letters i, m, s, each at most once")
  )
)

/**
 * A compiled pattern: whether it occurs anywhere in the subject (unanchored search).
 *
 * @category models
 * @since 0.1.0
 */
export type Test = (subject: string) => boolean

/**
 * Compiles a pattern, or says in words why the engine refuses it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const compile: (pattern: string, flags?: string) => Result.Result<Test, string> = Internal.compile

/**
 * A pattern that the engine accepts.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Pattern = Schema.String.check(
  Schema.makeFilter((pattern: string) => {
    if (pattern.length < 1 || pattern.length > maxLength) return `1 to ${maxLength} characters`
    const compiled = compile(pattern)
    return Result.isSuccess(compiled) ||
      `a regular expression of the RE2 syntax, without look-around and back references: ${compiled.failure}`
  }, rule("pattern", "a regular expression of the RE2 syntax"))
)
