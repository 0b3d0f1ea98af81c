/**
 * How a command can be refused. Each error says which resource it is about; none of them leaves anything half done.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Use } from "./Audience.ts"
import { Action } from "./Audit.ts"

/**
 * @category models
 * @since 0.1.0
 */
export const Resource = Schema.Literals(["environment", "audience", "flag", "draft", "ruleset", "rule"])

/**
 * The thing does not exist. `key` names it, as `checkout`, or for a draft or a ruleset that of which it would be, as
 * `checkout in prod`.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  resource: Resource,
  key: Schema.String
}) {
  override get message(): string {
    const isOfFlag = this.resource === "draft" || this.resource === "ruleset"
    return `There is no ${this.resource} ${isOfFlag ? "of " : ""}${this.key}`
  }
}

/**
 * The key is taken. Keys are never reused, not even those of archived things.
 *
 * @category errors
 * @since 0.1.0
 */
export class AlreadyExists extends Schema.TaggedError<AlreadyExists>()("AlreadyExists", {
  resource: Resource,
  key: Schema.String
}) {
  override get message(): string {
    return `The ${this.resource} ${this.key} exists already`
  }
}

/**
 * Somebody else wrote first: the write was based on revision `expected`, and the thing is at revision `current`. Read
 * it again, and decide again.
 *
 * @category errors
 * @since 0.1.0
 */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", {
  resource: Resource,
  key: Schema.String,
  expected: Schema.Natural,
  current: Schema.Natural
}) {
  override get message(): string {
    return `The ${this.resource} ${this.key} is at revision ${this.current}; the write was based on ${this.expected}`
  }
}

/**
 * The flag is archived: it takes no drafts, publishes or kill switches.
 *
 * @category errors
 * @since 0.1.0
 */
export class FlagArchived extends Schema.TaggedError<FlagArchived>()("FlagArchived", { flag: Schema.String }) {
  override get message(): string {
    return `The flag ${this.flag} is archived`
  }
}

/**
 * A policy does not allow it, or could not be asked: then `detail` says so, and `cause` has what went wrong. The attempt
 * is in the audit.
 *
 * - `key`: what the action was about; `null` for what has no key, as the audit itself.
 * - `detail`: the reason that the policy gave, if it gave one.
 * - `cause`: redacted, because an error may name whom the policy asked about, and errors end up in logs and traces.
 *
 * @category errors
 * @since 0.1.0
 */
export class Denied extends Schema.TaggedError<Denied>()("Denied", {
  action: Action,
  key: Schema.NullOr(Schema.String),
  environment: Schema.NullOr(Schema.String),
  detail: Schema.NullOr(Schema.String),
  cause: Schema.optionalKey(Schema.Redacted(Schema.Defect()))
}) {
  override get message(): string {
    const what = [this.key, this.environment].filter((part) => part !== null).join(" in ")
    const why = this.detail === null ? "" : `: ${this.detail}`
    return `${this.action}${what === "" ? "" : ` of ${what}`} is not allowed${why}`
  }
}

/**
 * The audience is in use, by what is live or by drafts, so it cannot be archived.
 *
 * @category errors
 * @since 0.1.0
 */
export class AudienceInUse extends Schema.TaggedError<AudienceInUse>()("AudienceInUse", {
  audience: Schema.String,
  uses: Schema.Array(Use)
}) {
  override get message(): string {
    const uses = this.uses.map(({ environment, flag, stage }) => `${flag} in ${environment} (${stage})`)
    return `The audience ${this.audience} is in use: ${uses.join(", ")}`
  }
}

/**
 * The audience is archived: it does not change, and rules cannot refer to it.
 *
 * @category errors
 * @since 0.1.0
 */
export class AudienceArchived extends Schema.TaggedError<AudienceArchived>()("AudienceArchived", {
  audience: Schema.String
}) {
  override get message(): string {
    return `The audience ${this.audience} is archived`
  }
}

/**
 * What was previewed is not what would happen now: the audience, or where it is used, has changed since. Look again.
 *
 * @category errors
 * @since 0.1.0
 */
export class StalePreview extends Schema.TaggedError<StalePreview>()("StalePreview", {
  audience: Schema.String
}) {
  override get message(): string {
    return `The audience ${this.audience}, or what it is used for, has changed since the preview`
  }
}

/**
 * The store could not be reached, answered with an error of its own, or took too long. Whether a write took effect is
 * unknown only if the connection was lost while it committed; then read again.
 *
 * - `operation`: what was attempted.
 * - `reason`: `unreachable`, `denied` (credentials or permissions), `incompatible` (the schema is missing, or of a version
 *   that this code must not write), `timeout`, `signature` (the snapshot is not signed with a key of this publisher, or it
 *   has none; see `SnapshotSigning`), or `failed`.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  operation: Schema.String,
  reason: Schema.Literals(["unreachable", "denied", "incompatible", "timeout", "signature", "failed"]),
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.operation}: ${this.detail} (${this.reason})`
  }
}
