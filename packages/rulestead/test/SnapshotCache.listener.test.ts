import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { Options } from "rulestead/SnapshotCache"
import type { Announcement } from "rulestead/SnapshotFeed"
import { assertServes, build, eventsOf, happens, type Node, quiet, start } from "./support/Nodes.ts"
import { off, on } from "./support/Published.ts"
import { failing, ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

/** A node that serves version 1, listens, and has nothing to do. */
const listeningWith = Effect.fnUntraced(function*(options: Partial<Options>) {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  const node = yield* build(feed, options)
  yield* quiet
  assert.strictEqual(node.cache.health().listener.state, "listening")
  return { feed, node }
})

const listening = listeningWith({})

const version = (node: Node): number => node.cache.provenance().version

describe("an announcement", () => {
  it.effect("brings the new version at once", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.announce(feed.published.put(off("checkout")))
      yield* happens(() => version(node) === 2)
      assertServes(node, { checkout: false })
    }))

  it.effect("that is lost costs no more than the time to the next poll", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.published.put(off("checkout"))
      yield* quiet
      assert.strictEqual(version(node), 1)
      yield* TestClock.adjust("22500 millis")
      assert.strictEqual(version(node), 2)
    }))

  it.effect("that is repeated, late or out of order changes nothing and asks for nothing", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.published.put(off("checkout"))
      feed.announce(feed.published.put(on("checkout")))
      yield* happens(() => version(node) === 3)
      const calls = feed.calls.length
      feed.announce(3, 3, 2, 1, 3, 2)
      yield* quiet
      assert.strictEqual(feed.calls.length, calls)
      assert.strictEqual(version(node), 3)
      assert.deepStrictEqual(eventsOf(node, "Announced").map(({ news, version }) => [version, news]), [
        [3, true],
        [3, false],
        [3, false],
        [2, false],
        [1, false],
        [3, false],
        [2, false]
      ])
    }))

  it.effect("that makes no sense is not followed", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      const calls = feed.calls.length
      feed.announce(Number.NaN, -1, 0, 1.5, Number.POSITIVE_INFINITY)
      yield* quiet
      assert.strictEqual(feed.calls.length, calls)
      assert.strictEqual(version(node), 1)
    }))

  it.effect("is followed, soon and again, until its version can be seen", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.announce(2)
      yield* quiet
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(version(node), 1)
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(version(node), 2)
    }))

  it.effect("is followed for as long as it takes, and found soon however seldom the node polls", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listeningWith({ pollInterval: "1 hour" })
      feed.announce(2)
      yield* quiet
      yield* TestClock.adjust("20 minutes")
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("45 seconds")
      assert.strictEqual(version(node), 2)
      const calls = feed.calls.length
      yield* TestClock.adjust("25 minutes")
      assert.strictEqual(feed.calls.length, calls)
    }))

  it.effect("of a version that never comes is reported once, costs no more than polling, and holds up no other", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.announce(Number.MAX_SAFE_INTEGER)
      yield* quiet
      yield* TestClock.adjust("20 seconds")
      const calls = feed.calls.length
      yield* TestClock.adjust("10 minutes")
      assert.isAtMost(feed.calls.length - calls, 80)
      feed.announce(feed.published.put(off("checkout")))
      yield* happens(() => version(node) === 2)
      yield* TestClock.adjust("10 minutes")
      feed.announce(feed.published.put(on("checkout")))
      yield* happens(() => version(node) === 3)
      assert.deepStrictEqual(
        eventsOf(node, "AnnouncementUnmet").map(({ announced, version }) => [announced, version]),
        [[Number.MAX_SAFE_INTEGER, 1]]
      )
    }))

  it.effect("is followed no longer than its epoch lasts", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listeningWith({ pollInterval: "1 hour" })
      feed.announce(1000)
      yield* quiet
      feed.published.restore("epoch-2", 1, [off("checkout")])
      yield* TestClock.adjust("1 minute")
      assertServes(node, { checkout: false })
      const calls = feed.calls.length
      yield* TestClock.adjust("25 minutes")
      assert.strictEqual(feed.calls.length, calls)
    }))

  it.effect("that comes while a new epoch is being fetched is followed in that one", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listeningWith({ pollInterval: "1 hour" })
      feed.published.restore("epoch-2", 1, [off("checkout")])
      feed.answerNext((held) =>
        Effect.tap(feed.truth(held), () => {
          feed.announce(feed.published.put(on("checkout")))
          return quiet
        })
      )
      feed.announce(1000)
      yield* quiet
      yield* happens(() => version(node) === 2)
      assertServes(node, { checkout: true })
    }))

  it.effect("that comes while its version is being fetched asks for nothing more", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      const version2 = feed.published.put(off("checkout"))
      feed.answerNext((held) => Effect.delay(feed.truth(held), "1 second"))
      feed.announce(version2)
      yield* quiet
      const version3 = feed.published.put(on("checkout"))
      feed.announce(version3)
      yield* quiet
      const calls = feed.calls.length
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual(version(node), 3)
      assert.strictEqual(feed.calls.length, calls)
    }))

  it.effect("is met by any later version", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.published.put(off("checkout"))
      feed.published.put(on("checkout"))
      feed.announce(2)
      yield* happens(() => version(node) === 3)
      const calls = feed.calls.length
      yield* TestClock.adjust("7 seconds")
      assert.strictEqual(feed.calls.length, calls)
    }))

  it.effect("is followed as soon as the store answers again, when it came during a failure", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.answerNext(unreachable)
      feed.announce(feed.published.put(off("checkout")))
      yield* quiet
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(version(node), 2)
    }))

  it.effect("does not hurry a store that is failing", () =>
    Effect.gen(function*() {
      const { feed } = yield* listening
      feed.answer(unreachable)
      const calls = feed.calls.length
      for (let version = 2; version < 1002; version++) {
        feed.announce(version)
        yield* TestClock.adjust("10 millis")
      }
      assert.isAtMost(feed.calls.length - calls, 60)
    }))

  it.effect("among a thousand in a burst is met with a few fetches", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.answer((held) => Effect.delay(feed.truth(held), "5 millis"))
      const calls = feed.calls.length
      for (let version = 2; version <= 1001; version++) {
        feed.announce(feed.published.put(version % 2 === 0 ? off("checkout") : on("checkout")))
        if (version % 100 === 0) yield* TestClock.adjust("1 millis")
      }
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(version(node), 1001)
      assertServes(node, { checkout: true })
      assert.isAtMost(feed.calls.length - calls, 6)
    }))
})

describe("a listener", () => {
  it.effect("that is opened looks at the store, since it may have missed something", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      yield* feed.loseListener()
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(feed.subscriptions, 2)
      assert.strictEqual(version(node), 2)
      assert.strictEqual(node.cache.health().listener.state, "listening")
    }))

  const losses: Readonly<Record<string, () => Stream.Stream<Announcement> | ReturnType<typeof failed>>> = {
    "cannot be opened": () => failed(),
    "ends": () => Stream.empty,
    "ends as soon as it stands": () => Stream.succeed({ _tag: "Listening" }),
    "dies": () => Stream.die("boom"),
    "throws": () => {
      throw new Error("boom")
    }
  }

  function failed() {
    return Stream.fromEffect(failing("unreachable"))
  }

  for (const [loss, listen] of Object.entries(losses)) {
    it.effect(`that ${loss} is opened again for ever, ever less often`, () =>
      Effect.gen(function*() {
        const { feed, node } = yield* listening
        feed.answerListeners(listen)
        yield* feed.loseListener()
        yield* TestClock.adjust("5 hours")
        const { subscriptions } = feed
        yield* TestClock.adjust("1 hour")
        assert.isAbove(feed.subscriptions - subscriptions, 100)
        assert.isBelow(feed.subscriptions - subscriptions, 1000)
        assert.isAtLeast(node.cache.health().listener.failures, 100)
        assertServes(node, { checkout: true })

        feed.answerListeners(undefined)
        yield* TestClock.adjust("30 seconds")
        feed.announce(feed.published.put(off("checkout")))
        yield* happens(() => version(node) === 2)
        assert.deepStrictEqual(node.cache.health().listener, { state: "listening", failures: 0, reason: null })
      }))
  }

  it.effect("that is never opened leaves the work to polling", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.answerListeners(() => Stream.never)
      feed.published.put(on("checkout"))
      const node = yield* build(feed)
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("23 seconds")
      assert.strictEqual(version(node), 2)
      assert.strictEqual(node.cache.health().listener.state, "connecting")
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(feed.subscriptions, 1)
    }))

  it.effect("waits for a look that found a connection", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.published.put(on("checkout"))
      feed.answer(unreachable)
      const node = yield* start(feed)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(feed.subscriptions, 0)
      assert.deepStrictEqual(node.cache.health().listener, { state: "waiting", failures: 0, reason: null })
      feed.answer(undefined)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(feed.subscriptions, 1)
      assert.strictEqual(node.cache.health().listener.state, "listening")
    }))

  it.effect("is let go when a look finds no connection, and opened again when looks do", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      let open = 0
      feed.answerListeners(() =>
        Stream.unwrap(Effect.map(
          Effect.acquireRelease(Effect.sync(() => open++), () => Effect.sync(() => open--)),
          () => Stream.concat(Stream.succeed<Announcement>({ _tag: "Listening" }), Stream.never)
        ))
      )
      yield* feed.loseListener()
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(open, 1)

      feed.answer(unreachable)
      yield* TestClock.adjust("23 seconds")
      assert.strictEqual(open, 0)
      assert.strictEqual(node.cache.health().listener.reason, "unreachable")
      const { subscriptions } = feed
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(feed.subscriptions, subscriptions)

      feed.answer(undefined)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(open, 1)
      assert.strictEqual(node.cache.health().listener.state, "listening")
    }))

  it.effect("stays while the store answers, whatever it answers", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      for (const reason of ["denied", "environment_not_found", "incompatible", "timeout", "failed"] as const) {
        feed.answer(failing(reason))
        yield* TestClock.adjust("1 minute")
        assert.deepInclude(node.cache.health().refresh.lastError, { reason })
      }
      assert.strictEqual(feed.subscriptions, 1)
      assert.strictEqual(node.cache.health().listener.state, "listening")
    }))

  it.effect("that has gone deaf without a word is noticed by polling, and opened again", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      feed.announce(feed.published.put(off("checkout")))
      yield* happens(() => version(node) === 2)
      for (let silent = 0; silent < 3; silent++) {
        feed.published.put(on("checkout"))
        yield* TestClock.adjust("23 seconds")
      }
      assert.strictEqual(eventsOf(node, "ListenerLost")[0]?.reason, "silent")
      assert.strictEqual(feed.subscriptions, 2)
      feed.announce(feed.published.put(off("checkout")))
      yield* happens(() => version(node) === 6)
    }))

  it.effect("is not taken for deaf while it hears, however fast things are published", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* listening
      for (let round = 0; round < 300; round++) {
        feed.announce(feed.published.put(round % 2 === 0 ? off("checkout") : on("checkout")))
        if (round % 3 === 0) yield* TestClock.adjust("8 seconds")
      }
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(eventsOf(node, "ListenerLost"), [])
      assert.strictEqual(feed.subscriptions, 1)
    }))

  it.effect("that cannot be interrupted does not hold up the end of the node", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.answerListeners(() => Stream.fromEffect(Effect.uninterruptible(Effect.never)))
      yield* Effect.scoped(Effect.andThen(build(feed), quiet))
      assert.strictEqual(feed.subscriptions, 1)
    }))
})
