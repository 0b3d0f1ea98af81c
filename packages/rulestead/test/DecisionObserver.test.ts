import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type { Decision } from "rulestead/Decision"
import { DecisionObserver, type Failure } from "rulestead/DecisionObserver"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Flag from "rulestead/Flag"
import { Rulestead } from "rulestead/Rulestead"
import { flagEntry, on } from "./support/Published.ts"
import { ScriptedFeed } from "./support/ScriptedFeed.ts"

const user = { targetingKey: "user-1" }

const halves = flagEntry("halves", {
  rules: [{
    key: "half",
    strategy: "percentage_rollout",
    conditions: [],
    rollout: { percentage: 50, bucketBy: "subject" },
    value: true
  }]
})

const observed = (observer: DecisionObserver["Service"]) => {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"), halves)
  return Rulestead.layer({ environment: "prod" }).pipe(
    Layer.provide([feed.layer, Layer.succeed(DecisionObserver, observer)]),
    Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
  )
}

const recording = () => {
  const decided: Array<readonly [Decision, EvaluationContext]> = []
  const failed: Array<readonly [Failure, EvaluationContext]> = []
  return {
    decided,
    failed,
    layer: observed({
      decided: (...of) => decided.push(of),
      failed: (...of) => failed.push(of)
    })
  }
}

describe("an observer of decisions", () => {
  it.effect("is told of each answer, with its context", () => {
    const { decided, failed, layer } = recording()
    return Effect.gen(function*() {
      yield* Rulestead.enabled("checkout", user)
      yield* Rulestead.value("checkout", user, false)
      yield* Rulestead.variant("checkout", user)
      const decision = yield* Rulestead.evaluate("checkout", user)
      assert.lengthOf(decided, 4)
      for (const [told, context] of decided) {
        assert.strictEqual(told, decision)
        assert.strictEqual(context, user)
      }
      assert.deepStrictEqual(failed, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is told why there was none", () => {
    const { decided, failed, layer } = recording()
    return Effect.gen(function*() {
      yield* Rulestead.enabled("no-such-flag", user)
      yield* Rulestead.value("no-such-flag", user, 1)
      yield* Rulestead.variant("no-such-flag", user)
      yield* Effect.flip(Rulestead.evaluate("no-such-flag", user))
      yield* Rulestead.value("checkout", user, "text")
      yield* Effect.flip(Rulestead.evaluate("halves", {}))
      assert.deepStrictEqual(failed.map(([{ code, flag, snapshot }]) => [flag, code, snapshot.version]), [
        ["no-such-flag", "flag_not_found", 1],
        ["no-such-flag", "flag_not_found", 1],
        ["no-such-flag", "flag_not_found", 1],
        ["no-such-flag", "flag_not_found", 1],
        ["checkout", "type_mismatch", 1],
        ["halves", "targeting_key_missing", 1]
      ])
      assert.deepStrictEqual(decided, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is told of a failure where the answer does not fit the definition, and the code goes on with its own", () => {
    const { decided, failed, layer } = recording()
    return Effect.gen(function*() {
      yield* Rulestead.value(Flag.boolean("checkout"), user)
      yield* Rulestead.value(Flag.number("checkout", { default: 1 }), user)
      assert.deepStrictEqual(decided.map(([{ flag }]) => flag), ["checkout"])
      assert.deepStrictEqual(failed.map(([{ code, flag }]) => [flag, code]), [["checkout", "type_mismatch"]])
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not told of explanations, nor of decisions about all flags at once", () => {
    const { decided, failed, layer } = recording()
    return Effect.gen(function*() {
      yield* Rulestead.explain("checkout", user)
      yield* Rulestead.decisions(user)
      assert.deepStrictEqual([...decided, ...failed], [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("changes nothing when it throws, and that is counted", () => {
    const fault = () => {
      throw new Error("the observer's own fault")
    }
    return Effect.gen(function*() {
      assert.isTrue(yield* Rulestead.enabled("checkout", user))
      assert.isFalse(yield* Rulestead.enabled("no-such-flag", user))
      assert.strictEqual((yield* Rulestead.evaluate("checkout", user)).rule, "all")
      const failures = (yield* Metric.snapshot).find(({ id }) => id === "rulestead_observer_failures_total")
      assert.deepInclude(failures?.state, { count: 3 })
    }).pipe(Effect.provide(observed({ decided: fault, failed: fault })))
  })
})
