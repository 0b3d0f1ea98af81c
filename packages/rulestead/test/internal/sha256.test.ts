import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { bucket, midstate } from "../../src/internal/sha256.ts"
import { bucketOfText } from "../support/nodeCrypto.ts"
import { anyString } from "../support/strings.ts"

const assertBucket = (prefix: string, text: string): void => {
  const actual = bucket(midstate(prefix), text)
  const expected = bucketOfText(prefix + text)
  if (actual !== expected) {
    assert.fail(`${JSON.stringify([prefix, text.slice(0, 100)])} (${text.length}): ${actual}, not ${expected}`)
  }
}

describe("sha256", () => {
  it("takes the first eight bytes of the digest modulo 10,000", () => {
    const digest = "3ff8190b72eaa74f7eef1f49ee17d1c48770a2f9d4928940d27b3472acedfe18"
    const actual = bucket(midstate("v1:rollout:checkout:split:rs1:ro1:subject:rollout:"), "user-1")
    assert.strictEqual(actual, Number(BigInt(`0x${digest.slice(0, 16)}`) % 10_000n))
    assert.strictEqual(actual, 8191)
  })

  it("agrees with node:crypto at every place where a block can end", () => {
    for (const character of ["a", "é", "漢", "😀", "\ud800"]) {
      for (let before = 0; before <= 64; before++) {
        const prefix = midstate("p".repeat(before))
        for (let count = 0; count <= 70; count++) {
          const text = character.repeat(count)
          assert.strictEqual(bucket(prefix, text), bucketOfText("p".repeat(before) + text), `${before} ${count}`)
        }
      }
    }
  })

  it("agrees with node:crypto for every length up to 300", () => {
    for (const prefix of ["", "v1:", "v1:rollout:checkout:split:rs1:ro1:subject:rollout:", "x".repeat(128)]) {
      for (let length = 0; length <= 300; length++) {
        assertBucket(prefix, "user-42/".repeat(40).slice(0, length))
        assertBucket(prefix, "aé漢😀".repeat(75).slice(0, length))
      }
    }
  })

  it("agrees with node:crypto for prefixes of every length", () => {
    for (let length = 0; length <= 300; length++) {
      assertBucket("p".repeat(length), "user-1")
      assertBucket(`${"é漢😀".repeat(75).slice(0, length)}:`, "user-1")
    }
  })

  it("agrees with node:crypto for any text after any prefix", () => {
    fc.assert(
      fc.property(anyString, anyString, (prefix, text) => assertBucket(`${prefix}:`, text)),
      { numRuns: 2_000 }
    )
  })

  it("agrees with node:crypto where the encoding of characters changes its length", () => {
    for (
      const point of [
        0,
        0x7f,
        0x80,
        0x7ff,
        0x800,
        0xd7ff,
        0xe000,
        0xfffd,
        0xfffe,
        0xffff,
        0x1_0000,
        0x1_0001,
        0x10_ffff
      ]
    ) {
      assertBucket("v1:", `a${String.fromCodePoint(point)}b`)
    }
  })

  it("hashes a lone surrogate as U+FFFD, wherever it stands", () => {
    const prefix = midstate("v1:")
    for (const lone of ["\ud800", "\udbff", "\udc00", "\udfff"]) {
      for (const text of [lone, `${lone}a`, `a${lone}`, `${lone}😀`, `😀${lone}`, `\udc00${lone}`]) {
        assertBucket("v1:", text)
        assert.strictEqual(bucket(prefix, text), bucket(prefix, text.toWellFormed()))
      }
    }
  })

  it("hashes texts of 10 MB", () => {
    for (const text of ["x", "é", "\ud800a", "漢😀"]) assertBucket("v1:", text.repeat(10_000_000 / text.length))
  })

  it("leaves nothing of a long text behind for the next one", () => {
    const prefix = midstate("v1:")
    const expected = bucket(prefix, "user-1")
    for (let count = 0; count <= 200; count++) {
      bucket(prefix, "😀".repeat(count))
      assert.strictEqual(bucket(prefix, "user-1"), expected)
      bucket(midstate("漢".repeat(count)), "é".repeat(count))
      assert.strictEqual(bucket(prefix, "user-1"), expected)
    }
  })
})
