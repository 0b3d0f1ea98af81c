/**
 * One environment's content as a document: its audiences, its flags, their rules and kill switches. It can live in a
 * repository, be reviewed, and be applied.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as JsonSchema from "effect/JsonSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Tuple from "effect/Tuple"
import * as Audience from "./Audience.ts"
import type { Change } from "./Change.ts"
import * as Finding from "./Finding.ts"
import * as Flag from "./Flag.ts"
import { fieldOf, listAt, repeatedKeys } from "./internal/document.ts"
import * as Applying from "./internal/manifest/applying.ts"
import * as Content from "./internal/manifest/content.ts"
import * as Diff from "./internal/manifest/diff.ts"
import { lint } from "./internal/manifest/lint.ts"
import { sorted } from "./internal/manifest/order.ts"
import * as Planning from "./internal/manifest/planning.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { Owner } from "./Owner.ts"
import type { Plan, Request } from "./Plan.ts"
import type { Publisher } from "./Publisher.ts"
import * as Ruleset from "./Ruleset.ts"
import type { Head } from "./Snapshot.ts"
import type { Stale } from "./Stale.ts"
import type { ReadError, Store, WriteError, WriteOptions } from "./Store.ts"
import * as Value from "./Value.ts"

const inferredFlagContent = Flag.Flag.mapMembers(Tuple.map(Schema.fieldsAssign({
  owner: Schema.optionalKey(Schema.NullOr(Owner)),
  ruleset: Schema.optionalKey(Ruleset.Ruleset),
  killSwitch: Schema.optionalKey(Schema.Struct({ value: Value.Value })),
  draft: Schema.optionalKey(Ruleset.Ruleset)
}))).annotate({ identifier: "Flag" })

type InferredFlagContent = typeof inferredFlagContent

/**
 * The type of {@link FlagContent}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface FlagContentSchema extends InferredFlagContent {}

/**
 * A flag, and what it does in the environment.
 *
 * - `ruleset`: the rules that are live; one without rules serves the default. Left out, the manifest says nothing about
 *   the flag's rules: what is live stays live, and a flag that was never published in the environment is not served.
 * - `killSwitch`: present while the kill switch is engaged; its `value` is served to everybody.
 * - `draft`: rules that are written down and not live. Left out, the manifest says nothing about the flag's draft.
 *
 * An `owner` that is left out stays who it is, and `null` is nobody. A `lifecycle` that is left out or `null` stays what
 * it is, because every flag has one. Other details that are left out have their defaults.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FlagContent: FlagContentSchema = inferredFlagContent

/**
 * @category models
 * @since 0.1.0
 */
export type FlagContent = typeof FlagContent.Type

const inferredManifest = Schema.Struct({
  $schema: Schema.optionalKey(Schema.String),
  schemaVersion: Schema.Literal(1),
  audiences: Schema.Array(Audience.Audience).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
  flags: Schema.Array(FlagContent)
})

type InferredManifest = typeof inferredManifest

/**
 * The type of {@link Manifest}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface ManifestSchema extends InferredManifest {}

/**
 * - `audiences`: all that the rules refer to, and any others.
 * - `$schema`: for editors; means nothing.
 *
 * The environment is not named: a manifest can be applied to any.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Manifest: ManifestSchema = inferredManifest

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
  const valueType = fieldOf(flag, "valueType")
  return [
    ...rulesets.flatMap((name) => checkAudiences(fieldOf(flag, name), [...path, name], audiences)),
    ...(isValueType(valueType) ? checkValues(flag, path, valueType) : [])
  ]
}

const rulesets = ["ruleset", "draft"] as const

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
    ...rulesets.flatMap((name) =>
      Ruleset.check(valueType)(fieldOf(flag, name)).map((violation) => ({
        ...violation,
        path: [...path, name, ...violation.path]
      }))
    ),
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
export const decode: InvalidInput.Decode<Manifest> = InvalidInput.decode("manifest", Manifest, check)

const decodeResult = InvalidInput.decodeResult("manifest", Manifest, check)

/**
 * Decodes the JSON text of a manifest.
 *
 * @category decoding
 * @since 0.1.0
 */
export const parse = (json: string): Effect.Effect<Manifest, InvalidInput.InvalidInput> =>
  Effect.flatMap(readJson(json), decode)

const readJson = InvalidInput.readJson("manifest")

/**
 * The JSON text of a manifest, as it goes into a file: the same for the same content, audiences and flags by key, the
 * fields of objects in one order, so that a small change is a small difference.
 *
 * @category printing
 * @since 0.1.0
 */
export const print = (manifest: Manifest): string => `${JSON.stringify(sorted(manifest), null, 2)}\n`

/**
 * The JSON Schema (draft 2020-12) of manifests, for editors and other tools: all that {@link decode} accepts, and some
 * things that it refuses, because JSON Schema cannot say them. It is in the package as `manifest.schema.json`, too.
 *
 * @category printing
 * @since 0.1.0
 */
export const jsonSchema = (): JsonSchema.JsonSchema => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Manifest, {
    onExcessProperty: "error",
    generateDescriptions: true
  })
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_2020_12,
    title: "Rulestead manifest",
    ...schema,
    $defs: definitions
  }
}

/**
 * Everything there is to say about a document that should be a manifest: as errors what {@link decode} refuses, as
 * warnings what is probably not meant.
 *
 * @category decoding
 * @since 0.1.0
 */
export const validate = (input: unknown): ReadonlyArray<Finding.Finding> =>
  Result.match(decodeResult(input), { onFailure: Finding.fromRefusal, onSuccess: lint })

/**
 * What has to be done to `before` to have `after`, by key: nothing where both mean the same. Version numbers, times, the
 * order of fields, of tags and of documents mean nothing; the order of rules does, and so do salts, which say who is in.
 * An owner and a lifecycle that `after` leaves out are those of `before`.
 *
 * @category comparing
 * @since 0.1.0
 */
export const diff: (before: Manifest, after: Manifest) => ReadonlyArray<Change> = Diff.diff

/**
 * - `flags`: the keys of those to export, and of the audiences only those that they use; left out, everything.
 * - `drafts`: whether drafts belong to it; default `false`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExportOptions {
  readonly flags?: ReadonlyArray<string> | undefined
  readonly drafts?: boolean | undefined
}

/**
 * Exports an environment: every flag with its details, rules with their salts, kill switches, and all audiences. Applied
 * to an empty store, it decides everything as it was, and its export is equal.
 *
 * Flags that are not live in the environment are there without rules. What is archived is not there, and neither are
 * earlier versions, the audit, and the name and protection of the environment, which are not what it does.
 *
 * Fails with `NotFound` when there is no such environment, or no such flag.
 *
 * @category exporting
 * @since 0.1.0
 */
export const ofEnvironment: (
  environment: string,
  options?: ExportOptions
) => Effect.Effect<Manifest, ReadError, Store> = Effect.fn("Manifest.ofEnvironment")(
  function*(environment, { drafts = false, flags } = {}) {
    const content = yield* flags === undefined ? Content.whole(environment) : Content.some(environment, flags)
    const manifest = Content.toManifest(content)
    return drafts ? manifest : Content.withoutDrafts(manifest)
  }
)

/**
 * A manifest as if its drafts were published, all of them or those of the named flags.
 *
 * @category combining
 * @since 0.1.0
 */
export const publishDrafts = ({ flags, ...rest }: Manifest, names?: ReadonlyArray<string>): Manifest => ({
  ...rest,
  flags: flags.map((flag) => {
    const { draft, ...others } = flag
    return draft === undefined || names?.includes(flag.key) === false ? flag : { ...others, ruleset: draft }
  })
})

/**
 * What {@link apply} did, in keys. A flag may have been created and published; one in `unchanged` is in no other list.
 *
 * - `head`: the environment's snapshot with this run, which is one version; `null` when it changed nothing that is live
 *   there, and inside a transaction, which makes the version when it ends (`Publisher.together`).
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
    readonly drafted: ReadonlyArray<string>
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
 * Makes an environment serve what a manifest says, in one transaction, and writes only what differs: missing flags and
 * audiences are created, their details changed, rulesets published, kill switches engaged and released, drafts saved.
 * What the manifest does not name stays as it is; nothing is ever removed. Applying the same manifest again writes
 * nothing. To look before, make a plan of it (`Plan`); this makes one and applies it.
 *
 * A ruleset is the same if its content is, salts that the manifest leaves out taken from what is live: applying moves
 * nobody to another bucket. A flag without a ruleset that the environment does not serve is named in a warning in the log.
 *
 * Fails with `InvalidInput`, before anything is written, also when a flag exists with another type or default (they
 * never change), is archived, or has a draft that publishing would overwrite.
 *
 * Any number of processes may apply at once, as nodes do that bring their manifest along when they start: where somebody
 * else wrote meanwhile, it plans again. It fails with `Stale` only when that happened ten times in a row.
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
) => Effect.Effect<Report, WriteError | ReadError | Stale, Store | Publisher> = Effect.fn("Manifest.apply")(
  function*(input, { environment, ...options }) {
    const request = { environment, manifest: yield* decode(input) }
    return yield* Effect.retry(once(request, options), { times: 9, while: ({ _tag }) => _tag === "Stale" })
  }
)

/** Plans, and applies what was planned. */
const once = Effect.fnUntraced(function*(request: Request, options: WriteOptions) {
  const plan = yield* Planning.plan(request)
  const refused = Finding.toRefusal("manifest", plan.findings)
  if (refused !== undefined) return yield* refused
  const report = yield* Applying.apply(plan, options)
  yield* warnOf(plan)
  return report
})

/** What people wonder about most: a flag that is there, and is never on. */
const warnOf = ({ environment, findings }: Plan): Effect.Effect<void> => {
  const unserved = findings.filter(({ code }) => code === "not_served")
  const [first] = unserved
  return first === undefined ? Effect.void : Effect.logWarning(
    `In ${environment.key}, ${unserved.map(({ path }) => path).join(", ")}: ${first.message}; ${first.fix}`
  )
}
