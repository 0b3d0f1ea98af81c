import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Rulestead } from "rulestead/Rulestead"
import { BackupError } from "rulestead/SnapshotBackup"
import { type Event, Event as EventSchema, Telemetry } from "rulestead/Telemetry"
import { MemoryBackup } from "./support/MemoryBackup.ts"
import { build, eventsOf, quiet } from "./support/Nodes.ts"
import { complete, off, on } from "./support/Published.ts"
import { failing, ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const withCheckout = () => {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  return feed
}

const event = (version: number): Event => ({
  _tag: "SnapshotVerified",
  contract: 1,
  environment: "prod",
  at: 0,
  epoch: "epoch-1",
  version
})

describe("events", () => {
  it.effect("are what their schema says, in all that can happen to a node", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      yield* quiet
      feed.announce(2, 500)
      feed.answerNext(
        Effect.succeed(complete([], { environment: "dev" })),
        Effect.die("boom"),
        Effect.never
      )
      node.rulestead.enabledUnsafe("unknown", {})
      yield* TestClock.adjust("1 minute")
      yield* feed.loseListener("denied")
      feed.answer(unreachable)
      yield* TestClock.adjust("2 minutes")
      feed.published.restore("epoch-2", 3, [off("checkout")])
      feed.answer(undefined)
      yield* TestClock.adjust("2 minutes")
      const tags = new Set<string>()
      for (const event of node.events()) {
        tags.add(event._tag)
        yield* Schema.decodeUnknownEffect(EventSchema)(JSON.parse(JSON.stringify(event)), { onExcessProperty: "error" })
      }
      assert.includeMembers([...tags], [
        "SnapshotApplied",
        "SnapshotVerified",
        "SnapshotRefused",
        "EpochChanged",
        "RefreshFailed",
        "Announced",
        "AnnouncementUnmet",
        "ListenerOpened",
        "ListenerLost",
        "BecameStale",
        "BecameFresh",
        "FlagMissing"
      ])
    }))

  it.effect("say which flags are missing, each of them seldom", () =>
    Effect.gen(function*() {
      const node = yield* build(withCheckout())
      for (let round = 0; round < 1000; round++) {
        node.rulestead.enabledUnsafe("unknown", {})
        node.rulestead.valueUnsafe("unknown-too", {}, 1)
        node.rulestead.enabledUnsafe("somebody@example.com", {})
        node.rulestead.enabledUnsafe(`key-${round}`, {})
      }
      const missing = eventsOf(node, "FlagMissing")
      assert.strictEqual(missing.length, 100)
      assert.deepStrictEqual(missing.slice(0, 3).map(({ flag }) => flag), ["unknown", "unknown-too", null])
      assert.strictEqual(node.cache.health().counts.missing, 4000)
      yield* TestClock.adjust("15 seconds")
      node.rulestead.enabledUnsafe("unknown", {})
      assert.strictEqual(eventsOf(node, "FlagMissing").length, 101)
    }))

  it.effect("that a subscriber is too slow for are dropped for it, oldest first, and counted", () =>
    Effect.gen(function*() {
      const telemetry = yield* Telemetry
      const reading = yield* Effect.forkChild(
        Stream.runCollect(
          Stream.take(Stream.mapEffect(telemetry.events, (event) => Effect.as(Effect.sleep(1), event)), 17)
        )
      )
      yield* quiet
      telemetry.emit(event(0))
      yield* quiet
      for (let version = 1; version <= 100; version++) telemetry.emit(event(version))
      yield* TestClock.adjust("1 second")
      const versions = (yield* Fiber.join(reading)).map((event) => "version" in event ? event.version : undefined)
      assert.strictEqual(versions[0], 0)
      assert.deepStrictEqual(versions.slice(1), Array.from({ length: 16 }, (_, index) => 85 + index))
      assert.strictEqual(telemetry.dropped(), 84)
    }).pipe(Effect.provide(Telemetry.layer({ capacity: 16 }))))

  it.effect("reach the others when a subscriber dies", () =>
    Effect.gen(function*() {
      const telemetry = yield* Telemetry
      yield* Effect.forkChild(Stream.runForEach(telemetry.events, () => Effect.die("boom")))
      const other = yield* Effect.forkChild(Stream.runCollect(Stream.take(telemetry.events, 3)))
      yield* quiet
      for (let version = 1; version <= 3; version++) telemetry.emit(event(version))
      assert.strictEqual((yield* Fiber.join(other)).length, 3)
    }).pipe(Effect.provide(Telemetry.layer())))
})

describe("a subscriber", () => {
  it.effect("that asks while it is told finds what it is told of, whole", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* build(feed)
      yield* quiet
      const seen: Array<readonly [version: number, epoch: string | null, isOn: boolean]> = []
      const look = Effect.sync(() => {
        const { epoch, version } = node.cache.provenance()
        seen.push([version, epoch, node.rulestead.enabledUnsafe("checkout", {})])
      })
      yield* Effect.forkChild(Stream.runForEach(node.telemetry.events, () => look))
      yield* Effect.forkChild(Stream.runForEach(node.rulestead.changes, () => look))
      yield* quiet
      feed.published.put(off("checkout"))
      yield* node.rulestead.refresh
      feed.published.restore("epoch-2", 1, [on("checkout")])
      yield* node.rulestead.refresh
      assert.deepStrictEqual(new Set(seen.map(String)), new Set(["2,epoch-1,false", "1,epoch-2,true"]))
    }))
})

describe("a log", () => {
  it.effect("warns when something is wrong for another reason, or again, and not with every try", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const log = Logger.layer([Logger.make(({ logLevel, message }) => {
        if (logLevel === "Warn" || logLevel === "Error") lines.push(String(message).replace(/;.*/, ""))
      })])
      const warnings = () => lines.splice(0)
      const feed = withCheckout()
      const backup = new MemoryBackup()
      backup.before = Effect.fail(new BackupError({ detail: "no space left" }))
      yield* Effect.provide(build(feed, {}, backup.layer), log)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(warnings(), ["Backup: could not load: storage", "Backup: could not save: storage"])

      for (const reason of ["unreachable", "denied"] as const) {
        feed.answer(failing(reason))
        yield* feed.loseListener(reason)
        feed.answerListeners(() => Stream.fromEffect(failing(reason)))
        yield* TestClock.adjust("10 minutes")
      }
      const told = warnings()
      assert.sameMembers(told.filter((line) => !line.startsWith("Snapshot 1 has not been")), [
        "Not listening: unreachable",
        "Could not refresh: unreachable",
        "Not listening: denied",
        "Could not refresh: denied"
      ])
      assert.lengthOf(told, 5)

      for (let round = 0; round < 2; round++) {
        feed.answer(Effect.succeed(complete([], { environment: "dev" })))
        yield* TestClock.adjust("10 minutes")
        feed.answer(undefined)
        yield* TestClock.adjust("1 minute")
        assert.includeMembers(warnings(), [
          "Refused a snapshot (live): wrong_environment",
          "Could not refresh: wrong_environment"
        ])
      }
    }))
})

describe("a database that was restored", () => {
  it.effect("is in the log, in the metrics and in the health", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const log = Logger.layer([Logger.make(({ logLevel, message }) => {
        lines.push(`${logLevel} ${String(message)}`)
      })])
      const registry: Metric.MetricRegistry = new Map()
      const feed = withCheckout()
      const node = yield* Effect.provide(build(feed), log).pipe(
        Effect.provideService(Metric.MetricRegistry, registry)
      )
      feed.published.restore("epoch-2", 3, [off("checkout")])
      yield* TestClock.adjust("40 seconds")
      assert.include(
        lines,
        "Warn The database was restored or replaced: from version 1 of epoch-1 to version 3 of epoch-2"
      )
      const metrics = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
      assert.deepInclude(metrics.find(({ id }) => id === "rulestead_epoch_changes_total")?.state, { count: 1 })
      assert.strictEqual(node.cache.health().counts.epochs, 1)
    }))
})

describe("a logger that throws", () => {
  it.effect("changes nothing", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const node = yield* Effect.provide(
        build(feed),
        Logger.layer([Logger.make(() => {
          throw new Error("boom")
        })])
      )
      feed.answer(Effect.die("boom"))
      yield* TestClock.adjust("5 minutes")
      feed.published.put(off("checkout"))
      feed.answer(undefined)
      yield* TestClock.adjust("30 seconds")
      assert.isFalse(node.rulestead.enabledUnsafe("checkout", {}))
    }))
})

describe("telemetry that throws", () => {
  it.effect("changes nothing but a count", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const rulestead = yield* Effect.map(
        Layer.build(
          Rulestead.layer({ environment: "prod" }).pipe(
            Layer.provide(feed.layer),
            Layer.provide(Layer.succeed(Telemetry, {
              emit: () => {
                throw new Error("boom")
              },
              events: Stream.never,
              dropped: () => 0
            }))
          )
        ),
        (context) => context
      ).pipe(Effect.flatMap((context) => Effect.provideContext(Rulestead, context)))
      assert.isTrue(rulestead.enabledUnsafe("checkout", {}))
      assert.isFalse(rulestead.enabledUnsafe("unknown", {}))
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("23 seconds")
      assert.isFalse(rulestead.enabledUnsafe("checkout", {}))
      assert.isAbove(rulestead.healthUnsafe().telemetry.failed, 2)
    }))
})
