import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/testing/TestClock"
import { NotRefreshed } from "rulestead/RulesteadError"
import { MemoryBackup } from "./support/MemoryBackup.ts"
import { assertServes, build, eventsOf, happens, quiet, start } from "./support/Nodes.ts"
import { complete, off, on } from "./support/Published.ts"
import { ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const onDemand = { background: false }

const publishing = () => {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  return feed
}

describe("a node that does nothing behind the scenes", () => {
  it.effect("looks at the store once at the start, and then at no other time, and does not listen", () =>
    Effect.gen(function*() {
      const feed = publishing()
      const node = yield* build(feed, onDemand)
      assertServes(node, { checkout: true })
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("12 hours")
      yield* quiet
      assert.strictEqual(feed.calls.length, 1)
      assert.strictEqual(feed.subscriptions, 0)
      assertServes(node, { checkout: true })
    }))

  it.effect("looks again when it is asked to, once for all who ask meanwhile", () =>
    Effect.gen(function*() {
      const feed = publishing()
      const node = yield* build(feed, onDemand)
      feed.published.put(off("checkout"))
      feed.answer((held) => Effect.delay(feed.truth(held), "1 second"))
      const many = Array.from({ length: 100 }, () => node.rulestead.refresh)
      const asking = yield* Effect.forkChild(Effect.all(many, { concurrency: "unbounded" }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(asking)
      assertServes(node, { checkout: false })
      assert.strictEqual(feed.calls.length, 3)
      assert.strictEqual(feed.peak, 1)
    }))

  it.effect("starts with what there is when the store is away, and says so", () =>
    Effect.gen(function*() {
      const feed = publishing()
      feed.answer(unreachable)
      const node = yield* build(feed, { ...onDemand, bootstrap: complete([off("checkout")]) })
      assert.deepStrictEqual(yield* node.rulestead.ready, { _tag: "Bootstrap", reason: "unreachable" })
      const refused = yield* Effect.flip(node.rulestead.refresh)
      assert.instanceOf(refused, NotRefreshed)
      assert.strictEqual(eventsOf(node, "RefreshFailed").length, 2)
      feed.answer(undefined)
      yield* node.rulestead.refresh
      assertServes(node, { checkout: true })
      assert.strictEqual((yield* node.rulestead.ready)._tag, "Fresh")
    }))

  it.effect("waits no longer than bootTimeout for a store that hangs, and keeps the bootstrap though it is 0", () =>
    Effect.gen(function*() {
      const feed = publishing()
      feed.answer(Effect.never)
      const node = yield* start(feed, { ...onDemand, bootTimeout: "1 second", bootstrap: complete([on("checkout")]) })
      assertServes(node, { checkout: true })
      const hasty = yield* build(feed, { ...onDemand, bootTimeout: 0, bootstrap: complete([on("checkout")]) })
      assertServes(hasty, { checkout: true })
    }))

  it.effect("goes on with a look when whoever asked for it does not wait any more", () =>
    Effect.gen(function*() {
      const feed = publishing()
      const node = yield* build(feed, onDemand)
      feed.published.put(off("checkout"))
      feed.answerNext((held) => Effect.delay(feed.truth(held), "1 second"))
      const asking = yield* Effect.forkChild(node.rulestead.refresh)
      yield* happens(() => feed.active === 1)
      yield* Fiber.interrupt(asking)
      yield* TestClock.adjust("1 second")
      yield* quiet
      assertServes(node, { checkout: false })
    }))

  it.effect("says in the log when the next try is: in no time that is none", () => {
    const lines: Array<string> = []
    const collecting = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
    return Effect.gen(function*() {
      const feed = publishing()
      feed.answer(unreachable)
      yield* build(feed, onDemand)
      assert.deepStrictEqual(lines, ["Could not refresh: unreachable; next try when it is asked for"])
      yield* start(feed, { bootTimeout: "1 second", retry: { min: "10 millis", max: "10 millis" } })
      assert.match(lines.find((line) => line.includes("next try in")) ?? "", /next try in ([1-9]|10) ms$/)
    }).pipe(Effect.provide(collecting))
  })

  it.effect("takes what is no age for 0, and so looks, and answers", () =>
    Effect.gen(function*() {
      const feed = publishing()
      const node = yield* build(feed, onDemand)
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      const look = (age: unknown): Effect.Effect<boolean> =>
        Reflect.apply(node.rulestead.refreshIfOlderThan, undefined, [age])
      const odd = ["banana", null, undefined, Symbol("age"), Number.NaN, {}, proxy]
      for (const [index, age] of odd.entries()) {
        yield* TestClock.adjust("1 second")
        assert.isTrue(yield* look(age))
        assert.strictEqual(feed.calls.length, index + 2)
      }
    }))

  it.effect("is live however long nobody asks, and its decisions become stale all the same", () =>
    Effect.gen(function*() {
      const node = yield* build(publishing(), onDemand)
      assert.isFalse((yield* node.rulestead.evaluate("checkout", {})).snapshot.stale)
      yield* TestClock.adjust("2 minutes")
      assert.include(yield* node.rulestead.health, { live: true, stale: true })
      assert.isTrue((yield* node.rulestead.evaluate("checkout", {})).snapshot.stale)
      yield* node.rulestead.refresh
      assert.isFalse((yield* node.rulestead.evaluate("checkout", {})).snapshot.stale)
    }))

  it.effect("restores its backup, and saves it when it is flushed", () =>
    Effect.gen(function*() {
      const feed = publishing()
      const backup = new MemoryBackup(complete([off("checkout")]))
      feed.answerNext(unreachable)
      const node = yield* build(feed, onDemand, backup.layer)
      assert.strictEqual((yield* node.rulestead.ready)._tag, "FromBackup")
      assertServes(node, { checkout: false })
      feed.published.put(on("search"))
      yield* node.rulestead.refresh
      yield* TestClock.adjust("1 hour")
      yield* quiet
      assert.deepStrictEqual(backup.written, [])
      yield* node.rulestead.flush
      yield* node.rulestead.flush
      assert.deepStrictEqual(backup.written, [2])
    }))
})

for (const background of [true, false]) {
  describe(`refreshing if it is needed, ${background ? "with" : "without"} a loop behind the scenes`, () => {
    const options = { background, pollInterval: "1 hour" } as const

    it.effect("looks at the store only if that was too long ago", () =>
      Effect.gen(function*() {
        const feed = publishing()
        const { rulestead } = yield* build(feed, options)
        yield* quiet
        const calls = feed.calls.length
        assert.isTrue(yield* rulestead.refreshIfOlderThan("30 seconds"))
        yield* TestClock.adjust("20 seconds")
        assert.isTrue(yield* rulestead.refreshIfOlderThan("30 seconds"))
        assert.strictEqual(feed.calls.length, calls)
        yield* TestClock.adjust("20 seconds")
        assert.isTrue(yield* rulestead.refreshIfOlderThan("30 seconds"))
        assert.strictEqual(feed.calls.length, calls + 1)
      }))

    it.effect("fails never, and says whether the snapshot is that young", () =>
      Effect.gen(function*() {
        const feed = publishing()
        const node = yield* build(feed, options)
        feed.answer(unreachable)
        yield* TestClock.adjust("40 seconds")
        assert.isFalse(yield* node.rulestead.refreshIfOlderThan("30 seconds"))
        assert.isTrue(yield* node.rulestead.refreshIfOlderThan("1 minute"))
        assertServes(node, { checkout: true })
      }))
  })
}

describe("flushing", () => {
  it.effect("saves the backup at once, though it would be saved behind the scenes", () =>
    Effect.gen(function*() {
      const feed = publishing()
      const backup = new MemoryBackup()
      const node = yield* build(feed, {}, backup.layer)
      yield* node.rulestead.flush
      assert.deepStrictEqual(backup.written, [1])
      yield* quiet
      assert.deepStrictEqual(backup.written, [1])
    }))

  it.effect("leaves alone what may not be written, and does nothing where there is no backup", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup()
      const readOnly = yield* build(publishing(), onDemand, backup.layerReadOnly)
      yield* readOnly.rulestead.flush
      assert.deepStrictEqual(backup.written, [])
      const node = yield* build(publishing(), onDemand)
      yield* node.rulestead.flush
    }))
})
