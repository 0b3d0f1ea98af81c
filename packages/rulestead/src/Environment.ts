/**
 * A place where flags are decided, as `dev` or `prod`: it has its own rulesets, kill switches and snapshots.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as InvalidInput from "./InvalidInput.ts"
import { EnvironmentKey } from "./Key.ts"
import { Description, DescriptionOrEmpty } from "./Text.ts"

const Name = Schema.String.check(
  Schema.makeFilter(
    (name: string) => name.length >= 1 && name.length <= 128 && name.trim() === name,
    InvalidInput.rule("name", "1 to 128 characters without surrounding white space")
  )
)

/**
 * `protected` marks an environment in which mistakes are expensive; tools ask twice there. The key has no such meaning.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Environment = Schema.Struct({
  key: EnvironmentKey,
  name: Name,
  description: DescriptionOrEmpty,
  protected: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Environment = typeof Environment.Type

/**
 * An environment as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = typeof Environment.Encoded

/**
 * @category decoding
 * @since 0.1.0
 */
export const decode: InvalidInput.Decode<Environment> = InvalidInput.decode("environment", Environment)

/**
 * A change of an environment: what is left out stays as it is.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Change = Schema.Struct({
  name: Schema.optionalKey(Name),
  description: Schema.optionalKey(Description),
  protected: Schema.optionalKey(Schema.Boolean)
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
export const decodeChange: InvalidInput.Decode<Change> = InvalidInput.decode("environment change", Change)
