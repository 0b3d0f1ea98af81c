/**
 * One step from one manifest to another, as differences are told and plans are made of.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Audience } from "./Audience.ts"
import type * as Audit from "./Audit.ts"
import { Environment } from "./Environment.ts"
import { Flag } from "./Flag.ts"
import * as Diff from "./internal/diff.ts"
import { Ruleset } from "./Ruleset.ts"
import { Value } from "./Value.ts"

const change = <
  const Action extends string,
  const Before extends Schema.Constraint,
  const After extends Schema.Constraint
>(
  action: Action,
  before: Before,
  after: After
) => Schema.Struct({ action: Schema.Literal(action), key: Schema.String, before, after })

const Killed = Schema.Struct({ value: Value })

const inferredChange = Schema.Union([
  change("environment.create", Schema.Null, Environment),
  change("audience.create", Schema.Null, Audience),
  change("audience.change", Audience, Audience),
  change("audience.remove", Audience, Schema.Null),
  change("flag.create", Schema.Null, Flag),
  change("flag.change", Flag, Flag),
  change("flag.remove", Flag, Schema.Null),
  change("ruleset.publish", Schema.NullOr(Ruleset), Ruleset),
  change("ruleset.remove", Ruleset, Schema.Null),
  change("kill_switch.engage", Schema.NullOr(Killed), Killed),
  change("kill_switch.release", Killed, Schema.Null),
  change("draft.save", Schema.NullOr(Ruleset), Ruleset),
  change("draft.remove", Ruleset, Schema.Null)
])

type InferredChange = typeof inferredChange

/**
 * The type of {@link Change}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface ChangeSchema extends InferredChange {}

/**
 * - `key`: of the environment, the audience or the flag.
 * - `before`, `after`: the environment, audience or flag as a document; the live ruleset; what the kill switch serves; the
 *   draft. `null` where there was or will be none.
 *
 * `flag.change` is about what a flag is in all environments. Plans never remove: the actions that end in `.remove` are
 * found in differences only.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Change: ChangeSchema = inferredChange

/**
 * @category models
 * @since 0.1.0
 */
export type Change = typeof Change.Type

/**
 * @category models
 * @since 0.1.0
 */
export type Action = Change["action"]

/**
 * A change with one of the given actions.
 *
 * @category models
 * @since 0.1.0
 */
export type Of<A extends Action> = Extract<Change, { readonly action: A }>

/**
 * What differs in a change, as small as can be told, in the form of the audit: `rules[everybody].rollout.percentage` was
 * `before` and will be `after`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const parts = ({ after, before }: Pick<Change, "before" | "after">): ReadonlyArray<Audit.Change> =>
  Diff.diff(before, after)
