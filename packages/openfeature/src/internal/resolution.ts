/**
 * Decisions and failures in the words of OpenFeature.
 */
import {
  ErrorCode,
  type FlagMetadata,
  type ResolutionDetails,
  type ResolutionReason,
  StandardResolutionReasons
} from "@openfeature/server-sdk"
import type { Decision } from "rulestead/Decision"
import type { EvaluateError } from "rulestead/RulesteadError"
import * as Vocabulary from "rulestead/Vocabulary"

const reasons: Readonly<Record<Vocabulary.Reason, ResolutionReason>> = {
  static: StandardResolutionReasons.STATIC,
  targeting_match: StandardResolutionReasons.TARGETING_MATCH,
  split: StandardResolutionReasons.SPLIT,
  default: StandardResolutionReasons.DEFAULT,
  disabled: StandardResolutionReasons.DISABLED,
  cached: StandardResolutionReasons.CACHED,
  stale: StandardResolutionReasons.STALE,
  error: StandardResolutionReasons.ERROR
}

const errorCodes: Readonly<Record<Vocabulary.ErrorCode, ErrorCode>> = {
  flag_not_found: ErrorCode.FLAG_NOT_FOUND,
  provider_not_ready: ErrorCode.PROVIDER_NOT_READY,
  targeting_key_missing: ErrorCode.TARGETING_KEY_MISSING,
  invalid_context: ErrorCode.INVALID_CONTEXT,
  type_mismatch: ErrorCode.TYPE_MISMATCH
}

/** What the decision serves, if that is of the type asked for. */
export const resolution = <T>(
  decision: Decision,
  flagMetadata: FlagMetadata,
  otherwise: T,
  fits: (value: unknown) => value is T
): ResolutionDetails<T> => {
  const { flag, reason, value, variant } = decision
  if (reason === "error") return refusal(otherwise, "invalid_context", "The context could not be read", flagMetadata)
  if (!fits(value)) {
    return refusal(otherwise, "type_mismatch", `The flag ${flag} serves ${describe(value)}`, flagMetadata)
  }
  const details = { value, reason: reasons[Vocabulary.reasonOf(decision)], flagMetadata }
  return variant === null ? details : { ...details, variant }
}

export const refusal = <T>(
  otherwise: T,
  code: Vocabulary.ErrorCode,
  errorMessage: string,
  flagMetadata: FlagMetadata = {}
): ResolutionDetails<T> => ({
  value: otherwise,
  reason: StandardResolutionReasons.ERROR,
  errorCode: errorCodes[code],
  errorMessage,
  flagMetadata
})

/** For what a source, or an option of the application, threw. */
export const failure = <T>(otherwise: T, error: unknown): ResolutionDetails<T> =>
  isEvaluateError(error)
    ? refusal(otherwise, Vocabulary.errorCodeOf(error), error.message)
    : {
      value: otherwise,
      reason: StandardResolutionReasons.ERROR,
      errorCode: ErrorCode.GENERAL,
      errorMessage: "The evaluation failed unexpectedly"
    }

const evaluateErrors: ReadonlySet<unknown> = new Set<EvaluateError["_tag"]>([
  "FlagNotFound",
  "NotReady",
  "MissingIdentity"
])

const isEvaluateError = (error: unknown): error is EvaluateError =>
  error instanceof Error && "_tag" in error && evaluateErrors.has(error._tag)

const describe = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
    ? "a list"
    : typeof value === "object"
    ? "an object"
    : `a ${typeof value}`
