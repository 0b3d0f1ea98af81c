import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/testing/TestClock"
import * as Flag from "rulestead/Flag"
import { build, quiet } from "./support/Nodes.ts"
import { flagEntry, off, on } from "./support/Published.ts"
import { ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const measured = Effect.gen(function*() {
  const registry: Metric.MetricRegistry = new Map()
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"), off("search"))
  const node = yield* Effect.provideService(build(feed), Metric.MetricRegistry, registry)
  const read = (id: string) =>
    Effect.map(Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry), (metrics) =>
      Object.fromEntries(
        metrics.filter((metric) => metric.id === id).map(({ attributes, state }) => {
          const { environment, ...labels } = attributes ?? {}
          assert.strictEqual(environment, "prod")
          return [Object.values(labels).join(" "), "count" in state ? state.count : "value" in state ? state.value : 0]
        })
      ))
  return { feed, node, read }
})

describe("counts of decisions", () => {
  it.effect("are exact at any moment, and by flag, variant and reason", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* measured
      feed.published.put(flagEntry("layout", {
        valueType: "string",
        defaultValue: "plain",
        rules: [{
          key: "all",
          strategy: "variant_split",
          conditions: [],
          rollout: { percentage: 100, bucketBy: "subject" },
          variants: [{ key: "a", weight: 0, value: "left" }, { key: "b", weight: 100, value: "right" }]
        }]
      }))
      yield* node.rulestead.refresh
      for (let round = 0; round < 3; round++) node.rulestead.enabledUnsafe("checkout", {})
      node.rulestead.variantUnsafe("layout", { targetingKey: "user-1" })
      node.rulestead.valueUnsafe("layout", {}, "none")
      node.rulestead.evaluateUnsafe("search", {})
      node.rulestead.evaluateUnsafe("layout", {})
      node.rulestead.explainUnsafe("search", {})
      node.rulestead.decisionsUnsafe({ targetingKey: "user-1" })
      assert.sameDeepMembers([...node.cache.decisionCounts()], [
        { flag: "checkout", variant: null, reason: "rule_match", count: 4 },
        { flag: "search", variant: null, reason: "default", count: 2 },
        { flag: "layout", variant: "b", reason: "rule_match", count: 2 },
        { flag: "layout", variant: null, reason: "default", count: 1 }
      ])
    }))

  it.effect("survive that a flag is compiled again, replaced, and removed", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* measured
      const served = () =>
        node.cache.decisionCounts().filter(({ flag }) => flag === "checkout").reduce((sum, { count }) => sum + count, 0)
      node.rulestead.enabledUnsafe("checkout", {})
      feed.published.put(off("checkout"))
      yield* node.rulestead.refresh
      node.rulestead.enabledUnsafe("checkout", {})
      feed.published.restore("epoch-2", 1, [on("checkout")])
      yield* node.rulestead.refresh
      node.rulestead.enabledUnsafe("checkout", {})
      feed.published.publish({ remove: [{ kind: "flag", key: "checkout" }] })
      yield* node.rulestead.refresh
      node.rulestead.enabledUnsafe("checkout", {})
      assert.strictEqual(served(), 3)
    }))

  it.effect("reach the metrics within seconds, and when the node ends", () =>
    Effect.gen(function*() {
      const registry: Metric.MetricRegistry = new Map()
      const counted = Effect.map(
        Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry),
        (metrics) =>
          metrics.filter(({ id }) => id === "rulestead_decisions_total").map(({ attributes, state }) => ({
            ...attributes,
            count: "count" in state ? state.count : undefined
          }))
      )
      yield* Effect.scoped(Effect.gen(function*() {
        const feed = new ScriptedFeed()
        feed.published.put(on("checkout"))
        const node = yield* Effect.provideService(build(feed), Metric.MetricRegistry, registry)
        node.rulestead.enabledUnsafe("checkout", {})
        assert.deepStrictEqual(yield* counted, [])
        yield* TestClock.adjust("15 seconds")
        const labels = { environment: "prod", flag: "checkout", variant: "", reason: "rule_match" }
        assert.deepStrictEqual(yield* counted, [{ ...labels, count: 1 }])
        node.rulestead.enabledUnsafe("checkout", {})
        feed.published.put(off("checkout"))
        yield* node.rulestead.refresh
      }))
      assert.deepStrictEqual((yield* counted).map(({ count }) => count), [2])
    }))
})

describe("questions", () => {
  it.effect("are counted when the flag is missing, the node is not ready, or the snapshot is stale", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.published.put(on("checkout"), off("search"))
      feed.answer(unreachable)
      const node = yield* build(feed, { bootTimeout: 0 })
      const ask = (flag: string) => {
        node.rulestead.enabledUnsafe(flag, {})
        node.rulestead.evaluateUnsafe(flag, {})
        node.rulestead.explainUnsafe(flag, {})
        node.rulestead.decisionsUnsafe({})
      }
      const counts = () => {
        const { missing, stale, unready } = node.cache.health().counts
        return { missing, stale, unready }
      }
      ask("checkout")
      assert.deepStrictEqual(counts(), { missing: 0, stale: 0, unready: 3 })
      feed.answer(undefined)
      yield* TestClock.adjust("1 minute")
      ask("checkout")
      ask("unknown")
      assert.deepStrictEqual(counts(), { missing: 2, stale: 0, unready: 3 })
      feed.answer(unreachable)
      yield* TestClock.adjust("2 minutes")
      ask("checkout")
      assert.deepStrictEqual(counts(), { missing: 2, stale: 4, unready: 3 })
    }))
})

describe("metrics", () => {
  it.effect("tell refreshes by outcome, age, version, missing flags and stale decisions", () =>
    Effect.gen(function*() {
      const { feed, node, read } = yield* measured
      yield* quiet
      const { attempts } = node.cache.health().refresh
      feed.answer(unreachable)
      yield* TestClock.adjust("90 seconds")
      node.rulestead.enabledUnsafe("checkout", {})
      node.rulestead.enabledUnsafe("unknown", {})
      node.rulestead.enabledUnsafe("unknown", {})
      node.rulestead.valueUnsafe(Flag.number("search", { default: 1 }), {})
      yield* TestClock.adjust("15 seconds")
      const outcomes = yield* read("rulestead_refreshes_total")
      assert.strictEqual(outcomes["ok"], attempts)
      assert.strictEqual(outcomes["unreachable"], node.cache.health().refresh.failures)
      assert.deepStrictEqual(yield* read("rulestead_flags_missing_total"), { unknown: 2, not_ready: 0 })
      assert.deepStrictEqual(yield* read("rulestead_definitions_unmet_total"), { "": 1 })
      assert.deepStrictEqual(yield* read("rulestead_stale_decisions_total"), { "": 2 })
      assert.deepStrictEqual(yield* read("rulestead_snapshot_version"), { "": 1 })
      assert.isAtLeast(Number((yield* read("rulestead_snapshot_age_seconds"))[""]), 90)
      const { ok = 0, unreachable: failed = 0 } = outcomes
      assert.strictEqual((yield* read("rulestead_refresh_milliseconds"))[""], Number(ok) + Number(failed))
    }))
})
