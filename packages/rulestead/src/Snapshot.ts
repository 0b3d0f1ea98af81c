/**
 * What publishing commits and nodes hold: one environment's flags and the audiences they use, numbered and hashed.
 *
 * A snapshot is a head and a set of entries. Every entry is stored, sent and verified by itself, so that publishing one
 * flag among ten thousand writes and fetches one.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { hash } from "node:crypto"
import { Definition } from "./Audience.ts"
import { AudienceKey, EnvironmentKey, FlagKey } from "./Key.ts"
import { Rule, Salt } from "./Rule.ts"
import { Value, ValueType } from "./Value.ts"

/**
 * The version of this format. A node refuses a head of a version that it does not know.
 *
 * @category models
 * @since 0.1.0
 */
export const schemaVersion = 1

/**
 * UTF-8 bytes that the content of one entry may have.
 *
 * @category limits
 * @since 0.1.0
 */
export const maxContentBytes = 4_000_000

/**
 * What a node needs to decide a flag, and nothing else: no drafts, owners or timestamps.
 *
 * - `rulesetVersion`: the published ruleset that `rules` are from.
 * - `killSwitch`: present while the kill switch is engaged; its `value` is then served to everybody.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FlagEntry = Schema.Struct({
  key: FlagKey,
  valueType: ValueType,
  defaultValue: Value,
  rulesetVersion: Schema.Natural,
  salt: Schema.optionalKey(Salt),
  hashVersion: Schema.Literal(1),
  rules: Schema.Array(Rule),
  killSwitch: Schema.optionalKey(Schema.Struct({ value: Value }))
})

/**
 * @category models
 * @since 0.1.0
 */
export type FlagEntry = typeof FlagEntry.Type

/**
 * What a node needs to know of an audience. An archived one matches nobody.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AudienceEntry = Schema.Struct({
  key: AudienceKey,
  definition: Definition,
  archived: Schema.optionalKey(Schema.Boolean)
})

/**
 * @category models
 * @since 0.1.0
 */
export type AudienceEntry = typeof AudienceEntry.Type

/**
 * What an entry is about.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Kind = Schema.Literals(["flag", "audience"])

/**
 * @category models
 * @since 0.1.0
 */
export type Kind = typeof Kind.Type

/**
 * An entry as it is stored and sent: the JSON text of a {@link FlagEntry} or {@link AudienceEntry} and its hash, or no
 * content where the entry was removed. `version` is the snapshot version that brought it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StoredEntry = Schema.Struct({
  kind: Kind,
  key: Schema.String,
  version: Schema.Natural,
  hash: Schema.String,
  content: Schema.NullOr(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type StoredEntry = typeof StoredEntry.Type

/**
 * Names one snapshot and says what its entries must add up to.
 *
 * - `epoch`: versions are comparable inside one epoch only; a restored database starts another.
 * - `version`: strictly increasing inside an epoch; 0 before the first publish.
 * - `digest`: see {@link adjustDigest}.
 * - `entries`: how many there are.
 * - `publishedAt`: milliseconds since 1970, by the clock of whoever published.
 * - `signature`: of whoever published, over all of the above and all entries, if they are signed; see `SnapshotSigning`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Head = Schema.Struct({
  schemaVersion: Schema.Natural,
  environment: EnvironmentKey,
  epoch: Schema.NonEmptyString,
  version: Schema.Natural,
  digest: Schema.String,
  entries: Schema.Natural,
  publishedAt: Schema.Finite,
  signature: Schema.optionalKey(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Head = typeof Head.Type

/**
 * The hash of an entry: SHA-256 over its kind, key and content, in hex. A removed entry has the empty hash.
 *
 * @category hashing
 * @since 0.1.0
 */
export const hashEntry = (kind: Kind, key: string, content: string): string =>
  hash("sha256", `${kind}\n${key}\n${content}`, "hex")

/**
 * The digest of a snapshot without entries.
 *
 * @category hashing
 * @since 0.1.0
 */
export const emptyDigest = "0".repeat(64)

const modulus = 1n << 256n

/**
 * The digest after entries came and went: the sum of the hashes of all entries modulo 2^256, in hex. It does not depend
 * on the order, and a change costs what changed. It detects damage; it is not a signature, and nothing that a signature
 * could be over, as sums of so few bits can be hit on purpose.
 *
 * @category hashing
 * @since 0.1.0
 */
export const adjustDigest = (
  digest: string,
  change: { readonly removed: Iterable<string>; readonly added: Iterable<string> }
): string => {
  let sum = BigInt(`0x${digest}`)
  for (const entry of change.removed) sum -= BigInt(`0x${entry}`)
  for (const entry of change.added) sum += BigInt(`0x${entry}`)
  return BigInt.asUintN(256, sum + modulus).toString(16).padStart(64, "0")
}
