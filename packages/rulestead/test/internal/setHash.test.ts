import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { empty, fromText, Sum, toText } from "../../src/internal/setHash.ts"

const hashOf = (elements: Iterable<string>): string => {
  const sum = new Sum(empty)
  for (const element of elements) sum.add(element)
  return toText(sum.hash)
}

describe("the hash of a set", () => {
  it("is the same whatever came and went on the way to it, and in whatever order", () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string()), fc.uniqueArray(fc.string()), (stay, go) => {
      const rest = go.filter((element) => !stay.includes(element))
      const sum = new Sum(empty)
      for (const element of [...rest, ...stay].reverse()) sum.add(element)
      for (const element of rest) sum.remove(element)
      assert.strictEqual(toText(sum.hash), hashOf(stay))
    }))
  })

  it("is another one for another set", () => {
    fc.assert(fc.property(fc.uniqueArray(fc.string()), fc.uniqueArray(fc.string()), (one, other) => {
      const isSame = one.length === other.length && one.every((element) => other.includes(element))
      assert.strictEqual(hashOf(one) === hashOf(other), isSame)
    }))
  })

  it("does not change while others go on from it", () => {
    const sum = new Sum(empty)
    sum.add("one")
    const one = sum.hash
    sum.add("two")
    assert.strictEqual(toText(one), hashOf(["one"]))
    assert.strictEqual(toText(empty), hashOf([]))
  })

  it("can be kept as a text, and no other text is one", () => {
    const text = hashOf(["one", "two"])
    const kept = fromText(text)
    assert.strictEqual(kept === undefined ? undefined : toText(kept), text)
    for (const other of ["", "nonsense", text.slice(4), `AAAA${text}`]) assert.isUndefined(fromText(other))
  })

  it("stays what it is from release to release, as databases keep it", () => {
    const lanes = new Sum(empty)
    lanes.add("a")
    // The first bytes of SHAKE256("a"), as other implementations have it.
    assert.deepStrictEqual(Array.from(lanes.hash.slice(0, 4)), [0x7e86, 0xb02c, 0x5a4f, 0xdc04])
  })
})
