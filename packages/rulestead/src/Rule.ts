/**
 * A rule: when its conditions hold, its strategy says who gets what. The first rule that applies decides.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Condition } from "./Condition.ts"
import { rule } from "./InvalidInput.ts"
import { AudienceKey, RuleKey, VariantKey } from "./Key.ts"
import { Percentage } from "./Percentage.ts"
import { Value } from "./Value.ts"

/**
 * The identity that a rollout sticks to: the targeting key, or the context's account, tenant or session.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BucketBy = Schema.Literals(["subject", "account", "tenant", "session"])

/**
 * @category models
 * @since 0.1.0
 */
export type BucketBy = typeof BucketBy.Type

const DefaultBucketBy = BucketBy.pipe(Schema.withDecodingDefaultKey(Effect.succeed("subject" as const)))

/**
 * Text mixed into the hash. It never changes by itself; changing it reshuffles everybody.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Salt = Schema.String.check(
  Schema.makeFilter((salt: string) => salt.length <= 255, rule("salt", "at most 255 characters", { maxLength: 255 }))
)

/**
 * The share of identities that a rule lets through.
 *
 * - `percentage`: 0 to 100, at most two decimals. Raising it moves nobody out.
 * - `bucketBy`: default `subject`.
 * - `salt`: left out, a saved draft keeps the salt that the rule of the same key had, and a new rule has none.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rollout = Schema.Struct({
  percentage: Percentage,
  bucketBy: DefaultBucketBy,
  salt: Schema.optionalKey(Salt)
}).annotate({ identifier: "Rollout" })

/**
 * @category models
 * @since 0.1.0
 */
export type Rollout = typeof Rollout.Type

/**
 * One of several values. `weight` is its share in percent; the weights of a rule add up to 100. The order matters:
 * shares are laid out along the buckets in the order of the list.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Variant = Schema.Struct({ key: VariantKey, weight: Percentage, value: Value }).annotate({
  identifier: "Variant"
})

/**
 * @category models
 * @since 0.1.0
 */
export type Variant = typeof Variant.Type

/**
 * An experiment serves variants to everybody, except that a holdout gets the first variant.
 *
 * - `salt`: names the iteration; a new one starts over with new groups. Required, not blank.
 * - `bucketBy`: default `subject`.
 * - `holdout`: percent held out, default 5.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Experiment = Schema.Struct({
  salt: Salt.check(Schema.makeFilter((salt) => salt.trim() !== "", rule("iteration", "a salt that is not blank"))),
  bucketBy: DefaultBucketBy,
  holdout: Percentage.pipe(Schema.withDecodingDefaultKey(Effect.succeed(5)))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Experiment = typeof Experiment.Type

const strategy = <const Strategy extends string, const Fields extends Schema.Struct.Fields>(
  strategy: Strategy,
  fields: Fields
) =>
  Schema.Struct({
    key: RuleKey,
    strategy: Schema.Literal(strategy),
    description: Schema.optionalKey(Schema.String),
    conditions: Schema.Array(Condition).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
    ...fields
  })

const inferredRule = Schema.Union([
  strategy("forced_value", { value: Value }),
  strategy("segment_match", { audience: AudienceKey, value: Value }),
  strategy("percentage_rollout", { rollout: Rollout, value: Schema.optionalKey(Value) }),
  strategy("variant_split", { rollout: Rollout, variants: Schema.NonEmptyArray(Variant) }),
  strategy("experiment", { experiment: Experiment, variants: Schema.NonEmptyArray(Variant) })
]).annotate({ identifier: "Rule" })

type InferredRule = typeof inferredRule

/**
 * The type of {@link Rule}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface RuleSchema extends InferredRule {}

/**
 * - `forced_value`: `value` for everybody.
 * - `segment_match`: `value` for the members of `audience`.
 * - `percentage_rollout`: `value` (left out: the flag's default) for the share that `rollout` lets through.
 * - `variant_split`: one of `variants` for the share that `rollout` lets through.
 * - `experiment`: one of `variants` for everybody, the first one for the holdout.
 *
 * Whoever fails the conditions, or is not let through, goes on to the next rule.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule: RuleSchema = inferredRule

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

/**
 * A rule as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = typeof Rule.Encoded
