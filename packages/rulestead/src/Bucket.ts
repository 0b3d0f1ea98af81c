/**
 * Buckets: the numbers 0 to 9,999 that identities fall into, evenly and always the same way. A rollout of 12.5 % lets
 * buckets 0 to 1,249 in, so raising a percentage moves nobody out.
 *
 * The number is that of Elixir Rulestead, bit for bit, so an Elixir node and a Node.js node give one user one answer.
 * Version 1 of the hash, the only one so far, is
 *
 *     text   = "v1:" + namespace + ":" + flag + ":" + rule + ":" + trim(rulesetSalt) + ":" + trim(rolloutSalt) + ":"
 *            + bucketBy + ":" + namespace + ":" + identity
 *     bucket = the first 8 bytes of SHA-256(text in UTF-8), an unsigned big-endian number, modulo 10,000
 *
 * A salt left out is the empty text, `trim` takes away the white space of Elixir's `String.trim`, and a lone surrogate
 * counts as U+FFFD. Nothing is escaped: flag `a` with rule `b:c` and flag `a:b` with rule `c` share their buckets.
 *
 * | namespace  | flag              | rule            | ruleset salt | rollout salt | bucket by | identity  | bucket |
 * | ---------- | ----------------- | --------------- | ------------ | ------------ | --------- | --------- | -----: |
 * | rollout    | checkout          | split           | rs1          | ro1          | subject   | user-1    |   8191 |
 * | rollout    | checkout-redesign | variant-rollout | checkout     | v1           | subject   | user-1    |    671 |
 * | variant    | checkout-redesign | variant-rollout | checkout     | v1           | subject   | user-1    |   3306 |
 * | experiment | exp               | r               | it           | it           | subject   | user-1    |   6984 |
 * | rollout    | f                 | r               |              |              | tenant    | acme      |    625 |
 * | rollout    | flag              | rule            | s            | t            | session   | ünïcode-☃ |   5668 |
 *
 * @since 0.1.0
 */
import * as Sha256 from "./internal/sha256.ts"
import { trim } from "./internal/trim.ts"
import type { BucketBy } from "./Rule.ts"

/**
 * How many buckets there are.
 *
 * @category constants
 * @since 0.1.0
 */
export const size = 10_000

/**
 * What a bucket decides; each purpose has buckets of its own. `rollout`: whether a rollout lets the identity in.
 * `experiment`: whether it is in the holdout. `variant`: which variant it gets.
 *
 * @category models
 * @since 0.1.0
 */
export type Namespace = "rollout" | "variant" | "experiment"

/**
 * Whatever besides the identity goes into the hash; changing any of it reshuffles everybody. Experiments give their
 * salt as both salts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly namespace: Namespace
  readonly flag: string
  readonly rule: string
  readonly rulesetSalt?: string | undefined
  readonly rolloutSalt?: string | undefined
  readonly bucketBy: BucketBy
}

/**
 * The bucket of an identity, which is hashed as it is, untrimmed. Never throws, and allocates nothing.
 *
 * @category models
 * @since 0.1.0
 */
export type Bucketer = (identity: string) => number

/**
 * Hashes ahead what is the same for every identity.
 *
 * @example
 * ```ts
 * import * as Bucket from "rulestead/Bucket"
 *
 * const bucketOf = Bucket.make({ namespace: "rollout", flag: "checkout", rule: "split", bucketBy: "subject" })
 *
 * bucketOf("user-1") < 1_250 // is user-1 among the first 12.5 %?
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = ({ bucketBy, flag, namespace, rolloutSalt = "", rule, rulesetSalt = "" }: Options): Bucketer => {
  const salt = `${trim(rulesetSalt)}:${trim(rolloutSalt)}:${bucketBy}:${namespace}`
  const prefix = Sha256.midstate(`v1:${namespace}:${flag}:${rule}:${salt}:`)
  return (identity) => Sha256.bucket(prefix, identity)
}

/**
 * The bucket of one identity. For many identities of the same rule, {@link make} is faster.
 *
 * @category hashing
 * @since 0.1.0
 */
export const bucket = (options: Options & { readonly identity: string }): number => make(options)(options.identity)
