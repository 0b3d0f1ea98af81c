import { assert, describe, it, layer } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Flag from "rulestead/Flag"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import { FlagNotFound } from "rulestead/RulesteadError"
import * as Testing from "rulestead/testing"

const user = { targetingKey: "user-1", attributes: { plan: "pro" } }

const catalogue: Manifest.Input = {
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
}

/** What the test would have failed with. */
const unexpected = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<string, never, R> =>
  Effect.map(Effect.exit(self), (exit) => {
    const defect: unknown = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
    return defect instanceof Testing.Unexpected ? defect.message : "nothing"
  })

layer(Testing.layer({
  "new-checkout": true,
  limit: 7,
  theme: { dark: true },
  banner: Testing.forced("Sale!", { variant: "loud" }),
  search: Testing.forced(false, { reason: "killed" })
}))("flags that are decided beforehand", (it) => {
  it.effect("serve what the test says, whatever the context", () =>
    Effect.gen(function*() {
      assert.isTrue(yield* Rulestead.enabled("new-checkout", user))
      assert.isTrue(yield* Rulestead.enabled(Flag.boolean("new-checkout")))
      assert.strictEqual(yield* Rulestead.value("limit", {}, 1), 7)
      assert.deepStrictEqual(yield* Rulestead.value("theme", {}, null), { dark: true })
      assert.strictEqual(yield* Rulestead.variant("banner"), "loud")
      const { reason, rule, snapshot, value } = yield* Rulestead.evaluate("search")
      assert.deepStrictEqual({ reason, rule, value }, { reason: "killed", rule: null, value: false })
      assert.isFalse(snapshot.stale)
      assert.strictEqual((yield* Rulestead.explain("banner")).outcome.variant, "loud")
      assert.strictEqual((yield* Rulestead.decisions({})).size, 5)
    }))

  it.effect("tell which of them were asked, with which reason", () =>
    Effect.gen(function*() {
      const flags = yield* Testing.TestFlags
      yield* flags.reset
      yield* Rulestead.enabled("new-checkout", user)
      yield* Rulestead.variant("banner")
      yield* Rulestead.evaluate("search")
      assert.deepStrictEqual(yield* flags.asked, [
        { flag: "new-checkout", reason: "rule_match", variant: null },
        { flag: "banner", reason: "rule_match", variant: "loud" },
        { flag: "search", reason: "killed", variant: null }
      ])
      yield* flags.reset
      assert.deepStrictEqual(yield* flags.asked, [])
    }))

  it.effect("make a test fail that asks what it did not foresee", () =>
    Effect.gen(function*() {
      const flags = yield* Testing.TestFlags
      assert.strictEqual(yield* unexpected(Rulestead.enabled("unknown")), "The test has no flag unknown")
      assert.strictEqual(yield* unexpected(Rulestead.evaluate("unknown")), "The test has no flag unknown")
      assert.include(yield* unexpected(Rulestead.value("limit", {}, "ten")), "What limit serves is not")
      assert.include(
        yield* unexpected(Rulestead.value(Flag.string("limit", { default: "" }))),
        "What limit serves is not"
      )
      assert.deepInclude(yield* flags.asked, { flag: "unknown", reason: "flag_not_found", variant: null })
    }))

  it.effect("can be decided otherwise for an effect alone", () =>
    Effect.gen(function*() {
      const limit = Rulestead.value("limit", {}, 0)
      const answers = yield* Effect.all([
        limit,
        limit.pipe(Testing.withFlag("limit", 1)),
        Effect.yieldNow.pipe(Effect.andThen(limit), Testing.withFlag("limit", 2), Testing.withFlag("limit", 3)),
        Effect.yieldNow.pipe(Effect.andThen(limit))
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual(answers, [7, 1, 2, 7])
      assert.isTrue(yield* Rulestead.enabled("fresh").pipe(Testing.withFlag("fresh", true)))
    }))

  it.effect("can be decided otherwise for services that exist already", () =>
    Effect.gen(function*() {
      class Limits extends Context.Service<Limits, { readonly limit: Effect.Effect<number> }>()("Limits") {
        static readonly layer = Layer.effect(
          Limits,
          Effect.map(Rulestead, (rulestead) => ({ limit: rulestead.value("limit", {}, 0) }))
        )
      }
      const flags = yield* Testing.TestFlags
      yield* Effect.gen(function*() {
        const { limit } = yield* Limits
        yield* flags.set("limit", 9)
        assert.strictEqual(yield* limit, 9)
        assert.strictEqual(yield* limit.pipe(Testing.withFlag("limit", 1)), 9)
        yield* flags.reset
        assert.strictEqual(yield* limit, 7)
      }).pipe(Effect.provide(Limits.layer))
    }))
})

layer(Testing.layerManifest(catalogue))("the flags of a manifest", (it) => {
  it.effect("are decided by their rules", () =>
    Effect.gen(function*() {
      const flags = yield* Testing.TestFlags
      assert.isTrue(yield* Rulestead.enabled("export", user))
      assert.isFalse(yield* Rulestead.enabled("export", {}))
      assert.deepStrictEqual((yield* flags.asked).map(({ reason }) => reason), ["rule_match", "default"])
      assert.isFalse(yield* Rulestead.enabled("export", user).pipe(Testing.withFlag("export", false)))
    }))

  it.effect("change when something is published", () =>
    Effect.gen(function*() {
      yield* Manifest.apply({
        schemaVersion: 1,
        flags: [{ key: "export", valueType: "boolean", defaultValue: false, ruleset: { rules: [] } }]
      }, { environment: "test" })
      yield* Rulestead.refresh
      assert.isFalse(yield* Rulestead.enabled("export", user))
    }))
})

describe("time", () => {
  it.effect("is the test's: a flag expires when the test says so", () =>
    Effect.gen(function*() {
      const { evaluate } = yield* Rulestead
      assert.isFalse((yield* evaluate("export")).snapshot.stale)
      assert.strictEqual((yield* Rulestead.health).verifiedAge, 0)
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual((yield* Rulestead.health).verifiedAge, 3000)
    }).pipe(Effect.provide(Testing.layerManifest(catalogue, { pollInterval: "1 hour" }))))
})

describe("where anything may be asked", () => {
  it.effect("it is asked for as it is spelt", () =>
    Effect.gen(function*() {
      const misspelt: Layer.Layer<Rulestead> = Reflect.apply(Testing.layer, undefined, [{}, { unexpected: "defualt" }])
      const exit = yield* Effect.exit(Effect.scoped(Layer.build(misspelt)))
      assert.include(
        Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "built",
        "unexpected: one of: \"fail\", \"default\""
      )
    }))

  it.effect("the answer is the one of production", () =>
    Effect.gen(function*() {
      assert.isFalse(yield* Rulestead.enabled("unknown"))
      assert.strictEqual(yield* Rulestead.value("limit", {}, "ten"), "ten")
      assert.instanceOf(yield* Effect.flip(Rulestead.evaluate("unknown")), FlagNotFound)
    }).pipe(Effect.provide(Testing.layer({ limit: 7 }, { unexpected: "default" }))))
})
