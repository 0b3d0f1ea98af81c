import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Audience from "rulestead/Audience"
import * as Condition from "rulestead/Condition"
import * as Environment from "rulestead/Environment"
import * as Flag from "rulestead/Flag"
import * as InvalidInput from "rulestead/InvalidInput"
import * as Ruleset from "rulestead/Ruleset"

const Port = Schema.Finite.check(
  Schema.makeFilter((port) => Number.isInteger(port) && port > 0, InvalidInput.rule("port", "a whole number above 0"))
)

const Server = Schema.Struct({
  host: Schema.String,
  ports: Schema.Array(Port),
  "odd name": Schema.optionalKey(Schema.Struct({ on: Schema.Boolean }))
})

const decode = InvalidInput.decodeResult("server", Server)

const refused = (input: unknown): InvalidInput.InvalidInput => {
  const result = decode(input)
  assert.isTrue(Result.isFailure(result))
  return Result.isFailure(result) ? result.failure : assert.fail("accepted")
}

describe("InvalidInput", () => {
  it("tells every problem at once: where it is, which rule it broke, what is allowed and what was there", () => {
    const input = { ports: [80, "http", -1], hots: "a", "odd name": { on: 1 } }
    assert.deepStrictEqual(refused(input).problems, [
      { path: "hots", rule: "unknown_field", allowed: "no field of this name; check the spelling", found: "a string" },
      { path: "host", rule: "required", allowed: "this field is required", found: "nothing" },
      { path: "ports[1]", rule: "type", allowed: "a number", found: "a string" },
      { path: "ports[2]", rule: "port", allowed: "a whole number above 0", found: "a number" },
      { path: "[\"odd name\"].on", rule: "type", allowed: "true or false", found: "a number" }
    ])
  })

  it("says the same in words", () => {
    assert.strictEqual(
      refused({ host: 1, ports: [-1] }).message,
      [
        "Invalid server:",
        "  host: a string; found a number (type)",
        "  ports[0]: a whole number above 0; found a number (port)"
      ].join("\n")
    )
    assert.strictEqual(refused(null).message, "Invalid server:\n  (document): an object; found null (type)")
  })

  it.each([
    [undefined, "nothing"],
    [null, "null"],
    [[], "an empty array"],
    [[1], "an array"],
    [{}, "an object"],
    ["", "a blank string"],
    [" \n", "a blank string"],
    ["text", "a string"],
    [1, "a number"],
    [Number.NaN, "a number that is not finite"],
    [true, "a boolean"],
    [1n, "a bigint"],
    [() => 1, "a function"],
    [Symbol.iterator, "a symbol"]
  ])("names the kind of %s", (value, kind) => {
    assert.strictEqual(InvalidInput.refuse("x", { at: value }, [violation("at")])?.problems[0].found, kind)
  })

  const violation = (...path: ReadonlyArray<PropertyKey>): InvalidInput.Violation => ({
    path,
    rule: "rule",
    allowed: "something else"
  })

  it.each([
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a.b"],
    [["a", 0, "b"], "a[0].b"],
    [[0], "[0]"],
    [["a b"], "[\"a b\"]"],
    [["a", "0"], "a[\"0\"]"],
    [["__proto__", "x"], "__proto__.x"],
    [["\ud800\0"], "[\"\\ud800\\u0000\"]"]
  ])("writes the path %j as %s", (path, text) => {
    assert.strictEqual(InvalidInput.refuse("x", {}, [violation(...path)])?.problems[0].path, text)
  })

  it("names the kinds of value of a choice that people can give, and not that it may be left out", () => {
    const Choice = Schema.Struct({
      retry: Schema.optional(Schema.Struct({ min: Schema.Finite })),
      either: Schema.optional(Schema.Union([Schema.String, Schema.Struct({ key: Schema.String })])),
      tagged: Schema.optional(Schema.Union([Schema.TaggedStruct("A", {}), Schema.TaggedStruct("B", {})]))
    })
    const result = InvalidInput.decodeResult("choice", Choice)({ retry: 5, either: true, tagged: 1 })
    if (!Result.isFailure(result)) return assert.fail("accepted")
    assert.deepStrictEqual(result.failure.problems.map(({ allowed, path }) => [path, allowed]), [
      ["retry", "an object"],
      ["either", "one of: a string, an object"],
      ["tagged", "one of: _tag \"A\", _tag \"B\""]
    ])
  })

  it("looks at no property that the document does not have itself", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      assert.strictEqual(InvalidInput.refuse("x", {}, [violation(name)])?.problems[0].found, "nothing")
    }
  })

  it("does not run a getter to see what is there", () => {
    const trap = {
      get at(): never {
        throw new Error("read")
      }
    }
    assert.strictEqual(InvalidInput.refuse("x", trap, [violation("at")])?.problems[0].found, "nothing")
  })

  it("tells a problem once, and nothing where there is none", () => {
    assert.strictEqual(
      InvalidInput.refuse("x", {}, [violation("a"), violation("a"), violation("b")])?.problems.length,
      2
    )
    assert.isUndefined(InvalidInput.refuse("x", {}, []))
  })

  it("adds what spans several fields to what is wrong with each, and looks even where the shape is right", () => {
    const decode = InvalidInput.decodeResult(
      "pair",
      Schema.Struct({ a: Schema.Finite, b: Schema.Finite }),
      (input) => input === null ? [] : [violation("b")]
    )
    const rules = (input: unknown) => {
      const result = decode(input)
      return Result.isFailure(result) ? result.failure.problems.map(({ path, rule }) => `${path}: ${rule}`) : []
    }
    assert.deepStrictEqual(rules({ a: 1, b: 2 }), ["b: rule"])
    assert.deepStrictEqual(rules({ a: "1", b: 2 }), ["a: type", "b: rule"])
  })

  it.effect("crosses a wire and comes back", () =>
    Effect.gen(function*() {
      const error = refused({ ports: ["x"] })
      const codec = Schema.fromJsonString(InvalidInput.InvalidInput)
      const text = yield* Schema.encodeEffect(codec)(error)
      const back = yield* Schema.decodeEffect(codec)(text)
      assert.deepStrictEqual(back.problems, error.problems)
      assert.strictEqual(back.message, error.message)
    }))

  it("never tells a value, wherever it was put", () => {
    const secret = "s3cr3t-value"
    const anywhere = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5, depthSize: "medium" },
        fc.constant(secret),
        fc.constantFrom(1, true, null, "forced_value", "boolean", "json", "equals", [], {}),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...fields), tie("node"), { maxKeys: 6 })
      )
    })).node
    const doors = [Flag.Flag, Ruleset.Ruleset, Audience.Audience, Environment.Environment].map((schema) =>
      InvalidInput.decodeResult("document", schema)
    )
    fc.assert(fc.property(anywhere, (input) => {
      for (const decode of doors) {
        const result = decode(input)
        if (Result.isFailure(result)) {
          assert.notInclude(`${result.failure.message} ${JSON.stringify(result.failure)}`, secret)
        }
      }
    }))
  })

  it("says why a pattern is refused, and not which", () => {
    const decode = InvalidInput.decodeResult("condition", Condition.Condition)
    const result = decode({ attribute: "email", operator: "regex", pattern: "(s3cr3t-value" })
    assert.isTrue(Result.isFailure(result))
    if (Result.isSuccess(result)) return
    assert.include(result.failure.message, "missing closing )")
    assert.notInclude(`${result.failure.message} ${JSON.stringify(result.failure)}`, "s3cr3t-value")
  })
})

const fields = [
  "key",
  "valueType",
  "defaultValue",
  "description",
  "purpose",
  "tags",
  "name",
  "protected",
  "definition",
  "conditions",
  "everyone",
  "attribute",
  "operator",
  "value",
  "values",
  "pattern",
  "flags",
  "rules",
  "salt",
  "hashVersion",
  "strategy",
  "rollout",
  "percentage",
  "bucketBy",
  "variants",
  "weight",
  "experiment",
  "holdout",
  "audience"
]
