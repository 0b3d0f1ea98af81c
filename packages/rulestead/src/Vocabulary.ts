/**
 * The words that OpenFeature and OpenTelemetry share for what a decision says, in the spelling of OpenTelemetry.
 *
 * @since 0.1.0
 */
import type { Decision } from "./Decision.ts"
import type { EvaluateError } from "./RulesteadError.ts"

/**
 * - `static`: served to everybody. `targeting_match`, `split`: see `Decision.Selection`.
 * - `default`: no rule applied. `disabled`: the kill switch is engaged.
 * - `cached`: decided from the backup on disk. `stale`: decided from a snapshot that the store has not confirmed lately,
 *   or from the bootstrap. Both come before the reason of the decision itself.
 * - `error`: the context could not be read.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  | "static"
  | "targeting_match"
  | "split"
  | "default"
  | "disabled"
  | "cached"
  | "stale"
  | "error"

/**
 * - `flag_not_found`, `provider_not_ready`: `FlagNotFound`, `NotReady`.
 * - `targeting_key_missing`: `MissingIdentity` of a subject; `invalid_context`: of an account, a tenant or a session, and
 *   a context that could not be read.
 * - `type_mismatch`: the flag is of another type than the caller's default.
 *
 * @category models
 * @since 0.1.0
 */
export type ErrorCode =
  | "flag_not_found"
  | "provider_not_ready"
  | "targeting_key_missing"
  | "invalid_context"
  | "type_mismatch"

/**
 * @category conversions
 * @since 0.1.0
 */
export const reasonOf = ({ reason, selection, snapshot: { source, stale } }: Decision): Reason => {
  if (reason === "error") return "error"
  if (source === "backup") return "cached"
  if (stale) return "stale"
  if (reason === "killed") return "disabled"
  if (selection === null) return "default"
  return selection === "everybody" ? "static" : selection === "targeted" ? "targeting_match" : "split"
}

/**
 * @category conversions
 * @since 0.1.0
 */
export const errorCodeOf = (error: EvaluateError): ErrorCode => {
  switch (error._tag) {
    case "FlagNotFound":
      return "flag_not_found"
    case "NotReady":
      return "provider_not_ready"
    case "MissingIdentity":
      return error.bucketBy === "subject" ? "targeting_key_missing" : "invalid_context"
  }
}
