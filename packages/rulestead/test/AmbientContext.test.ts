import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as EvaluationContext from "rulestead/EvaluationContext"
import { Rulestead } from "rulestead/Rulestead"
import * as Testing from "rulestead/testing"

const plans = Testing.layerManifest({
  schemaVersion: 1,
  flags: [{
    key: "export",
    valueType: "boolean",
    defaultValue: false,
    ruleset: {
      rules: [{
        key: "pro",
        strategy: "forced_value",
        conditions: [{ attribute: "plan", operator: "equals", value: "pro" }],
        value: true
      }]
    }
  }]
})

const pro = { targetingKey: "user-1", attributes: { plan: "pro" } }
const free = { targetingKey: "user-2", attributes: { plan: "free" } }

const within = (context: EvaluationContext.EvaluationContext) =>
  Effect.provideService(EvaluationContext.Current, context)

describe("the ambient context", () => {
  it.effect("is what is asked about where no context is passed, at every door", () =>
    Effect.gen(function*() {
      const rulestead = yield* Rulestead
      for (const door of [rulestead, Rulestead]) {
        const asked = Effect.all({
          enabled: door.enabled("export"),
          value: door.value("export", undefined, false),
          rule: Effect.map(door.evaluate("export"), ({ rule }) => rule === "pro"),
          explained: Effect.map(door.explain("export"), ({ outcome }) => outcome.enabled),
          all: Effect.map(door.decisions(), (decisions) => decisions.get("export")?.enabled)
        })
        const yes = { enabled: true, value: true, rule: true, explained: true, all: true }
        const no = { enabled: false, value: false, rule: false, explained: false, all: false }
        assert.deepStrictEqual(yield* asked, no)
        assert.deepStrictEqual(yield* within(pro)(asked), yes)
      }
    }).pipe(Effect.provide(plans)))

  it.effect("belongs to the fiber and its children, and to nobody else", () =>
    Effect.gen(function*() {
      const deep = Effect.yieldNow.pipe(Effect.andThen(Rulestead.enabled("export")))
      const answers = yield* Effect.all(
        [
          within(pro)(deep),
          within(free)(deep),
          deep,
          within(pro)(Effect.all([deep, within(free)(deep)], { concurrency: 2 }))
        ],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(answers, [true, false, false, [true, false]])
    }).pipe(Effect.provide(plans)))

  it.effect("has no say where a context is passed", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* within(pro)(Rulestead.enabled("export", {})))
      assert.isTrue(yield* within(free)(Rulestead.enabled("export", pro)))
    }).pipe(Effect.provide(plans)))

  it.effect("can be looked at, and extended", () =>
    Effect.gen(function*() {
      const extended = Effect.updateService(
        EvaluationContext.Current,
        (context) => EvaluationContext.merge(context, { attributes: { plan: "pro" } })
      )
      assert.isTrue(yield* Rulestead.enabled("export").pipe(extended, within(free)))
      assert.deepStrictEqual(yield* EvaluationContext.Current, {})
    }).pipe(Effect.provide(plans)))
})

describe("one context of two", () => {
  it("has the fields of the second, and those of the first where the second has none", () => {
    const merged = EvaluationContext.merge(
      { targetingKey: "a", tenantKey: "t", actor: { role: "admin" }, attributes: { plan: "free", age: 3 } },
      { targetingKey: "b", tenantKey: null, attributes: { plan: "pro" } }
    )
    assert.deepInclude(merged, {
      targetingKey: "b",
      tenantKey: "t",
      actor: { role: "admin" },
      attributes: { plan: "pro", age: 3 }
    })
  })

  it("takes whatever callers without types pass, leaves out what cannot be read, and does not throw", () => {
    const merge = (base: unknown, over: unknown): EvaluationContext.EvaluationContext =>
      Reflect.apply(EvaluationContext.merge, undefined, [base, over])
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const faulty = {
      get email() {
        throw new Error("no such user")
      },
      plan: "pro"
    }
    for (const odd of [undefined, null, 7, "text", proxy]) {
      assert.strictEqual(merge(odd, { targetingKey: "a" }).targetingKey, "a")
      assert.strictEqual(merge({ targetingKey: "a" }, odd).targetingKey, "a")
      assert.deepStrictEqual(merge({ attributes: { age: 3 } }, { attributes: odd }).attributes, { age: 3 })
    }
    assert.deepStrictEqual(merge({ attributes: { age: 3 } }, { attributes: faulty }).attributes, {
      age: 3,
      plan: "pro"
    })
    assert.deepStrictEqual(merge({ actor: { role: "admin" } }, { actor: "user-1" }).actor, {
      role: "admin",
      key: "user-1"
    })
  })

  it("keeps an identity that is blank on purpose", () => {
    assert.strictEqual(EvaluationContext.merge({ targetingKey: "a" }, { targetingKey: "" }).targetingKey, "")
  })
})
