/**
 * The one object that stands for an outcome of a flag, however often it is served.
 */
import * as Result from "effect/Result"
import type { Decision, Outcome, Provenance } from "../Decision.ts"
import type { BucketBy } from "../Rule.ts"

/** The identity that a rule of a flag needs and the context lacks. */
export interface Missing {
  readonly flag: string
  readonly rule: string
  readonly bucketBy: BucketBy
}

export class Served {
  readonly outcome: Outcome
  /** Set where this is no answer: the rule applies, if at all, to an identity that is missing. */
  readonly missing: Missing | undefined
  /** How often it was served. */
  count = 0
  private decision: Decision | undefined = undefined
  private success: Result.Result<Decision> | undefined = undefined

  constructor(outcome: Outcome, missing: Missing | undefined) {
    this.outcome = Object.freeze(outcome)
    this.missing = Object.freeze(missing)
  }

  /** The outcome as a decision from a snapshot; made once for as long as the provenance is the same object. */
  from(snapshot: Provenance): Decision {
    const decision = this.decision
    if (decision !== undefined && decision.snapshot === snapshot) return decision
    this.success = undefined
    return this.decision = Object.freeze({ ...this.outcome, snapshot })
  }

  /** {@link from} as a result, made as rarely. */
  succeed(snapshot: Provenance): Result.Result<Decision> {
    const decision = this.from(snapshot)
    return this.success ??= Result.succeed(decision)
  }
}
