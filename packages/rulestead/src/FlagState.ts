/**
 * A flag in one environment: its draft, what is published, and its kill switch.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Ruleset } from "./Ruleset.ts"
import { Value } from "./Value.ts"

/**
 * An engaged kill switch: `value` is served to everybody, whatever the rules say, also after a publish, until the switch
 * is released.
 *
 * @category schemas
 * @since 0.1.0
 */
export const KillSwitch = Schema.Struct({ value: Value, engagedAt: Schema.Finite })

/**
 * @category models
 * @since 0.1.0
 */
export type KillSwitch = typeof KillSwitch.Type

const inferredFlagState = Schema.Struct({
  flag: Schema.String,
  environment: Schema.String,
  revision: Schema.Natural,
  draft: Schema.NullOr(Ruleset),
  rulesetVersion: Schema.Natural,
  publishedAt: Schema.NullOr(Schema.Finite),
  killSwitch: Schema.NullOr(KillSwitch)
})

type InferredFlagState = typeof inferredFlagState

/**
 * The type of {@link FlagState}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface FlagStateSchema extends InferredFlagState {}

/**
 * - `revision`: increases with every change of this state; 0 as long as nothing was ever written.
 * - `draft`: the ruleset that the next publish will commit.
 * - `rulesetVersion`: the published ruleset that is live; 0 before the first publish.
 * - `publishedAt`: milliseconds since 1970.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FlagState: FlagStateSchema = inferredFlagState

/**
 * @category models
 * @since 0.1.0
 */
export type FlagState = typeof FlagState.Type

/**
 * The state of a flag that was never touched in an environment.
 *
 * @category constructors
 * @since 0.1.0
 */
export const initial = (flag: string, environment: string): FlagState => ({
  flag,
  environment,
  revision: 0,
  draft: null,
  rulesetVersion: 0,
  publishedAt: null,
  killSwitch: null
})
