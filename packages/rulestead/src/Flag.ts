/**
 * A flag: one identity for all environments, with a declared type and a default that is served when nothing else is.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as InvalidInput from "./InvalidInput.ts"
import { FlagKey } from "./Key.ts"
import { Description, DescriptionOrEmpty } from "./Text.ts"
import { Value } from "./Value.ts"

/**
 * What a flag is for. It guides people and reports; it never changes a decision.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Purpose = Schema.Literals([
  "release",
  "experiment",
  "kill_switch",
  "permission",
  "remote_config",
  "operational",
  "migration"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Purpose = typeof Purpose.Type

const Tag = Schema.String.check(
  Schema.makeFilter(
    (tag: string) => tag.length >= 1 && tag.length <= 64 && tag.trim() === tag,
    InvalidInput.rule("tag", "1 to 64 characters without surrounding white space")
  )
)

/**
 * The parts of a flag that may change after it was created.
 *
 * @category schemas
 * @since 0.1.0
 */
export const details = {
  purpose: Purpose.pipe(Schema.withDecodingDefaultKey(Effect.succeed("release" as const))),
  description: DescriptionOrEmpty,
  tags: Schema.Array(Tag).check(
    Schema.makeFilter((tags) => new Set(tags).size === tags.length, InvalidInput.rule("unique_tags", "each tag once"))
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed([])))
}

const typed = <const Type extends string, const Default extends Schema.Constraint>(type: Type, defaultValue: Default) =>
  Schema.Struct({ key: FlagKey, valueType: Schema.Literal(type), defaultValue, ...details })

/**
 * - `key`, `valueType`, `defaultValue`: fixed when the flag is created. To serve another value to everybody, publish a
 *   rule without conditions.
 * - `purpose` (default `release`), `description`, `tags`: for people.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Flag = Schema.Union([
  typed("boolean", Schema.Boolean),
  typed("string", Schema.String),
  typed("number", Schema.Finite),
  typed("json", Value)
])

/**
 * @category models
 * @since 0.1.0
 */
export type Flag = typeof Flag.Type

/**
 * A flag as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = typeof Flag.Encoded

/**
 * @category decoding
 * @since 0.1.0
 */
export const decode = InvalidInput.decode("flag", Flag)

/**
 * A change of a flag's details: what is left out stays as it is.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Change = Schema.Struct({
  purpose: Schema.optionalKey(Purpose),
  description: Schema.optionalKey(Description),
  tags: Schema.optionalKey(Schema.Array(Tag))
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
export const decodeChange = InvalidInput.decode("flag change", Change)
