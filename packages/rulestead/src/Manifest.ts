/**
 * One environment's content as a document: its audiences, its flags, their rules and kill switches. It can live in a
 * repository, be reviewed, and be applied.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Tuple from "effect/Tuple"
import * as Audience from "./Audience.ts"
import * as Flag from "./Flag.ts"
import * as Apply from "./internal/applyManifest.ts"
import { fieldOf, listAt, repeatedKeys } from "./internal/document.ts"
import * as InvalidInput from "./InvalidInput.ts"
import type { Publisher } from "./Publisher.ts"
import * as Ruleset from "./Ruleset.ts"
import type { Head } from "./Snapshot.ts"
import type { Store, WriteOptions } from "./Store.ts"
import type { AlreadyExists, Conflict, FlagArchived, NotFound, StoreUnavailable } from "./StoreError.ts"
import * as Value from "./Value.ts"

/**
 * A flag, and what it does in the environment.
 *
 * - `ruleset`: the rules that are live. Left out, the manifest says nothing about the flag's rules.
 * - `killSwitch`: present while the kill switch is engaged; its `value` is served to everybody.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FlagContent = Flag.Flag.mapMembers(Tuple.map(Schema.fieldsAssign({
  ruleset: Schema.optionalKey(Ruleset.Ruleset),
  killSwitch: Schema.optionalKey(Schema.Struct({ value: Value.Value }))
})))

/**
 * @category models
 * @since 0.1.0
 */
export type FlagContent = typeof FlagContent.Type

/**
 * - `audiences`: all that the rules refer to, and any others.
 *
 * The environment is not named: a manifest can be applied to any.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Manifest = Schema.Struct({
  schemaVersion: Schema.Literal(1),
  audiences: Schema.Array(Audience.Audience).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  flags: Schema.Array(FlagContent)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Manifest = typeof Manifest.Type

/**
 * A manifest as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = typeof Manifest.Encoded

const check: InvalidInput.CrossCheck = (input) => {
  const audiences = listAt(input, "audiences")
  const flags = listAt(input, "flags")
  const known = new Set(audiences.map((audience) => fieldOf(audience, "key")))
  return [
    ...repeatedKeys(audiences, ["audiences"], "audience"),
    ...repeatedKeys(flags, ["flags"], "flag"),
    ...flags.flatMap((flag, index) => checkFlag(flag, ["flags", index], known))
  ]
}

const checkFlag = (
  flag: unknown,
  path: ReadonlyArray<PropertyKey>,
  audiences: ReadonlySet<unknown>
): ReadonlyArray<InvalidInput.Violation> => {
  const ruleset = fieldOf(flag, "ruleset")
  const valueType = fieldOf(flag, "valueType")
  return [
    ...checkAudiences(ruleset, [...path, "ruleset"], audiences),
    ...(isValueType(valueType) ? checkValues(flag, path, valueType) : [])
  ]
}

const checkAudiences = (
  ruleset: unknown,
  path: ReadonlyArray<PropertyKey>,
  audiences: ReadonlySet<unknown>
): ReadonlyArray<InvalidInput.Violation> =>
  listAt(ruleset, "rules").flatMap((rule, index) => {
    const audience = fieldOf(rule, "audience")
    return audience === undefined || audiences.has(audience)
      ? []
      : [{
        path: [...path, "rules", index, "audience"],
        rule: "known_audience",
        allowed: "an audience of this manifest"
      }]
  })

const checkValues = (
  flag: unknown,
  path: ReadonlyArray<PropertyKey>,
  valueType: Value.ValueType
): ReadonlyArray<InvalidInput.Violation> => {
  const killed = fieldOf(fieldOf(flag, "killSwitch"), "value")
  return [
    ...Ruleset.check(valueType)(fieldOf(flag, "ruleset")).map((violation) => ({
      ...violation,
      path: [...path, "ruleset", ...violation.path]
    })),
    ...(killed === undefined || Value.fits(valueType, killed) ? [] : [{
      path: [...path, "killSwitch", "value"],
      rule: "value_type",
      allowed: `${Value.describe(valueType)}, the declared type of the flag`
    }])
  ]
}

const isValueType = Schema.is(Value.ValueType)

/**
 * Decodes a manifest. Besides the shape, flag keys and audience keys must be unique, the audiences that rules refer to
 * must be in the manifest, and everything that a flag serves must be of its type. All problems are reported at once, as
 * `flags[3].ruleset.rules[0].value`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = InvalidInput.decode("manifest", Manifest, check)

/**
 * Decodes the JSON text of a manifest.
 *
 * @category decoding
 * @since 0.1.0
 */
export const parse = (json: string): Effect.Effect<Manifest, InvalidInput.InvalidInput> =>
  Effect.flatMap(Effect.mapError(readJson(json), () => notJson), decode)

const readJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Unknown))

const notJson = new InvalidInput.InvalidInput({
  subject: "manifest",
  problems: [{ path: "", rule: "json", allowed: "JSON text", found: "text that is not JSON" }]
})

/**
 * What {@link apply} did, in keys. A flag may have been created and published; one in `unchanged` is in no other list.
 *
 * - `head`: the environment's snapshot after the last publish or kill switch of this run; `null` when there was none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly environment: { readonly key: string; readonly created: boolean }
  readonly audiences: {
    readonly created: ReadonlyArray<string>
    readonly changed: ReadonlyArray<string>
    readonly unchanged: ReadonlyArray<string>
  }
  readonly flags: {
    readonly created: ReadonlyArray<string>
    readonly changed: ReadonlyArray<string>
    readonly published: ReadonlyArray<string>
    readonly killed: ReadonlyArray<string>
    readonly released: ReadonlyArray<string>
    readonly unchanged: ReadonlyArray<string>
  }
  readonly head: Head | null
}

/**
 * - `environment`: the key of the environment to change; it is created, under its key as name, when there is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface ApplyOptions extends WriteOptions {
  readonly environment: string
}

/**
 * Makes an environment serve what a manifest says, and writes only what differs: missing flags and audiences are
 * created, their details changed, rulesets published, kill switches engaged and released. What the manifest does not
 * name stays as it is; nothing is ever removed. Applying the same manifest again writes nothing.
 *
 * A ruleset is the same if its content is, salts that the manifest leaves out taken from what is live: applying moves
 * nobody to another bucket.
 *
 * Fails with `InvalidInput`, before anything is written, also when a flag exists with another type or default (they
 * never change), is archived, or has a draft that publishing would overwrite. Every write is a command of its own,
 * based on the revision that was read first: when somebody else writes meanwhile, this fails with `Conflict` or
 * `AlreadyExists`, and applying again goes on from there.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Manifest from "rulestead/Manifest"
 *
 * const program = Effect.gen(function*() {
 *   const report = yield* Manifest.apply({
 *     schemaVersion: 1,
 *     flags: [{
 *       key: "new-checkout",
 *       valueType: "boolean",
 *       defaultValue: false,
 *       ruleset: { rules: [{ key: "launch", strategy: "percentage_rollout", rollout: { percentage: 10 }, value: true }] }
 *     }]
 *   }, { environment: "prod", reason: "launch" })
 *   yield* Effect.log(report.flags.published) // ["new-checkout"], and [] the second time
 * })
 * ```
 *
 * @category applying
 * @since 0.1.0
 */
export const apply: (
  manifest: Input,
  options: ApplyOptions
) => Effect.Effect<
  Report,
  InvalidInput.InvalidInput | NotFound | AlreadyExists | Conflict | FlagArchived | StoreUnavailable,
  Store | Publisher
> = Effect.fn("Manifest.apply")(function*(input, options) {
  const manifest = yield* decode(input)
  const observed = yield* Apply.observe(manifest, options.environment)
  const refused = InvalidInput.refuse("manifest", input, Apply.faults(observed, options.environment))
  if (refused !== undefined) return yield* refused
  return yield* Apply.write(observed, options)
})
