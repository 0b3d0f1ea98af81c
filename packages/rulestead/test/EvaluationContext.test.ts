import { assert, describe, it } from "@effect/vitest"
import * as EvaluationContext from "rulestead/EvaluationContext"

const targetingKey = (context: object) => EvaluationContext.targetingKey(context)

describe("an identity", () => {
  it.each([
    ["user", "user"],
    ["  user\t\n", "user"],
    ["\u0085\u00a0\u2003user\u3000", "user"],
    ["\ufeffuser", "\ufeffuser"],
    ["", undefined],
    [" \t ", undefined],
    [42, "42"],
    [1.5, "1.5"],
    [-0, "0"],
    [10n ** 20n, "100000000000000000000"],
    [true, "true"],
    [Number.NaN, undefined],
    [Infinity, undefined],
    [null, undefined],
    [undefined, undefined],
    [{ key: "user" }, undefined],
    [["user"], undefined],
    [Symbol("user"), undefined]
  ])("%o is %o", (value, expected) => {
    assert.strictEqual(EvaluationContext.identity(value), expected)
  })

  it("of an account is not trimmed", () => {
    assert.strictEqual(EvaluationContext.untrimmedIdentity(" a "), " a ")
    assert.strictEqual(EvaluationContext.untrimmedIdentity("  "), "  ")
    assert.isUndefined(EvaluationContext.untrimmedIdentity(""))
    assert.strictEqual(EvaluationContext.untrimmedIdentity(42), "42")
  })
})

describe("the targeting key", () => {
  it("is the explicit one, else the actor's key, else the actor's id", () => {
    const actor = { key: "key", id: "id" }
    assert.strictEqual(targetingKey({ targetingKey: "explicit", actor }), "explicit")
    assert.strictEqual(targetingKey({ actor }), "key")
    assert.strictEqual(targetingKey({ targetingKey: null, actor: { id: 7 } }), "7")
    assert.strictEqual(targetingKey({ actor: { key: null, id: "id" } }), "id")
    assert.strictEqual(targetingKey({ actor: "user" }), "user")
    assert.strictEqual(targetingKey({ targetingKey: false, actor: { key: false, id: "id" } }), "id")
    assert.isUndefined(targetingKey({ actor: false }))
    assert.isUndefined(targetingKey({}))
    assert.isUndefined(targetingKey({ actor: {} }))
  })

  it("does not fall back from a blank or unusable one: what was given was meant", () => {
    const actor = { key: "key", id: "id" }
    for (const blank of ["", "  ", Number.NaN, {}, []]) assert.isUndefined(targetingKey({ targetingKey: blank, actor }))
    assert.isUndefined(targetingKey({ actor: { key: "", id: "id" } }))
  })
})
