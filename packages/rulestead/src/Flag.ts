/**
 * A flag: one identity for all environments, with a declared type and a default that is served when nothing else is. As
 * it is authored, and, as a {@link Definition}, as code asks for it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Outcome } from "./Decision.ts"
import * as Definitions from "./internal/definition.ts"
import { fieldOf } from "./internal/document.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { FlagKey } from "./Key.ts"
import { defaultMode, Lifecycle } from "./Lifecycle.ts"
import { Owner } from "./Owner.ts"
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
    InvalidInput.rule("tag", "1 to 64 characters without surrounding white space", { minLength: 1, maxLength: 64 })
  )
)

const Tags = Schema.Array(Tag).check(
  Schema.makeFilter(
    (tags) => new Set(tags).size === tags.length,
    InvalidInput.rule("unique_tags", "each tag once", { uniqueItems: true })
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
  tags: Tags.pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  owner: Schema.NullOr(Owner).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  lifecycle: Schema.NullOr(Lifecycle).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
}

const typed = <const Type extends string, const Default extends Schema.Constraint>(type: Type, defaultValue: Default) =>
  Schema.Struct({ key: FlagKey, valueType: Schema.Literal(type), defaultValue, ...details })

const inferredFlag = Schema.Union([
  typed("boolean", Schema.Boolean),
  typed("string", Schema.String),
  typed("number", Schema.Finite),
  typed("json", Value)
])

type InferredFlag = typeof inferredFlag

/**
 * The type of {@link Flag}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface FlagSchema extends InferredFlag {}

/**
 * - `key`, `valueType`, `defaultValue`: fixed when the flag is created. To serve another value to everybody, publish a
 *   rule without conditions.
 * - `purpose` (default `release`), `description`, `tags`: for people.
 * - `owner`: who answers for it; `null`, the default, is nobody.
 * - `lifecycle`: expiring, with the day of its review, or permanent. Left out or `null`, a flag that is created gets what
 *   its purpose suggests (see `Lifecycle`); for a `remote_config`, whoever creates it must choose.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Flag: FlagSchema = inferredFlag

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
export const decode: InvalidInput.Decode<Flag> = InvalidInput.decode("flag", Flag, (input) => checkLifecycle(input))

const checkLifecycle: InvalidInput.CrossCheck = (input) => {
  const purpose = fieldOf(input, "purpose")
  const isUndecided = isPurpose(purpose) && defaultMode(purpose) === undefined &&
    (fieldOf(input, "lifecycle") ?? null) === null
  return isUndecided
    ? [{ path: ["lifecycle"], rule: "choice", allowed: "a choice: a remote_config has no default" }]
    : []
}

const isPurpose = Schema.is(Purpose)

/**
 * A change of a flag's details: what is left out stays as it is, and a `null` owner is nobody.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Change = Schema.Struct({
  purpose: Schema.optionalKey(Purpose),
  description: Schema.optionalKey(Description),
  tags: Schema.optionalKey(Tags),
  owner: Schema.optionalKey(Schema.NullOr(Owner)),
  lifecycle: Schema.optionalKey(Lifecycle)
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
export const decodeChange: InvalidInput.Decode<Change> = InvalidInput.decode("flag change", Change)

/**
 * What code expects of a flag: its key, the type of its values, the keys of its variants, and what to go on with when
 * the flag is not known or serves something else. The literals are types: who asks by a definition can neither misspell
 * a key nor take a value for one of another type.
 *
 * - `default`: served while the flag is not known, and when what it serves does not fit, which is reported
 *   (`DefinitionUnmet` in `Telemetry`). It belongs to the code: the flag may have been authored with another.
 * - `variants`: the variants that the code knows; any, where it names none.
 *
 * What a flag serves is decoded once, not with every decision: the same object is answered again, so nobody may change it.
 *
 * @category definitions
 * @since 0.1.0
 */
export interface Definition<out A, out Key extends string = string, out Variant extends string = string> {
  readonly key: Key
  readonly default: A
  readonly variants: ReadonlyArray<Variant> | undefined
  /** @internal */
  readonly read: (outcome: Outcome) => Definitions.Reading<A>
  /** @internal */
  readonly isVariant: (variant: string) => variant is Variant
}

/**
 * @category definitions
 * @since 0.1.0
 */
export interface DefinitionOptions<A, Variant extends string> {
  readonly default: A
  readonly variants?: ReadonlyArray<Variant> | undefined
}

/**
 * A flag whose values a schema decodes. The schema must decode synchronously and without services.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Rulestead } from "rulestead"
 * import * as Flag from "rulestead/Flag"
 *
 * const Banner = Flag.make("banner", {
 *   schema: Schema.Struct({ text: Schema.String, tone: Schema.Literals(["calm", "loud"]) }),
 *   default: { text: "", tone: "calm" }
 * })
 *
 * const program = Effect.gen(function*() {
 *   const { text, tone } = yield* Rulestead.value(Banner, { targetingKey: "user-123" })
 *   return tone === "loud" ? text.toUpperCase() : text
 * })
 * ```
 *
 * @category definitions
 * @since 0.1.0
 */
export const make = <
  const Key extends string,
  S extends Schema.ConstraintDecoder<unknown>,
  const Variant extends string = string
>(
  key: Key,
  { default: otherwise, schema, variants }: DefinitionOptions<NoInfer<S["Type"]>, Variant> & { readonly schema: S }
): Definition<S["Type"], Key, Variant> =>
  Definitions.make({ key, default: otherwise, variants, decode: Schema.decodeUnknownSync(schema) })

/** Anything; but spelled out, it keeps literals from being widened. */
type Narrow = string | number | bigint | boolean | symbol | object | null | undefined

/**
 * As {@link make}, for those who have another library for schemas: `decode` throws what does not fit.
 *
 * @category definitions
 * @since 0.1.0
 */
export const decoded = <const Key extends string, A extends Narrow, const Variant extends string = string>(
  key: Key,
  { decode, default: otherwise, variants }: DefinitionOptions<NoInfer<A>, Variant> & {
    readonly decode: (value: Value) => A
  }
): Definition<A, Key, Variant> => Definitions.make({ key, default: otherwise, variants, decode })

/**
 * A flag that is on or off; off by default.
 *
 * @category definitions
 * @since 0.1.0
 */
export const boolean = <const Key extends string, const Variant extends string = string>(
  key: Key,
  { default: otherwise = false, variants }: Partial<DefinitionOptions<boolean, Variant>> = {}
): Definition<boolean, Key, Variant> => make(key, { schema: Schema.Boolean, default: otherwise, variants })

/**
 * A flag that serves text. For a few texts and no other, {@link make} with `Schema.Literals`.
 *
 * @category definitions
 * @since 0.1.0
 */
export const string = <const Key extends string, const Variant extends string = string>(
  key: Key,
  options: DefinitionOptions<string, Variant>
): Definition<string, Key, Variant> => make(key, { ...options, schema: Schema.String })

/**
 * A flag that serves a finite number.
 *
 * @category definitions
 * @since 0.1.0
 */
export const number = <const Key extends string, const Variant extends string = string>(
  key: Key,
  options: DefinitionOptions<number, Variant>
): Definition<number, Key, Variant> => make(key, { ...options, schema: Schema.Finite })

/**
 * A flag that serves JSON of any shape. For JSON of a known shape, {@link make}.
 *
 * @category definitions
 * @since 0.1.0
 */
export const json = <const Key extends string, const Variant extends string = string>(
  key: Key,
  options: DefinitionOptions<Value, Variant>
): Definition<Value, Key, Variant> => make(key, { ...options, schema: Value })
