/**
 * What was done, by whom: one row for every write, committed with it, never changed or removed.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Actor } from "./Actor.ts"

/**
 * @category schemas
 * @since 0.1.0
 */
export const Action = Schema.Literals([
  "environment.create",
  "environment.change",
  "audience.create",
  "audience.change",
  "flag.create",
  "flag.change",
  "flag.archive",
  "draft.save",
  "draft.discard",
  "ruleset.publish",
  "kill_switch.engage",
  "kill_switch.release"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Action = typeof Action.Type

/**
 * - `key`: the flag, audience or environment that was written.
 * - `environment`: where, if the write belongs to one environment.
 * - `before`, `after`: what the write was about, `null` where there was or is none: the environment, audience or flag; the
 *   draft; the published ruleset with its version; the kill switch.
 *
 * @category schemas
 * @since 0.1.0
 */
export const NewEvent = Schema.Struct({
  action: Action,
  key: Schema.String,
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
export const Event = Schema.Struct({ id: Schema.Natural, ...NewEvent.fields })

/**
 * @category models
 * @since 0.1.0
 */
export type Event = typeof Event.Type
