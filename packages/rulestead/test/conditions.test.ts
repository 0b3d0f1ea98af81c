import { assert, describe, it } from "@effect/vitest"
import type { Condition } from "rulestead/Condition"
import type { Value } from "rulestead/Value"
import { holds } from "./support/evaluating.ts"

/** A fact of every kind, under the name that it is listed by. */
const facts = {
  "nothing": undefined,
  "null": null,
  "\"pro\"": "pro",
  "\"Pro\"": "Pro",
  "\" pro \"": " pro ",
  "\"\"": "",
  "\"1\"": "1",
  "0": 0,
  "1": 1,
  "2.5": 2.5,
  "NaN": Number.NaN,
  Infinity,
  "1n": 1n,
  "true": true,
  "false": false,
  "[1]": [1],
  "{}": {},
  "{a:1,b:null}": { b: null, a: 1 },
  "date": new Date(0),
  "map": new Map(),
  "symbol": Symbol("pro"),
  "function": () => "pro"
} as const

type Test = Condition extends infer One ? One extends Condition ? Omit<One, "attribute"> : never : never

const passing = (test: Test): ReadonlyArray<string> =>
  Object.entries(facts).filter(([, fact]) => holds({ attribute: "fact", ...test }, { attributes: { fact } }))
    .map(([name]) => name)

const others = (...passing: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.keys(facts).filter((name) => !passing.includes(name))

describe("an operator", () => {
  it.each<[Test, ReadonlyArray<string>]>([
    [{ operator: "equals", value: "pro" }, ["\"pro\""]],
    [{ operator: "equals", value: "" }, ["\"\""]],
    [{ operator: "equals", value: 1 }, ["1"]],
    [{ operator: "equals", value: "1" }, ["\"1\""]],
    [{ operator: "equals", value: 0 }, ["0"]],
    [{ operator: "equals", value: -0 }, ["0"]],
    [{ operator: "equals", value: true }, ["true"]],
    [{ operator: "equals", value: false }, ["false"]],
    [{ operator: "equals", value: [1] }, ["[1]"]],
    [{ operator: "equals", value: {} }, ["{}"]],
    [{ operator: "equals", value: { a: 1, b: null } }, ["{a:1,b:null}"]],
    [{ operator: "equals", value: { a: 1 } }, []],
    [{ operator: "not_equals", value: "pro" }, others("\"pro\"")],
    [{ operator: "not_equals", value: { b: null, a: 1 } }, others("{a:1,b:null}")],
    [{ operator: "in", values: ["pro", "1"] }, ["\"pro\"", "\"1\""]],
    [{ operator: "in", values: [1, 2.5] }, ["1", "2.5"]],
    [{ operator: "in", values: [true] }, ["true"]],
    [{ operator: "not_in", values: ["pro", "1"] }, others("\"pro\"", "\"1\"")],
    [{ operator: "not_in", values: [1] }, others("1")],
    [{ operator: "gt", value: 1 }, ["2.5", "Infinity"]],
    [{ operator: "gte", value: 1 }, ["1", "2.5", "Infinity"]],
    [{ operator: "lt", value: 1 }, ["0"]],
    [{ operator: "lte", value: 1 }, ["0", "1"]],
    [{ operator: "exists" }, others("nothing", "null")]
  ])("%j lets exactly these facts pass: %j", (test, expected) => {
    assert.deepStrictEqual(passing(test), expected)
  })

  it.each<[string, string, ReadonlyArray<string>]>([
    ["pro", "", ["\"pro\"", "\" pro \""]],
    ["pro", "i", ["\"pro\"", "\"Pro\"", "\" pro \""]],
    ["^pro$", "i", ["\"pro\"", "\"Pro\""]],
    ["^$", "", ["\"\""]],
    ["[0-9]", "", ["\"1\""]]
  ])("regex /%s/%s searches texts, and nothing else", (pattern, flags, expected) => {
    assert.deepStrictEqual(passing({ operator: "regex", pattern, flags }), expected)
  })

  it("regex reads lines and characters as its flags say, whole characters at a time", () => {
    const matches = (pattern: string, flags: string, fact: string) =>
      holds({ attribute: "fact", operator: "regex", pattern, flags }, { attributes: { fact } })
    assert.isFalse(matches("^b$", "", "a\nb\nc"))
    assert.isTrue(matches("^b$", "m", "a\nb\nc"))
    assert.isFalse(matches("a.b", "", "a\nb"))
    assert.isTrue(matches("a.b", "s", "a\nb"))
    assert.isTrue(matches("^.$", "", "é"))
    assert.isTrue(matches("^.$", "", "😀"))
    assert.isTrue(matches("É", "i", "é"))
  })

  it("regex is never held up: nested repetition is linear, and texts beyond 65,536 units do not match", () => {
    const matches = (fact: string) =>
      holds({ attribute: "fact", operator: "regex", pattern: "^(a+)+$" }, { attributes: { fact } })
    assert.isTrue(matches("a".repeat(65_536)))
    assert.isFalse(matches(`${"a".repeat(65_535)}b`))
    assert.isFalse(matches("a".repeat(65_537)))
  })

  it("equals compares JSON with JSON: neither instances nor lists that look alike, and cycles end", () => {
    class Plan {
      readonly a = 1
    }
    const cycle: { a: unknown } = { a: 1 }
    cycle.a = cycle
    const equals = (value: Value, fact: unknown) =>
      holds({ attribute: "fact", operator: "equals", value }, { attributes: { fact } })
    assert.isTrue(equals({ a: 1 }, { a: 1 }))
    assert.isTrue(equals({ a: 1 }, Object.assign(Object.create(null), { a: 1 })))
    assert.isFalse(equals({ a: 1 }, new Plan()))
    assert.isFalse(equals({ a: 1 }, Object.create({ a: 1 })))
    assert.isFalse(equals({ a: 1 }, cycle))
    assert.isFalse(equals({ a: { a: { a: 1 } } }, cycle))
    assert.isFalse(equals({ "0": 1 }, [1]))
    assert.isFalse(equals([1, 2], [1]))
    assert.isFalse(equals([1], [1, 2]))
    assert.isFalse(equals([[1]], [[2]]))
    assert.isTrue(equals(JSON.parse("{\"__proto__\":1}"), JSON.parse("{\"__proto__\":1}")))
    assert.isFalse(equals(JSON.parse("{\"__proto__\":1}"), { other: 1 }))
  })
})
