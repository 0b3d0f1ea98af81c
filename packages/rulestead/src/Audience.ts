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

/**
 * @category schemas
 * @since 0.1.0
 */
export const Audience = Schema.Struct({
  key: AudienceKey,
  description: DescriptionOrEmpty,
  definition: Definition
})

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
export const decode = InvalidInput.decode("audience", Audience)

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
export const decodeChange = InvalidInput.decode("audience change", Change)
