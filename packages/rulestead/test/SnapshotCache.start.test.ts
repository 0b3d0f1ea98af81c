import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { assertServes, build, eventsOf, happens, start } from "./support/Nodes.ts"
import { complete, on } from "./support/Published.ts"
import { failing, ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const withCheckout = () => {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  return feed
}

describe("a start", () => {
  it.effect("is fresh as soon as the store has answered", () =>
    Effect.gen(function*() {
      const node = yield* build(withCheckout())
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Fresh" })
      assert.deepStrictEqual(node.cache.provenance(), {
        environment: "prod",
        epoch: "epoch-1",
        version: 1,
        source: "live",
        stale: false
      })
      assertServes(node, { checkout: true })
    }))

  it.effect("is fresh, and ready, when nothing was ever published", () =>
    Effect.gen(function*() {
      const node = yield* build(new ScriptedFeed())
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Fresh" })
      assert.isTrue(node.cache.health().ready)
      assertServes(node, { checkout: false })
    }))

  const faults = {
    "refuses connections": unreachable,
    "accepts and never answers": Effect.never,
    "hangs, and cannot be interrupted": Effect.uninterruptible(Effect.never),
    "has no such environment": failing("environment_not_found"),
    "denies access": failing("denied"),
    "dies": Effect.die(new Error("boom")),
    "interrupts itself": Effect.interrupt
  }

  for (const [fault, answer] of Object.entries(faults)) {
    it.effect(`waits no longer than bootTimeout, and goes on empty, when the store ${fault}`, () =>
      Effect.gen(function*() {
        const feed = withCheckout()
        feed.answer(answer)
        const starting = yield* Effect.forkScoped(build(feed, { bootTimeout: "3 seconds", fetchTimeout: "1 second" }))
        yield* TestClock.adjust("2999 millis")
        assert.isUndefined(starting.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        const node = yield* Fiber.join(starting)
        assert.strictEqual(node.cache.readiness()._tag, "Empty")
        assert.isFalse(node.cache.health().ready)
        assert.isTrue(node.cache.health().live)
        assertServes(node, { checkout: false })
      }))
  }

  for (const [fault, answer] of Object.entries(faults)) {
    it.effect(`recovers by itself from a store that at first ${fault}`, () =>
      Effect.gen(function*() {
        const feed = withCheckout()
        feed.answerNext(answer, answer, answer)
        const node = yield* start(feed, { bootTimeout: "1 second", fetchTimeout: "1 second" })
        yield* TestClock.adjust("2 minutes")
        assert.deepStrictEqual(node.cache.readiness(), { _tag: "Fresh" })
        assertServes(node, { checkout: true })
      }))
  }

  it.effect("says why it is empty", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer(failing("incompatible"))
      const node = yield* start(feed)
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Empty", reason: "incompatible" })
    }))

  it.effect("survives a feed that throws instead of answering", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answerNext(() => {
        throw new Error("boom")
      })
      const node = yield* start(feed)
      yield* TestClock.adjust("1 second")
      assertServes(node, { checkout: true })
      assert.strictEqual(eventsOf(node, "RefreshFailed")[0]?.reason, "failed")
    }))

  it.effect("does not wait at all with a bootTimeout of 0", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer(Effect.never)
      const node = yield* build(feed, { bootTimeout: 0 })
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Empty", reason: "starting" })
    }))

  it.effect("fails, when asked to, if the store is late, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer(unreachable)
      const error = yield* Effect.flip(Effect.scoped(start(feed, { whenNotFresh: "fail" })))
      assert.strictEqual(error._tag, "NotFresh")
      if (error._tag === "NotFresh") assert.deepInclude(error, { serving: "Empty", reason: "unreachable" })
      const calls = feed.calls.length
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(feed.calls.length, calls)
    }))

  it.effect("serves a bootstrap at once, while the first fetch hangs", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer(Effect.never)
      const bootstrap = complete([on("search")], { epoch: "bootstrap" })
      const node = yield* build(feed, { bootTimeout: 0, bootstrap })
      assertServes(node, { search: true, checkout: false })
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Bootstrap", reason: "starting" })
      assert.deepInclude(node.cache.provenance(), { source: "bootstrap", stale: true })
    }))

  it.effect("replaces the bootstrap by what the store has, and counts no change of epoch for it", () =>
    Effect.gen(function*() {
      const bootstrap = complete([on("search")], { epoch: "bootstrap" })
      const node = yield* build(withCheckout(), { bootstrap })
      assertServes(node, { search: false, checkout: true })
      assert.strictEqual(node.cache.health().counts.epochs, 0)
    }))

  it.effect("does not believe a bootstrap of another environment, and starts without it", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer(Effect.never)
      const bootstrap = complete([on("search")], { environment: "dev" })
      const node = yield* build(feed, { bootTimeout: 0, bootstrap })
      assertServes(node, { search: false })
      assert.deepInclude(eventsOf(node, "SnapshotRefused")[0], { source: "bootstrap", reason: "wrong_environment" })
    }))

  it.effect("of one node is not held up by another that waits for its store", () =>
    Effect.gen(function*() {
      const hanging = withCheckout()
      hanging.answer(Effect.never)
      const first = yield* Effect.forkScoped(build(hanging))
      const node = yield* build(withCheckout())
      assertServes(node, { checkout: true })
      assert.isUndefined(first.pollUnsafe())
    }))

  it.effect("with a store that answers late goes on, and takes the answer when it comes", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer((held) => Effect.delay(feed.truth(held), "7 seconds"))
      const node = yield* start(feed, { bootTimeout: "5 seconds" })
      assertServes(node, { checkout: false })
      yield* TestClock.adjust("2 seconds")
      yield* happens(() => node.cache.readiness()._tag === "Fresh")
      assertServes(node, { checkout: true })
    }))
})

describe("wrong options", () => {
  const wrong: ReadonlyArray<readonly [setting: string, options: object]> = [
    ["environment", { environment: "PROD!" }],
    ["bootTimeout", { bootTimeout: -1 }],
    ["bootTimeout", { bootTimeout: "Infinity" }],
    ["bootTimeout", { bootTimeout: Number.NaN }],
    ["fetchTimeout", { fetchTimeout: 0 }],
    ["pollInterval", { pollInterval: 1 }],
    ["pollInterval", { pollInterval: "15 secnds" }],
    ["pollInterval", { pollInterval: true }],
    ["pollIntervall", { pollIntervall: "15 seconds" }],
    ["staleAfter", { pollInterval: "1 minute", staleAfter: "90 seconds" }],
    ["retry.min", { retry: { min: 0 } }],
    ["retry.max", { retry: { min: "10 seconds", max: "1 second" } }],
    ["whenNotFresh", { whenNotFresh: "wait" }]
  ]

  for (const [setting, options] of wrong) {
    it.effect(`fail a start with the name of the setting: ${JSON.stringify(options)}`, () =>
      Effect.gen(function*() {
        const feed = withCheckout()
        const error = yield* Effect.flip(build(feed, options))
        assert.strictEqual(error._tag, "InvalidInput")
        if (error._tag === "InvalidInput") assert.deepStrictEqual(error.problems.map(({ path }) => path), [setting])
        assert.deepStrictEqual(feed.calls, [])
      }))
  }

  it.effect("are all reported together", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(build(withCheckout(), { environment: "", fetchTimeout: 0, pollInterval: 0 }))
      assert.include(error.message, "environment")
      assert.include(error.message, "fetchTimeout")
      assert.include(error.message, "pollInterval")
    }))

  it.effect("do not include long poll intervals: the threshold of staleness follows them", () =>
    Effect.gen(function*() {
      const node = yield* build(withCheckout(), { pollInterval: "5 minutes" })
      yield* TestClock.adjust("8 minutes")
      assert.isFalse(node.cache.provenance().stale)
    }))
})
