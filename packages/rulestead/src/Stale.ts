/**
 * What a plan was made from is no longer so.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Something that a plan looked at, at the revision it had; 0 where there was none.
 *
 * - `kind`: the environment itself, an audience, a flag, or (`state`) a flag in the environment that is named.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Seen = Schema.Struct({
  kind: Schema.Literals(["environment", "audience", "flag", "state"]),
  key: Schema.String,
  environment: Schema.NullOr(Schema.String),
  revision: Schema.Natural
})

/**
 * @category models
 * @since 0.1.0
 */
export type Seen = typeof Seen.Type

/**
 * The environment, or what was to be brought there, is not what it was when the plan was made. Nothing was written. Make
 * the plan again, and look at it again.
 *
 * - `moved`: what has another revision now, as it was when the plan was made. Empty when the plan itself was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class Stale extends Schema.TaggedError<Stale>()("Stale", {
  environment: Schema.String,
  moved: Schema.Array(Seen)
}) {
  override get message(): string {
    const moved = this.moved.map(({ environment, key, kind }) =>
      environment === null ? `${kind} ${key}` : `${key} in ${environment}`
    )
    return moved.length === 0
      ? `The plan for ${this.environment} is not the one that would be made now`
      : `Something changed since the plan for ${this.environment} was made: ${moved.join(", ")}`
  }
}
