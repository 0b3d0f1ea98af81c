/**
 * A named set of contexts that rules of any flag can refer to.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Condition } from "./Condition.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { AudienceKey } from "./Key.ts"
import { Description, DescriptionOrEmpty } from "./Text.ts"

/**
 * Who belongs: those for whom all `conditions` hold, or, said in so many words, everyone. An empty list of conditions
 * is refused, because forgetting the conditions must not mean everybody.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Definition = Schema.Union([
  Schema.Struct({ conditions: Schema.NonEmptyArray(Condition) }),
  Schema.Struct({ everyone: Schema.Literal(true) })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Definition = typeof Definition.Type

const inferredAudience = Schema.Struct({
  key: AudienceKey,
  description: DescriptionOrEmpty,
  definition: Definition
}).annotate({ identifier: "Audience" })

type InferredAudience = typeof inferredAudience

/**
 * The type of {@link Audience}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface AudienceSchema extends InferredAudience {}

/**
 * @category schemas
 * @since 0.1.0
 */
export const Audience: AudienceSchema = inferredAudience

/**
 * @category models
 * @since 0.1.0
 */
export type Audience = typeof Audience.Type

/**
 * An audience as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = typeof Audience.Encoded

/**
 * @category decoding
 * @since 0.1.0
 */
export const decode: InvalidInput.Decode<Audience> = InvalidInput.decode("audience", Audience)

/**
 * A change of an audience: what is left out stays as it is.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Change = Schema.Struct({
  description: Schema.optionalKey(Description),
  definition: Schema.optionalKey(Definition)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Change = typeof Change.Type

/**
 * @category decoding
 * @since 0.1.0
 */
export const decodeChange: InvalidInput.Decode<Change> = InvalidInput.decode("audience change", Change)

/**
 * A flag whose rules refer to an audience, in an environment.
 *
 * - `protected`: whether the environment is.
 * - `stage`: in the `live` ruleset, or in the `draft`.
 * - `rules`: the keys of the rules that do.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Use = Schema.Struct({
  environment: Schema.String,
  protected: Schema.Boolean,
  flag: Schema.String,
  stage: Schema.Literals(["live", "draft"]),
  rules: Schema.Array(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Use = typeof Use.Type

/**
 * What a change of an audience touches: every use by a flag that is not archived, by environment and flag. A change of
 * the definition takes effect for those that are `live` at once.
 *
 * - `revision`: of the audience.
 * - `fingerprint`: a text that is the same as long as all of this is. A change that names it is refused once it is not.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Impact = Schema.Struct({
  audience: Schema.String,
  revision: Schema.Natural,
  uses: Schema.Array(Use),
  fingerprint: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type Impact = typeof Impact.Type
