import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import * as Bucket from "rulestead/Bucket"
import { BucketBy } from "rulestead/Rule"
import { trim } from "../src/internal/trim.ts"
import { bucketOfText } from "./support/nodeCrypto.ts"
import { anyString } from "./support/strings.ts"

const namespaces = ["rollout", "variant", "experiment"] as const

const Vectors = Schema.fromJsonString(Schema.Array(Schema.Struct({
  namespace: Schema.Literals(namespaces),
  flag: Schema.String,
  rule: Schema.String,
  ruleset_salt: Schema.NullOr(Schema.String),
  rollout_salt: Schema.NullOr(Schema.String),
  bucket_by: BucketBy,
  identity: Schema.String,
  bucket: Schema.Int
})))

const vectors = Schema.decodeSync(Vectors)(
  readFileSync(new URL("../../../test/fixtures/bucket-vectors.json", import.meta.url), "utf8")
)

const checkout = {
  flag: "checkout-redesign",
  rule: "variant-rollout",
  rulesetSalt: "checkout",
  rolloutSalt: "v1",
  bucketBy: "subject",
  identity: "user-1"
} as const

const short = { namespace: "rollout", rulesetSalt: "s", rolloutSalt: "t", bucketBy: "subject", identity: "u" } as const

const users = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, index) => `user-${index}`)

/** How far counts are from all being equal; for 100 counts it stays under 148.2 in 999 of 1,000 fair draws. */
const chiSquare = (counts: ReadonlyArray<number>): number => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

const tally = (cells: ReadonlyArray<number>): ReadonlyArray<number> => {
  const counts = Array.from({ length: 100 }, () => 0)
  for (const cell of cells) counts[cell] = (counts[cell] ?? 0) + 1
  return counts
}

describe("Bucket", () => {
  it.each<[Parameters<typeof Bucket.bucket>[0], number]>([
    [{ ...checkout, namespace: "rollout" }, 671],
    [{ ...checkout, namespace: "variant" }, 3306],
    [{ ...checkout, namespace: "variant", rulesetSalt: " checkout ", rolloutSalt: " v1 " }, 3306],
    [{
      ...short,
      namespace: "experiment",
      flag: "exp",
      rule: "r",
      rulesetSalt: "it",
      rolloutSalt: "it",
      identity: "user-1"
    }, 6984],
    [{
      ...short,
      namespace: "variant",
      flag: "exp",
      rule: "r",
      rulesetSalt: "it",
      rolloutSalt: "it",
      identity: "user-1"
    }, 1009],
    [{ namespace: "rollout", flag: "f", rule: "r", bucketBy: "tenant", identity: "acme" }, 625],
    [{ ...short, flag: "f", rule: "r", rulesetSalt: "", rolloutSalt: "", bucketBy: "account", identity: "42" }, 1472],
    [{ ...short, flag: "flag", rule: "rule", bucketBy: "session", identity: "ünïcode-☃" }, 5668],
    [{ ...short, flag: "a", rule: "b:c" }, 7077],
    [{ ...short, flag: "a:b", rule: "c" }, 7077],
    [{ ...short, flag: "", rule: "r", rolloutSalt: "x" }, 8107],
    [{ ...short, flag: "f", rule: "r", rolloutSalt: "x" }, 2449]
  ])("%o falls into bucket %i, as in Elixir", (options, expected) => {
    assert.strictEqual(Bucket.bucket(options), expected)
    assert.strictEqual(Bucket.make(options)(options.identity), expected)
  })

  it("splits users into the groups that Elixir puts them in", () => {
    const split = {
      flag: "checkout",
      rule: "split",
      rulesetSalt: "rs1",
      rolloutSalt: "ro1",
      bucketBy: "subject"
    } as const
    const gate = Bucket.make({ ...split, namespace: "rollout" })
    const variant = Bucket.make({ ...split, namespace: "variant" })
    assert.deepStrictEqual(
      users(12).slice(1).map(gate),
      [8191, 7637, 6780, 5986, 6561, 2074, 4248, 6875, 1811, 9032, 8977]
    )
    assert.deepStrictEqual(["user-6", "user-7", "user-9"].map(variant), [9634, 8659, 5686])
  })

  it("draws experiments as Elixir does, the salt of the iteration trimmed", () => {
    const salts = { rulesetSalt: " iter-1 ", rolloutSalt: " iter-1 " }
    const experiment = { ...salts, flag: "exp-flag", rule: "exp-rule", bucketBy: "subject" } as const
    const holdout = Bucket.make({ ...experiment, namespace: "experiment" })
    const variant = Bucket.make({ ...experiment, namespace: "variant" })
    assert.deepStrictEqual(users(8).slice(1).map(holdout), [3385, 9593, 3140, 5968, 4106, 2654, 6744])
    assert.deepStrictEqual(users(8).slice(1).map(variant), [318, 1960, 5231, 6503, 2478, 1599, 8683])
    assert.deepStrictEqual(["user-27", "user-29"].map(holdout), [714, 64])
  })

  it("agrees with all 400 buckets recorded from Elixir", () => {
    assert.strictEqual(vectors.length, 400)
    for (const vector of vectors) {
      const { bucket, bucket_by, rollout_salt, ruleset_salt, ...options } = vector
      const actual = Bucket.bucket({
        ...options,
        bucketBy: bucket_by,
        rulesetSalt: ruleset_salt ?? undefined,
        rolloutSalt: rollout_salt ?? undefined
      })
      assert.strictEqual(actual, bucket, JSON.stringify(vector))
    }
  })

  it("hashes the documented text, whatever the keys, salts and identities are", () => {
    const salt = fc.option(anyString, { nil: undefined })
    const options = fc.record({
      namespace: fc.constantFrom(...namespaces),
      flag: anyString,
      rule: anyString,
      rulesetSalt: salt,
      rolloutSalt: salt,
      bucketBy: fc.constantFrom(...BucketBy.literals),
      identity: anyString
    })
    fc.assert(fc.property(options, (options) => {
      const { bucketBy, flag, identity, namespace, rolloutSalt = "", rule, rulesetSalt = "" } = options
      const salts = `${trim(rulesetSalt)}:${trim(rolloutSalt)}`
      const text = `v1:${namespace}:${flag}:${rule}:${salts}:${bucketBy}:${namespace}:${identity}`
      assert.strictEqual(Bucket.bucket(options), bucketOfText(text))
    }))
  })

  it("trims the salts, and nothing else, of the white space that Elixir trims", () => {
    const options = { ...short, flag: "f", rule: "r" }
    const expected = Bucket.bucket(options)
    assert.strictEqual(Bucket.bucket({ ...options, rulesetSalt: "\u0085s\n", rolloutSalt: "\u3000t\u0085" }), expected)
    for (const field of ["flag", "rule", "identity"] as const) {
      assert.notStrictEqual(Bucket.bucket({ ...options, [field]: ` ${options[field]}` }), expected)
    }
    for (const field of ["rulesetSalt", "rolloutSalt"] as const) {
      assert.notStrictEqual(Bucket.bucket({ ...options, [field]: `\ufeff${options[field]}` }), expected)
    }
  })

  it("hashes the identity untrimmed", () => {
    const bucketOf = Bucket.make({ ...short, flag: "f", rule: "r" })
    assert.notStrictEqual(bucketOf(" u "), bucketOf("u"))
    assert.strictEqual(bucketOf(" u "), bucketOfText("v1:rollout:f:r:s:t:subject:rollout: u "))
    assert.strictEqual(bucketOf(""), bucketOfText("v1:rollout:f:r:s:t:subject:rollout:"))
  })

  it("gives one identity one bucket, however its string came about", () => {
    const bucketOf = Bucket.make({ ...short, flag: "f", rule: "r" })
    const identity = "user-0123456789abcdef"
    const expected = bucketOf(identity)
    const same = [
      ["user-", "0123456789abcdef"].reduce((left, right) => left + right),
      `${identity}/漢`.slice(0, identity.length),
      ...Object.keys({ [identity]: true }),
      new TextDecoder().decode(new TextEncoder().encode(identity))
    ]
    assert.deepStrictEqual(same.map(bucketOf), same.map(() => expected))
  })

  it("answers the same for many bucketers used in turn as for each alone", () => {
    const options = namespaces.flatMap((namespace) =>
      BucketBy.literals.flatMap((bucketBy) =>
        ["f", "flag-".repeat(20)].map((flag) => ({ ...short, namespace, bucketBy, flag, rule: "r" }))
      )
    )
    const identities = [...users(50), "", "é".repeat(70), "\ud800", "😀".repeat(40), "x".repeat(1_000)]
    const alone = options.map((options) => identities.map(Bucket.make(options)))
    const bucketers = options.map(Bucket.make)
    const inTurn = identities.map((identity) => bucketers.map((bucketOf) => bucketOf(identity)))
    for (const [index, buckets] of alone.entries()) {
      assert.deepStrictEqual(inTurn.map((row) => row[index]), buckets)
    }
  })

  it("spreads identities evenly", () => {
    const bucketOf = Bucket.make({ ...checkout, namespace: "rollout" })
    const buckets = users(100_000).map(bucketOf)
    assert.isTrue(buckets.every((bucket) => Number.isInteger(bucket) && bucket >= 0 && bucket < Bucket.size))
    assert.isBelow(chiSquare(tally(buckets.map((bucket) => Math.floor(bucket / 100)))), 148.2)
    assert.isBelow(chiSquare(tally(buckets.map((bucket) => bucket % 100))), 148.2)
  })

  it("draws each namespace, flag, salt and kind of identity independently", () => {
    const options = { ...checkout, namespace: "rollout" } as const
    const first = users(100_000).map(Bucket.make(options))
    for (
      const other of [
        { ...options, namespace: "variant" },
        { ...options, flag: "checkout-redesign-2" },
        { ...options, rulesetSalt: "checkout-2" },
        { ...options, rolloutSalt: "v2" },
        { ...options, bucketBy: "account" }
      ] as const
    ) {
      const second = users(100_000).map(Bucket.make(other))
      const cells = first.map((bucket, index) =>
        10 * Math.floor(bucket / 1_000) + Math.floor((second[index] ?? 0) / 1_000)
      )
      assert.isBelow(chiSquare(tally(cells)), 148.2)
    }
  })
})
