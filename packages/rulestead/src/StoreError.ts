/**
 * How a command can be refused. Each error says which resource it is about; none of them leaves anything half done.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * @category models
 * @since 0.1.0
 */
export const Resource = Schema.Literals(["environment", "audience", "flag", "draft", "ruleset"])

/**
 * The thing does not exist. `key` names it, as `checkout` or `checkout in prod`.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", {
  resource: Resource,
  key: Schema.String
}) {
  override get message(): string {
    return `There is no ${this.resource} ${this.key}`
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
 * The store could not be reached, answered with an error of its own, or took too long. Whether a write took effect is
 * unknown only if the connection was lost while it committed; then read again.
 *
 * - `operation`: what was attempted.
 * - `reason`: `unreachable`, `denied` (credentials or permissions), `incompatible` (the schema is missing, or of another
 *   version than the code), `timeout`, or `failed`.
 *
 * @category errors
 * @since 0.1.0
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  operation: Schema.String,
  reason: Schema.Literals(["unreachable", "denied", "incompatible", "timeout", "failed"]),
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.operation}: ${this.detail} (${this.reason})`
  }
}
