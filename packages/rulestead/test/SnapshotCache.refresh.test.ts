import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { like } from "./support/Clocks.ts"
import { MemoryBackup } from "./support/MemoryBackup.ts"
import { assertServes, build, eventsOf, happens, quiet } from "./support/Nodes.ts"
import { off, on } from "./support/Published.ts"
import { failing, ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const withCheckout = () => {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  return feed
}

/** The same number every time. */
const always = (random: number): Context.Context<never> =>
  Context.make(Random.Random, { nextDoubleUnsafe: () => random, nextIntUnsafe: () => 0 })

describe("a node", () => {
  it.effect("says that it is dead when its refresh loop is stuck, and only then", () =>
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      let isLost = false
      const losing = like(clock, { sleep: (duration) => isLost ? Effect.never : clock.sleep(duration) })
      const feed = withCheckout()
      const node = yield* Effect.provideService(build(feed), Clock.Clock, losing)
      feed.answer(Effect.uninterruptible(Effect.never))
      yield* TestClock.adjust("1 day")
      assert.deepInclude(node.cache.health(), { live: true, ready: true, stale: true })
      isLost = true
      yield* TestClock.adjust("3 minutes")
      assert.deepInclude(node.cache.health(), { live: false, ready: true, stale: true })
    }))
})

describe("polling", () => {
  it.effect("finds what nobody announced", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("23 seconds")
      assertServes(node, { checkout: false })
      assert.strictEqual(node.cache.provenance().version, 2)
    }))

  it.effect("asks only for what changed since the snapshot that is held", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      yield* build(feed)
      yield* TestClock.adjust("23 seconds")
      assert.deepInclude(feed.calls.at(-1), { epoch: "epoch-1", version: 1 })
    }))

  for (const [random, earliest] of [[0, 7500], [0.5, 15_000], [1, 22_500]] as const) {
    it.effect(`waits between half and one and a half of the interval: ${earliest} ms`, () =>
      Effect.gen(function*() {
        const feed = withCheckout()
        yield* build(feed)
        yield* quiet
        const calls = feed.calls.length
        yield* TestClock.adjust(earliest - 1)
        assert.strictEqual(feed.calls.length, calls)
        yield* TestClock.adjust(1)
        assert.strictEqual(feed.calls.length, calls + 1)
      }).pipe(Effect.provideContext(always(random))))
  }

  it.effect("does not keep many nodes in step", () =>
    Effect.gen(function*() {
      const feeds = Array.from({ length: 20 }, withCheckout)
      yield* Effect.forEach(feeds, (feed) => build(feed))
      yield* TestClock.adjust("10 minutes")
      assert.isAbove(new Set(feeds.map(({ calls }) => calls.length)).size, 1)
    }))

  it.effect("goes on in time when the wall clock is set back or forward", () =>
    Effect.gen(function*() {
      let offset = 0
      const clock = yield* Clock.Clock
      const shifted = like(clock, {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + offset,
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + BigInt(offset) * 1_000_000n,
        currentTimeMillis: Effect.sync(() => clock.currentTimeMillisUnsafe() + offset),
        currentTimeNanos: Effect.sync(() => clock.currentTimeNanosUnsafe() + BigInt(offset) * 1_000_000n)
      })
      const feed = withCheckout()
      const node = yield* Effect.provideService(build(feed), Clock.Clock, shifted)
      for (const step of [-86_400_000, 7 * 86_400_000]) {
        offset = step
        assert.isAtLeast(node.cache.health().verifiedAge ?? -1, 0)
        assert.isBelow(node.cache.health().verifiedAge ?? Number.NaN, 23_000)
        const version = feed.published.put(off("checkout"))
        yield* TestClock.adjust("23 seconds")
        assert.strictEqual(node.cache.provenance().version, version)
        assert.isFalse(node.cache.provenance().stale)
      }
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(eventsOf(node, "BecameStale"), [])
    }))
})

describe("a failing store", () => {
  it.effect("is asked again with growing pauses, of which any part may be waited", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(unreachable)
      yield* TestClock.adjust("3 minutes")
      const pauses = eventsOf(node, "RefreshFailed").map(({ retryMillis }) => retryMillis)
      assert.deepStrictEqual(pauses.slice(0, 9), [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    }).pipe(Effect.provideContext(always(1))))

  it.effect("is not waited for at once by everybody: the pauses are random", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(unreachable)
      yield* TestClock.adjust("10 minutes")
      eventsOf(node, "RefreshFailed").forEach(({ failures, retryMillis }) => {
        assert.isAtMost(retryMillis, Math.min(30_000, 250 * 2 ** (failures - 1)))
      })
      assert.isAbove(new Set(eventsOf(node, "RefreshFailed").map(({ retryMillis }) => retryMillis)).size, 5)
    }))

  it.effect("never stops being asked, however long it fails, and is served from at once when it is back", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(unreachable)
      yield* TestClock.adjust("8 hours")
      feed.published.put(off("checkout"))
      feed.answer(undefined)
      yield* TestClock.adjust("30 seconds")
      assertServes(node, { checkout: false })
    }))

  it.effect("that denies access is asked seldom, but for ever", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(failing("denied"))
      yield* TestClock.adjust("1 hour")
      const failures = eventsOf(node, "RefreshFailed")
      assert.isTrue(failures.every(({ reason, retryMillis }) => reason === "denied" && retryMillis >= 15_000))
      assert.isAtLeast(failures.length, 100)
      feed.answer(undefined)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(node.cache.health().refresh.failures, 0)
    }))

  it.effect("costs nothing of what is served", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      for (const answer of [unreachable, Effect.never, Effect.die("boom"), Effect.interrupt]) {
        feed.answer(answer)
        yield* TestClock.adjust("1 hour")
        assertServes(node, { checkout: true })
      }
    }))

  it.effect("that throws and dies for hours neither ends the loop nor the process", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(() => {
        throw new Error("boom")
      })
      yield* TestClock.adjust("1 hour")
      feed.answer(Effect.die({ toString: null }))
      yield* TestClock.adjust("1 hour")
      feed.published.put(off("checkout"))
      feed.answer(undefined)
      yield* TestClock.adjust("1 minute")
      assertServes(node, { checkout: false })
      assert.isTrue(node.cache.health().live)
    }))

  it.effect("that answers with nonsense is refused", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      for (const nonsense of [undefined, null, 7, {}, { head: null }, { head: {}, complete: true }]) {
        // @ts-expect-error a feed written without types
        feed.answer(Effect.succeed(nonsense))
        yield* TestClock.adjust("1 minute")
        assertServes(node, { checkout: true })
        assert.strictEqual(node.cache.health().refresh.lastError?.reason, "malformed")
      }
    }))

  it.effect("that hangs is given up at the deadline, even if it cannot be interrupted", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed, { fetchTimeout: "2 seconds" })
      feed.answerNext(Effect.uninterruptible(Effect.never))
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("23 seconds")
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(eventsOf(node, "RefreshFailed")[0]?.reason, "timeout")
      assert.strictEqual(node.cache.health().refresh.abandoned, 1)
      assertServes(node, { checkout: false })
    }))

  it.effect("is not asked by more than a few fetches that never end", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(Effect.uninterruptible(Effect.never))
      yield* TestClock.adjust("6 hours")
      assert.isAtMost(feed.active, 4)
      assert.isTrue(node.cache.health().live)
      assertServes(node, { checkout: true })
    }))

  it.effect("may take long to be interrupted: when it is done with that, it is asked again", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(Effect.onInterrupt(Effect.never, () => Effect.sleep("5 minutes")))
      yield* TestClock.adjust("1 hour")
      assert.isAtMost(feed.peak, 4)
      feed.published.put(off("checkout"))
      feed.answer(undefined)
      yield* TestClock.adjust("7 minutes")
      assertServes(node, { checkout: false })
      assert.strictEqual(feed.active, 0)
    }))

  it.effect("that answers after the deadline is not listened to any more", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed, { fetchTimeout: "1 second" })
      const late = feed.published.changesSince(undefined)
      feed.published.put(off("checkout"))
      feed.answerNext(() => Effect.uninterruptible(Effect.delay(Effect.succeed(late), "1 minute")))
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(node.cache.provenance().version, 2)
      assert.strictEqual(feed.active, 0)
    }))
})

describe("a part of the node itself that fails unexpectedly", () => {
  it.effect("is reported, and started again", () =>
    Effect.gen(function*() {
      let isBroken = false
      const random: Context.Context<never> = Context.make(Random.Random, {
        nextDoubleUnsafe: () => {
          if (isBroken) throw new Error("boom")
          return 0.5
        },
        nextIntUnsafe: () => 0
      })
      const feed = withCheckout()
      const node = yield* Effect.provideContext(build(feed), random)
      isBroken = true
      yield* TestClock.adjust("1 minute")
      yield* feed.loseListener()
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        new Set(eventsOf(node, "Faulted").map(({ part }) => part)),
        new Set(["refresh", "listener"])
      )
      isBroken = false
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("1 minute")
      assertServes(node, { checkout: false })
      assert.strictEqual(node.cache.health().listener.state, "listening")
    }))

  it.effect("is reported and started again, whichever part it is, and all is as before when that is over", () =>
    Effect.gen(function*() {
      let isBroken = false
      const clock = yield* Clock.Clock
      const breaking = like(clock, {
        monotonicTimeNanosUnsafe: () => {
          if (isBroken) throw new Error("boom")
          return clock.monotonicTimeNanosUnsafe()
        }
      })
      const feed = withCheckout()
      const backup = new MemoryBackup()
      const registry: Metric.MetricRegistry = new Map()
      const node = yield* build(feed, {}, backup.layerKeptEvery("30 seconds")).pipe(
        Effect.provideService(Clock.Clock, breaking),
        Effect.provideService(Metric.MetricRegistry, registry)
      )
      yield* happens(() => backup.written.length === 1)
      yield* quiet
      isBroken = true
      yield* feed.loseListener()
      yield* TestClock.adjust("2 minutes")
      assertServes(node, { checkout: true })
      assert.deepStrictEqual(
        new Set(eventsOf(node, "Faulted").map(({ part }) => part)),
        new Set(["refresh", "listener", "freshness", "metrics", "backup"])
      )
      isBroken = false
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("1 minute")
      assertServes(node, { checkout: false })
      assert.strictEqual(node.cache.health().listener.state, "listening")
      assert.strictEqual(backup.written.at(-1), 2)
      const metrics = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
      assert.deepInclude(metrics.find(({ id }) => id === "rulestead_snapshot_version")?.state, { value: 2 })
      feed.answer(unreachable)
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(node.cache.provenance().stale)
    }))
})

describe("refreshing", () => {
  it.effect("never fetches twice at a time, whatever wakes it up", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer((held) => Effect.delay(feed.truth(held), "100 millis"))
      yield* Effect.forkScoped(Effect.forEach(Array.from({ length: 50 }), () => node.rulestead.refresh, {
        concurrency: "unbounded"
      }))
      for (let version = 2; version < 200; version++) {
        feed.published.put(version % 2 === 0 ? off("checkout") : on("checkout"))
        feed.announce(version)
        yield* TestClock.adjust("7 millis")
      }
      yield* TestClock.adjust("1 second")
      assert.strictEqual(feed.peak, 1)
      assert.strictEqual(node.cache.provenance().version, 199)
    }))

  it.effect("on request waits for a look at the store that began after the request", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      yield* quiet
      feed.answer((held) =>
        Effect.flatMap(feed.truth(held), (changes) => Effect.delay(Effect.succeed(changes), "1 second"))
      )
      const first = yield* Effect.forkChild(node.rulestead.refresh)
      yield* quiet
      feed.published.put(off("checkout"))
      const second = yield* Effect.forkChild(node.rulestead.refresh)
      yield* quiet
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      assert.isUndefined(second.pollUnsafe())
      assertServes(node, { checkout: true })
      yield* quiet
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(second)
      assertServes(node, { checkout: false })
    }))

  it.effect("on request says what went wrong", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      feed.answer(failing("incompatible"))
      const error = yield* Effect.flip(node.rulestead.refresh)
      assert.deepInclude(error, { _tag: "NotRefreshed", environment: "prod", reason: "incompatible" })
      assert.strictEqual(node.cache.health().refresh.lastError?.reason, "incompatible")
      feed.answer(undefined)
      yield* TestClock.adjust("250 millis")
      yield* node.rulestead.refresh
      assert.deepInclude(node.cache.health().refresh, { failures: 0, lastError: null })
    }))

  it.effect("leaves no fiber and no timer behind, a hundred thousand times", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      let fibers = 0
      let timers = 0
      const clock = yield* Clock.Clock
      const counting = like(clock, {
        sleep: (duration) =>
          Effect.acquireUseRelease(
            Effect.sync(() => timers++),
            () => clock.sleep(duration),
            () => Effect.sync(() => timers--)
          )
      })
      yield* Effect.gen(function*() {
        const node = yield* build(feed)
        yield* quiet
        const before = { fibers, timers }
        assert.isAbove(fibers, 0)
        assert.isAbove(timers, 0)
        for (let round = 0; round < 100_000; round++) yield* node.rulestead.refresh
        yield* quiet
        assert.deepStrictEqual({ fibers, timers }, before)
        assert.isAtLeast(node.cache.health().refresh.attempts, 100_000)
      }).pipe(
        Effect.provideService(Clock.Clock, counting),
        Effect.provideService(Metric.FiberRuntimeMetrics, {
          recordFiberStart: () => fibers++,
          recordFiberEnd: () => fibers--
        })
      )
    }), 120_000)
})

describe("the end of a node", () => {
  const faults = {
    "answers": undefined,
    "refuses connections": unreachable,
    "hangs": Effect.never,
    "hangs, and cannot be interrupted": Effect.uninterruptible(Effect.never)
  }
  for (const [fault, answer] of Object.entries(faults)) {
    it.effect(`takes no time, and ends everything, while the store ${fault}`, () =>
      Effect.gen(function*() {
        const feed = withCheckout()
        const scope = yield* Scope.make()
        const node = yield* Scope.provide(build(feed), scope)
        feed.answer(answer)
        const asking = yield* Effect.forkChild(node.rulestead.refresh)
        yield* happens(() => feed.calls.length > 1)
        yield* Scope.close(scope, Exit.void)
        const calls = feed.calls.length
        if (answer !== undefined && answer !== unreachable) {
          assert.deepInclude(yield* Effect.flip(Fiber.join(asking)), { _tag: "NotRefreshed", reason: "closed" })
        }
        assert.deepInclude(yield* Effect.flip(node.rulestead.refresh), { _tag: "NotRefreshed", reason: "closed" })
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(feed.calls.length, calls)
      }))
  }

  it.effect("leaves the last snapshot to those who still ask, marked as stale", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const node = yield* Scope.provide(build(withCheckout()), scope)
      yield* Scope.close(scope, Exit.void)
      assertServes(node, { checkout: true })
      assert.isTrue(node.cache.provenance().stale)
      assert.deepInclude(node.cache.health(), { live: false, ready: true, stale: true })
      assert.strictEqual(node.cache.health().listener.state, "closed")
    }))
})
