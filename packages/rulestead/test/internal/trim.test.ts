import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { trim } from "../../src/internal/trim.ts"
import { anyString } from "../support/strings.ts"

const whiteSpace = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
  "\u2028\u2029\u202f\u205f\u3000"

describe("trim", () => {
  it("takes away the 25 white space characters of Elixir and no other", () => {
    assert.strictEqual(whiteSpace.length, 25)
    const trimmed = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit))
      .filter((character) => trim(character) === "")
    assert.deepStrictEqual(trimmed, whiteSpace.split(""))
  })

  it("differs from JavaScript's trim in U+0085 and U+FEFF", () => {
    assert.strictEqual(trim("\u0085salt\u0085"), "salt")
    assert.strictEqual(trim("\ufeffsalt\ufeff"), "\ufeffsalt\ufeff")
  })

  it("keeps the white space inside and everything of a text without any around it", () => {
    assert.strictEqual(trim(" \t a \u2003 b\n\u3000"), "a \u2003 b")
    assert.strictEqual(trim("a b"), "a b")
    assert.strictEqual(trim(""), "")
  })

  it("turns a blank text into the empty one", () => {
    assert.strictEqual(trim(whiteSpace), "")
  })

  it("finds the text between any two runs of white space", () => {
    const blank = fc.string({ unit: fc.constantFrom(...whiteSpace.split("")) })
    const text = anyString.filter((text) => trim(text) === text)
    fc.assert(fc.property(blank, text, blank, (before, text, after) => trim(before + text + after) === text))
  })
})
