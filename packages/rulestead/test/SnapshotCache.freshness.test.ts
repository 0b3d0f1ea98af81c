import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { assertServes, build, eventsOf, quiet, tags } from "./support/Nodes.ts"
import { off, on } from "./support/Published.ts"
import { ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const serving = Effect.gen(function*() {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  const node = yield* build(feed)
  yield* quiet
  return { feed, node }
})

describe("a snapshot", () => {
  it.effect("is stale when it was not confirmed for staleAfter, and not a moment earlier", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.answer(unreachable)
      yield* TestClock.adjust("59999 millis")
      assert.isFalse(node.cache.provenance().stale)
      yield* TestClock.adjust("1 millis")
      assert.isTrue(node.cache.provenance().stale)
      assertServes(node, { checkout: true })
    }))

  it.effect("is not stale because of a few failures", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.answerNext(unreachable, unreachable, unreachable)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(eventsOf(node, "BecameStale"), [])
    }))

  it.effect("is fresh again as soon as it is confirmed, even if nothing changed", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.answer(unreachable)
      yield* TestClock.adjust("10 minutes")
      assert.isTrue(node.cache.health().stale)
      feed.answer(undefined)
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(node.cache.health(), { stale: false, source: "live", version: 1 })
      assert.isNull(node.cache.health().refresh.lastError)
      assert.deepStrictEqual(
        tags(node).filter((tag) => tag === "BecameStale" || tag === "BecameFresh"),
        ["BecameFresh", "BecameStale", "BecameFresh"]
      )
    }))

  it.effect("that is quiet for hours stays fresh: unchanged is not unconfirmed", () =>
    Effect.gen(function*() {
      const { node } = yield* serving
      yield* TestClock.adjust("8 hours")
      const health = node.cache.health()
      assert.isFalse(health.stale)
      assert.isAtLeast(health.appliedAge ?? 0, 8 * 3_600_000)
      assert.isAtMost(health.verifiedAge ?? Number.NaN, 22_500)
      assert.deepStrictEqual(eventsOf(node, "BecameStale"), [])
    }))

  it.effect("shows on decisions, health, telemetry and to subscribers that it is stale", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      const changes = yield* Effect.forkChild(Stream.runCollect(Stream.take(node.rulestead.changes, 3)))
      yield* quiet
      feed.answer(unreachable)
      yield* TestClock.adjust("2 minutes")
      const decision = Result.getOrThrow(node.rulestead.evaluateUnsafe("checkout", {}))
      assert.isTrue(decision.snapshot.stale)
      assert.isTrue(node.cache.health().stale)
      assert.isAtLeast(eventsOf(node, "BecameStale")[0]?.ageMillis ?? 0, 60_000)
      assert.strictEqual(node.cache.health().counts.stale, 1)

      feed.answer(undefined)
      yield* TestClock.adjust("30 seconds")
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(
        (yield* Fiber.join(changes)).map(({ changed, stale, version }) => [version, stale, changed]),
        [[1, true, []], [1, false, []], [2, false, ["checkout"]]]
      )
      assert.isFalse(Result.getOrThrow(node.rulestead.evaluateUnsafe("checkout", {})).snapshot.stale)
    }))

  it.effect("keeps its decisions, the very objects, until something about them changes", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      const decide = () => Result.getOrThrow(node.rulestead.evaluateUnsafe("checkout", {}))
      const first = decide()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(decide(), first)
      feed.answer(unreachable)
      yield* TestClock.adjust("1 hour")
      const stale = decide()
      assert.notStrictEqual(stale, first)
      assert.strictEqual(decide(), stale)
    }))
})
