import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AttributePath from "rulestead/AttributePath"
import * as Ruleset from "rulestead/Ruleset"
import { holds } from "./support/evaluating.ts"

/** Reads it, and asks a condition too, which has a way of its own to read an attribute. */
const read = (path: string, context: object): unknown => {
  const fact = AttributePath.compile(path)(context)
  assert.strictEqual(holds({ attribute: path, operator: "exists" }, context), fact !== undefined && fact !== null, path)
  return fact
}

const context = {
  targetingKey: " user ",
  tenantKey: " tenant ",
  accountKey: " account ",
  sessionId: 7,
  requestId: "",
  environment: "prod",
  actor: { key: "k", role: "admin", profile: { tier: "gold" } },
  attributes: {
    plan: "pro",
    targetingKey: "an attribute",
    org: { tier: "gold", units: [{ name: "a" }] },
    none: null,
    "org.tier": "dotted"
  }
}

describe("an attribute path", () => {
  it.each([
    ["targetingKey", "user"],
    ["tenantKey", "tenant"],
    ["accountKey", " account "],
    ["sessionId", "7"],
    ["requestId", undefined],
    ["environment", "prod"],
    ["plan", "pro"],
    ["attributes.plan", "pro"],
    ["attributes.targetingKey", "an attribute"],
    ["attributes.org.tier", "gold"],
    ["attributes", context.attributes],
    ["actor", context.actor],
    ["actor.role", "admin"],
    ["actor.profile.tier", "gold"],
    ["none", null],
    ["missing", undefined],
    ["attributes.missing.deeper", undefined],
    ["attributes.plan.length", undefined],
    ["attributes.org.units.0", undefined],
    ["attributes.org.units.length", undefined]
  ])("%s reads %j", (path, expected) => {
    assert.deepStrictEqual(read(path, context), expected)
  })

  it.each(["org.tier", "targetingKey.x", "subject.key", "environment.name", "Attributes.plan", "..", ""])(
    "%j, which could not have been authored, is missing",
    (path) => {
      assert.isUndefined(read(path, context))
    }
  )

  it("of a field of the context never falls back to an attribute of that name", () => {
    assert.isUndefined(read("targetingKey", { attributes: { targetingKey: "u" } }))
    assert.isUndefined(read("environment", { attributes: { environment: "prod" } }))
  })

  it("takes names for names, whatever every object inherits", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
      for (const path of [name, `attributes.${name}`, `attributes.org.${name}`, `actor.${name}`]) {
        assert.isUndefined(read(path, { actor: {}, attributes: { org: {} } }), path)
      }
      const own = JSON.parse(`{"${name}":{"${name}":1}}`)
      assert.strictEqual(read(`attributes.${name}.${name}`, { attributes: own }), 1)
      assert.strictEqual(read(`actor.${name}.${name}`, { actor: own }), 1)
    }
  })

  it("reads what a class computes, and objects without a prototype", () => {
    class Account {
      readonly #seats = 3
      get plan() {
        return this.#seats > 2 ? "team" : "solo"
      }
    }
    const bare: object = Object.assign(Object.create(null), { plan: "bare" })
    assert.strictEqual(read("plan", { attributes: new Account() }), "team")
    assert.strictEqual(read("attributes.account.plan", { attributes: { account: new Account() } }), "team")
    assert.strictEqual(read("actor.plan", { actor: new Account() }), "team")
    assert.strictEqual(read("plan", { attributes: bare }), "bare")
  })

  it("finds nothing where there is no object", () => {
    for (const odd of [undefined, null, "text", 5, true, [], () => "x"]) {
      assert.isUndefined(read("plan", { attributes: odd }))
      assert.isUndefined(read("length", { attributes: odd }))
      assert.isUndefined(read("attributes.org.tier", { attributes: odd }))
      assert.isUndefined(read("actor.role", { actor: odd }))
    }
  })

  it("of a bare actor reads it as the key", () => {
    assert.strictEqual(read("actor.key", { actor: " user " }), "user")
    assert.strictEqual(read("actor.key", { actor: 9 }), "9")
    assert.isUndefined(read("actor", { actor: null }))
    assert.deepStrictEqual(read("actor", { actor: ["user"] }), { key: undefined })
  })

  it.effect.each([
    { path: "org.tier", advice: "\"attributes.org.tier\"" },
    { path: "subject.key", advice: "\"attributes.subject.key\"" },
    { path: "targeting_key", advice: "\"targetingKey\"" },
    { path: "tenantKey.name", advice: "\"tenantKey\" alone" },
    { path: "attributes..plan", advice: "single dots" },
    { path: ".plan", advice: "single dots" },
    { path: "tags[0]", advice: "no wildcards, indices or logic" },
    { path: " plan", advice: "no surrounding white space" }
  ])("that cannot resolve is refused with what would: $path", ({ advice, path }) =>
    Effect.gen(function*() {
      const rules = [{
        key: "rule",
        strategy: "forced_value",
        conditions: [{ attribute: path, operator: "exists" }],
        value: true
      }]
      const { problems } = yield* Effect.flip(Ruleset.decode("boolean")({ rules }))
      assert.deepStrictEqual(problems.map(({ path }) => path), ["rules[0].conditions[0].attribute"])
      assert.include(problems[0]?.allowed, advice)
    }))
})
