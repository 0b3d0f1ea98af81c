import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { createHash } from "node:crypto"
import * as Snapshot from "rulestead/Snapshot"

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"))

const digestOf = (added: ReadonlyArray<string>) => Snapshot.adjustDigest(Snapshot.emptyDigest, { removed: [], added })

describe("Snapshot.hashEntry", () => {
  it("is the SHA-256 of kind, key and content", () => {
    const expected = createHash("sha256").update("flag\na-flag\n{\"key\":\"a-flag\"}").digest("hex")
    assert.strictEqual(Snapshot.hashEntry("flag", "a-flag", "{\"key\":\"a-flag\"}"), expected)
  })

  it("tells apart entries that differ in one of them", () => {
    const hashes = [
      Snapshot.hashEntry("flag", "ab", "{}"),
      Snapshot.hashEntry("audience", "ab", "{}"),
      Snapshot.hashEntry("flag", "abc", "{}"),
      Snapshot.hashEntry("flag", "ab", "{ }")
    ]
    assert.strictEqual(new Set(hashes).size, hashes.length)
  })
})

describe("Snapshot.adjustDigest", () => {
  it("of no change is the digest itself", () => {
    fc.assert(fc.property(hash, (digest) => {
      assert.strictEqual(Snapshot.adjustDigest(digest, { removed: [], added: [] }), digest)
    }))
  })

  it("does not depend on the order in which entries came", () => {
    fc.assert(fc.property(fc.array(hash), (hashes) => {
      assert.strictEqual(digestOf(hashes), digestOf(hashes.toReversed()))
    }))
  })

  it("is the same whether entries came at once or one after another, and with others that went", () => {
    fc.assert(fc.property(fc.array(hash), fc.array(hash), (stay, go) => {
      const oneByOne = [...stay, ...go].reduce(
        (digest, entry) => Snapshot.adjustDigest(digest, { removed: [], added: [entry] }),
        Snapshot.emptyDigest
      )
      assert.strictEqual(oneByOne, digestOf([...go, ...stay]))
      assert.strictEqual(Snapshot.adjustDigest(oneByOne, { removed: go, added: [] }), digestOf(stay))
      assert.strictEqual(Snapshot.adjustDigest(digestOf(go), { removed: go, added: stay }), digestOf(stay))
    }))
  })

  it("is 64 hexadecimal digits, also where sums overflow or fall below nothing", () => {
    const one = "1".padStart(64, "0")
    const most = "f".repeat(64)
    assert.strictEqual(digestOf([most, one]), Snapshot.emptyDigest)
    assert.strictEqual(Snapshot.adjustDigest(Snapshot.emptyDigest, { removed: [one], added: [] }), most)
    fc.assert(fc.property(hash, fc.array(hash), fc.array(hash), (digest, removed, added) => {
      assert.match(Snapshot.adjustDigest(digest, { removed, added }), /^[0-9a-f]{64}$/)
    }))
  })

  it("changes when one entry changes", () => {
    fc.assert(fc.property(fc.array(hash), hash, hash, (others, before, after) => {
      fc.pre(before !== after)
      assert.notStrictEqual(digestOf([...others, before]), digestOf([...others, after]))
    }))
  })
})
