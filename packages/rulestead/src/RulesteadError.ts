/**
 * How asking can fail, where a default is not wanted.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { BucketBy } from "./Rule.ts"
import { RefreshReason } from "./Telemetry.ts"

/**
 * The snapshot has no such flag: it was never published in this environment, it is archived, or its key is misspelt.
 *
 * @category errors
 * @since 0.1.0
 */
export class FlagNotFound extends Schema.TaggedError<FlagNotFound>()("FlagNotFound", {
  environment: Schema.String,
  flag: Schema.String
}) {
  override get message(): string {
    return `There is no flag ${this.flag} in ${this.environment}`
  }
}

/**
 * There is no snapshot yet: neither from the store, nor from a backup or a bootstrap.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", { environment: Schema.String }) {
  override get message(): string {
    return `There is no snapshot of ${this.environment} yet`
  }
}

/**
 * The rule that should have decided needs an identity that the context does not have.
 *
 * @category errors
 * @since 0.1.0
 */
export class MissingIdentity extends Schema.TaggedError<MissingIdentity>()("MissingIdentity", {
  flag: Schema.String,
  rule: Schema.String,
  bucketBy: BucketBy
}) {
  override get message(): string {
    return `The rule ${this.rule} of ${this.flag} needs an identity: ${this.bucketBy}`
  }
}

/**
 * Why a flag could not be evaluated.
 *
 * @category errors
 * @since 0.1.0
 */
export type EvaluateError = FlagNotFound | NotReady | MissingIdentity

/**
 * The first snapshot did not arrive in time, and starting without it was not wanted (`whenNotFresh: "fail"`).
 *
 * - `serving`: what would have been served instead.
 * - `reason`: what the last try failed with, `starting` when none had ended yet.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFresh extends Schema.TaggedError<NotFresh>()("NotFresh", {
  environment: Schema.String,
  serving: Schema.Literals(["FromBackup", "Bootstrap", "Empty"]),
  reason: Schema.Literals([...RefreshReason.literals, "starting"])
}) {
  override get message(): string {
    return `No snapshot of ${this.environment} could be fetched in time: ${this.reason}`
  }
}

/**
 * A refresh that was asked for brought nothing. What was served before still is.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotRefreshed extends Schema.TaggedError<NotRefreshed>()("NotRefreshed", {
  environment: Schema.String,
  reason: Schema.Literals([...RefreshReason.literals, "closed"])
}) {
  override get message(): string {
    return `The snapshot of ${this.environment} could not be refreshed: ${this.reason}`
  }
}
