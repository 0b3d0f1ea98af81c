/**
 * The options of a client: checked, and dealt out to those whom they concern.
 */
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { decode, type Violation } from "rulestead/InvalidInput"
import * as NodeVersion from "rulestead/NodeVersion"
import type { BackupOptions, CreateOptions, SigningOptions } from "../createRulestead.ts"
import type { Source } from "../Source.ts"
import { redactedKey } from "./redacted.ts"

/** Which options are whose. What is nobody's goes to the cache, which refuses it. */
export const split = Effect.fnUntraced(function*(given: CreateOptions) {
  const unsupported = NodeVersion.refuse()
  if (unsupported !== undefined) return yield* unsupported
  yield* check(ownOf(given))
  const {
    backup,
    bootstrapFile,
    directory: _directory,
    embedded: _embedded,
    logLevel,
    manifest: _manifest,
    migrate: _migrate,
    observer,
    postgres: _postgres,
    sign,
    url: _url,
    usage,
    verify,
    ...cache
  } = given
  return {
    backup: backup && backupOf(backup),
    bootstrapFile,
    cache: { ...cache, verify: verify?.map(redactedKey) },
    logLevel,
    observer,
    sign: sign && signingOf(sign),
    source: sourceOf(given),
    usage
  }
})

const backupOf = ({ key, ...options }: BackupOptions) => ({ ...options, key: key && redactedKey(key) })

const signingOf = ({ key, previous, ...others }: SigningOptions) => ({
  ...others,
  key: redactedKey(key),
  previous: previous?.map(redactedKey)
})

const sourceOf = (given: Source): Source => {
  if (given.url !== undefined) return { url: given.url, migrate: given.migrate, postgres: given.postgres }
  if (given.directory !== undefined) return { directory: given.directory, embedded: given.embedded }
  return { manifest: given.manifest }
}

const ObjectOfOptions = Schema.declare(Predicate.isObject, { expected: "an object" })

const BooleanOrOptions = Schema.declare(
  (input: unknown): input is boolean | object => typeof input === "boolean" || Predicate.isObject(input),
  { expected: "true, false, or an object" }
)

const Keys = Schema.optional(Schema.Array(Schema.Unknown))

const fields = {
  url: Schema.optional(Schema.Unknown),
  migrate: Schema.optional(Schema.Boolean),
  postgres: Schema.optional(ObjectOfOptions),
  directory: Schema.optional(Schema.String),
  embedded: Schema.optional(ObjectOfOptions),
  manifest: Schema.optional(Schema.Unknown),
  backup: Schema.optional(ObjectOfOptions),
  bootstrap: Schema.optional(Schema.Unknown),
  bootstrapFile: Schema.optional(Schema.String),
  sign: Schema.optional(Schema.Struct({ key: Schema.Unknown, previous: Keys })),
  verify: Keys,
  logLevel: Schema.optional(Schema.Literals(LogLevel.values)),
  observer: Schema.optional(ObjectOfOptions),
  usage: Schema.optional(BooleanOrOptions)
}

const ownOf = (given: unknown): unknown =>
  Predicate.isObject(given)
    ? Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(fields, name)))
    : given

const sources = ["url", "directory", "manifest"] as const

/** An option that is `undefined` counts as left out. */
const contradictions = function*(options: unknown): Iterable<Violation> {
  if (!Predicate.isObject(options)) return
  const isGiven = (name: string): boolean => options[name] !== undefined
  const given = sources.filter(isGiven)
  const unset = given.length === 0 ? sources.filter((name) => Object.hasOwn(options, name)) : []
  for (const name of unset) {
    yield {
      path: [name],
      rule: "source",
      allowed: "a value; it is undefined, as a variable of the environment that is not set"
    }
  }
  if (given.length !== 1 && unset.length === 0) {
    yield { path: [], rule: "source", allowed: "exactly one of url, directory and manifest" }
  }
  for (const [name, source] of [["migrate", "url"], ["postgres", "url"], ["embedded", "directory"]] as const) {
    if (isGiven(name) && given.length === 1 && !isGiven(source)) {
      yield { path: [name], rule: "source", allowed: `this together with ${source} only` }
    }
  }
  if (isGiven("bootstrap") && isGiven("bootstrapFile")) {
    yield { path: ["bootstrapFile"], rule: "bootstrap", allowed: "a bootstrap as a value or as a file, not both" }
  }
}

const check = decode("options", Schema.Struct(fields), (options) => [...contradictions(options)])
