/**
 * What was noticed about a manifest or a plan: where, what, and what to do about it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { InvalidInput, type Problem } from "./InvalidInput.ts"

/**
 * - `severity`: an `error` stands in the way; a `warning` may be what was meant.
 * - `code`: a short stable name, as `draft`, `archived`, `rollout_drops`.
 * - `path`: where, as `flags[3].ruleset`; in a promotion, which has no document, `flags.checkout.ruleset`.
 * - `message`: what is the case. `fix`: what to do about it.
 *
 * Like a problem, it never carries a served value or one that conditions compare with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Finding = Schema.Struct({
  severity: Schema.Literals(["error", "warning"]),
  code: Schema.String,
  path: Schema.String,
  message: Schema.String,
  fix: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type Finding = typeof Finding.Type

/**
 * Whether something stands in the way.
 *
 * @category guards
 * @since 0.1.0
 */
export const hasErrors = (findings: ReadonlyArray<Finding>): boolean =>
  findings.some(({ severity }) => severity === "error")

/**
 * What a document was refused for, as findings.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromRefusal = ({ problems }: InvalidInput): ReadonlyArray<Finding> =>
  problems.map(({ allowed, found, path, rule }) => ({
    severity: "error",
    code: rule,
    path,
    message: `found ${found}`,
    fix: allowed
  }))

/**
 * The refusal that the errors among findings are; `undefined` when there are none.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toRefusal = (subject: string, findings: ReadonlyArray<Finding>): InvalidInput | undefined => {
  const [first, ...rest] = findings.flatMap(({ code, fix, message, path, severity }): ReadonlyArray<Problem> =>
    severity === "error" ? [{ path, rule: code, allowed: fix, found: message }] : []
  )
  return first === undefined ? undefined : new InvalidInput({ subject, problems: [first, ...rest] })
}
