import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Evaluator from "rulestead/Evaluator"
import { Texts } from "../../src/internal/texts.ts"
import { compile, flagOf, forced, users } from "../support/evaluating.ts"
import { anyString } from "../support/strings.ts"

describe("a set of texts", () => {
  it("has what a Set has", () => {
    fc.assert(
      fc.property(fc.array(anyString, { maxLength: 200 }), fc.array(anyString), (texts, others) => {
        const set = new Set(texts)
        const made = new Texts(texts)
        for (const text of [...texts, ...others, ""]) assert.strictEqual(made.has(text), set.has(text))
      }),
      { numRuns: 500 }
    )
  })

  it("tells neighbours apart among 100,000", () => {
    const all = users(200_000)
    const members = new Texts(all.slice(0, 100_000))
    for (const [index, user] of all.entries()) assert.strictEqual(members.has(user), index < 100_000)
  })

  it.each([undefined, null, 1, Number.NaN, true, ["a"], { a: 1 }, Symbol("a"), "a".repeat(10_000_000)])(
    "has no other facts (%#)",
    (fact) => {
      assert.isFalse(new Texts(["a", "1", "undefined", "null", "true", "NaN"]).has(fact))
    }
  )
})

describe("a rule with a list of 20,000", () => {
  const members = users(20_000)
  const compiled = (operator: "in" | "not_in", values: ReadonlyArray<string | number>) =>
    compile(flagOf([forced("listed", "on", { attribute: "targetingKey", operator, values })]))
  const valuesOf = (flag: Evaluator.CompiledFlag) =>
    ["user-0", "user-19999", "user-20000", undefined].map((targetingKey) =>
      Evaluator.evaluate(flag, { targetingKey }).value
    )

  it("applies to those who are in it", () => {
    assert.deepStrictEqual(valuesOf(compiled("in", members)), ["on", "on", "default", "default"])
  })

  it("applies to those who are not in it", () => {
    assert.deepStrictEqual(valuesOf(compiled("not_in", members)), ["default", "default", "on", "on"])
  })

  it("may be a list of numbers", () => {
    const seats = Array.from({ length: 20_000 }, (_, index) => index)
    const flag = compile(flagOf([forced("listed", "on", { attribute: "seats", operator: "in", values: seats })]))
    const values = [0, 19_999, 20_000, "0"].map((seats) => Evaluator.evaluate(flag, { attributes: { seats } }).value)
    assert.deepStrictEqual(values, ["on", "on", "default", "default"])
  })
})
