/**
 * What was done, by whom: one row for every write, committed with it, never changed or removed. What a policy denied has
 * a row, too.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Actor } from "./Actor.ts"
import * as Diff from "./internal/diff.ts"

/**
 * Everything that can be done and that a policy is asked about. `state.read` and `audit.read` are in the audit only when
 * they were denied.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Action = Schema.Literals([
  "environment.create",
  "environment.change",
  "audience.create",
  "audience.change",
  "audience.archive",
  "audience.unarchive",
  "flag.create",
  "flag.change",
  "flag.archive",
  "flag.unarchive",
  "draft.save",
  "draft.discard",
  "ruleset.publish",
  "ruleset.revert",
  "rollout.set",
  "rollout.advance",
  "kill_switch.engage",
  "kill_switch.release",
  "snapshot.sign",
  "state.read",
  "audit.read"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Action = typeof Action.Type

/**
 * Whether it took effect, or a policy denied it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Result = Schema.Literals(["ok", "denied"])

/**
 * @category models
 * @since 0.1.0
 */
export type Result = typeof Result.Type

/**
 * - `key`: the flag, audience or environment that it was about; `null` only where a read of the whole audit was denied.
 * - `environment`: where, if it belongs to one environment.
 * - `at`: milliseconds since 1970, by the clock of whoever did it.
 * - `before`, `after`: what it was about, `null` where there was or is none: the environment, audience or flag; the
 *   draft; the published ruleset with its version; the kill switch. Both are `null` for what was denied.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NewEvent = Schema.Struct({
  action: Action,
  result: Result,
  key: Schema.NullOr(Schema.String),
  environment: Schema.NullOr(Schema.String),
  actor: Actor,
  reason: Schema.NullOr(Schema.String),
  correlationId: Schema.NullOr(Schema.String),
  at: Schema.Finite,
  before: Schema.Json,
  after: Schema.Json
})

/**
 * @category models
 * @since 0.1.0
 */
export type NewEvent = typeof NewEvent.Type

/**
 * An event as it is stored; `id` increases from write to write.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StoredEvent = Schema.Struct({ id: Schema.Natural, ...NewEvent.fields })

/**
 * @category models
 * @since 0.1.0
 */
export type StoredEvent = typeof StoredEvent.Type

/**
 * One difference between `before` and `after`.
 *
 * - `path`: where, as `rules[launch].rollout.percentage`: rules and variants are named by their keys, other items by
 *   their number. The empty string is all of it.
 * - `before`, `after`: absent where there was or is nothing. A list whose items only changed places has the keys in
 *   their orders.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Change = Schema.Struct({
  path: Schema.String,
  before: Schema.optionalKey(Schema.Json),
  after: Schema.optionalKey(Schema.Json)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Change = typeof Change.Type

/**
 * A stored event, with what changed from `before` to `after`. That is computed when it is read.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Event = Schema.Struct({ ...StoredEvent.fields, changes: Schema.Array(Change) })

/**
 * @category models
 * @since 0.1.0
 */
export type Event = typeof Event.Type

/**
 * @category constructors
 * @since 0.1.0
 */
export const fromStored = (event: StoredEvent): Event => ({ ...event, changes: Diff.diff(event.before, event.after) })

/**
 * What stands in the place of a value that is not shown.
 *
 * @category redaction
 * @since 0.1.0
 */
export const redacted = Diff.redacted

/**
 * The fields that {@link redact} leaves unless told: keys, numbers, times, types, strategies and shares. No value that a
 * flag serves, no condition, no text that somebody wrote, no owner.
 *
 * @category redaction
 * @since 0.1.0
 */
export const publicFields: ReadonlyArray<string> = [
  "key",
  "revision",
  "createdAt",
  "updatedAt",
  "archivedAt",
  "protected",
  "valueType",
  "purpose",
  "lifecycle",
  "engagedAt",
  "flag",
  "environment",
  "version",
  "publishedAt",
  ...["", "ruleset."].flatMap((place) =>
    [
      "hashVersion",
      "rules.key",
      "rules.strategy",
      "rules.audience",
      "rules.rollout.percentage",
      "rules.rollout.bucketBy"
    ]
      .concat(["rules.variants.key", "rules.variants.weight", "rules.experiment.bucketBy", "rules.experiment.holdout"])
      .map((field) => `${place}${field}`)
  )
]

/**
 * An event for people who may see that something happened, but not what: of `before`, `after` and `changes`, only the
 * fields in `allow` keep their values, and {@link redacted} stands for all others. A field is named by its path from the
 * top, numbers and keys of items left out, as `rules.rollout.percentage`; all that is inside of it is allowed with it.
 * Who, when, where, why (`reason`) and which action stay as they are.
 *
 * @category redaction
 * @since 0.1.0
 */
export const redact = (event: Event, allow: ReadonlyArray<string> = publicFields): Event => {
  const sight = Diff.sight(allow)
  return {
    ...event,
    before: Diff.redact(event.before, sight),
    after: Diff.redact(event.after, sight),
    changes: Diff.diff(event.before, event.after, sight)
  }
}
