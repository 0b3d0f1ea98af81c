import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { BackupError } from "rulestead/SnapshotBackup"
import type { Changes } from "rulestead/SnapshotFeed"
import { MemoryBackup } from "./support/MemoryBackup.ts"
import { assertServes, build, eventsOf, happens, quiet, start } from "./support/Nodes.ts"
import { complete, off, on } from "./support/Published.ts"
import { ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const withCheckout = () => {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  return feed
}

const away = () => {
  const feed = withCheckout()
  feed.answer(Effect.never)
  return feed
}

const broken = Effect.fail(new BackupError({ detail: "no space left" }))

describe("a start with a backup", () => {
  it.effect("serves it at once, while the first fetch hangs, and says that it is stale", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup(complete([on("search")], { version: 7 }))
      const node = yield* build(away(), { bootTimeout: 0 }, backup.layer)
      yield* happens(() => node.cache.provenance().source === "backup")
      assertServes(node, { search: true })
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "FromBackup", reason: "starting", writtenAt: -60_000 })
      assert.deepInclude(node.cache.provenance(), { version: 7, source: "backup", stale: true })
      assert.deepInclude(eventsOf(node, "BackupLoaded")[0], { version: 7, ageMillis: 60_000 })
      assert.deepInclude(node.cache.health().backup, { state: "loaded", version: 7 })
    }))

  it.effect("fetches only what changed since, and is fresh then", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup(feed.published.changesSince(undefined))
      feed.published.put(on("search"))
      const node = yield* build(feed, {}, backup.layer)
      assert.deepInclude(feed.calls[0], { epoch: "epoch-1", version: 1 })
      assertServes(node, { checkout: true, search: true })
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Fresh" })
      assert.deepInclude(node.cache.provenance(), { version: 2, source: "live", stale: false })
    }))

  it.effect("is fresh, and no longer from the backup, when the store has nothing newer", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup(feed.published.changesSince(undefined))
      const node = yield* build(feed, {}, backup.layer)
      assert.deepInclude(node.cache.provenance(), { version: 1, source: "live", stale: false })
      yield* quiet
      assert.deepStrictEqual(backup.written, [])
    }))

  it.effect("that expires is saved again now and then, as long as the store confirms it", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      yield* build(feed, {}, backup.layerKeptEvery("10 minutes"))
      yield* happens(() => backup.written.length === 1)
      yield* TestClock.adjust("10 minutes")
      yield* happens(() => backup.written.length === 2)
      assert.deepStrictEqual(backup.written, [1, 1])
    }))

  it.effect("that expires does so when nobody confirms it any more", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      const node = yield* build(feed, {}, backup.layerKeptEvery("10 minutes"))
      yield* happens(() => backup.written.length === 1)
      feed.answer(unreachable)
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(node.cache.provenance().stale)
      yield* TestClock.adjust("1 hour")
      yield* quiet
      assert.deepStrictEqual(backup.written, [1])
    }))

  it.effect("prefers the backup to the bootstrap", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup(complete([on("search")], { version: 7 }))
      const bootstrap = complete([on("banner")], { epoch: "bootstrap" })
      const node = yield* start(away(), { bootstrap }, backup.layer)
      assertServes(node, { search: true, banner: false })
    }))

  it.effect("keeps a bootstrap that is newer, and does not throw the backup away", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup(complete([on("search")], { version: 7 }))
      const node = yield* start(away(), { bootstrap: complete([on("banner")], { version: 8 }) }, backup.layer)
      assertServes(node, { search: false, banner: true })
      assert.deepStrictEqual(backup.setAside, [])
    }))

  it.effect("sets aside what cannot be used, and goes on to the generation before", () =>
    Effect.gen(function*() {
      const good = complete([on("search")], { version: 6 })
      const damaged = { ...good, entries: good.entries.map((entry) => ({ ...entry, content: "{}" })) }
      const backup = new MemoryBackup(complete([on("search")], { environment: "dev" }), damaged, good)
      backup.quarantined = ["truncated"]
      const node = yield* start(away(), {}, backup.layer)
      assertServes(node, { search: true })
      assert.deepStrictEqual(backup.setAside, ["wrong_environment", "hash_mismatch"])
      assert.includeMembers(
        eventsOf(node, "BackupQuarantined").map(({ reason }) => reason),
        ["truncated", "wrong_environment", "hash_mismatch"]
      )
    }))

  it.effect("keeps what a newer version of this software saved", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup(complete([on("search")], { schemaVersion: 99 }))
      const node = yield* start(away(), {}, backup.layer)
      assert.strictEqual(node.cache.readiness()._tag, "Empty")
      assert.deepStrictEqual(backup.setAside, [])
    }))

  const faults = {
    "cannot be read": [broken, "no space left"],
    "dies": [Effect.die("boom"), "it failed unexpectedly"],
    "hangs": [Effect.never, "it took longer than 2s"],
    "hangs, and cannot be interrupted": [
      Effect.uninterruptible(Effect.never),
      "an earlier one that took too long has not ended yet"
    ]
  } as const
  for (const [fault, [before, detail]] of Object.entries(faults)) {
    it.effect(`that ${fault} is a start without it`, () =>
      Effect.gen(function*() {
        const backup = new MemoryBackup(complete([on("search")]))
        backup.before = before
        const node = yield* start(withCheckout(), {}, backup.layer)
        assertServes(node, { checkout: true, search: false })
        assert.strictEqual(eventsOf(node, "BackupFailed")[0]?.operation, "load")
        assert.strictEqual(node.cache.health().backup.detail, detail)
      }))
  }
})

describe("a start with a backup that is slow", () => {
  const slow = (...generations: ReadonlyArray<Changes>) => {
    const backup = new MemoryBackup(...generations)
    backup.before = Effect.sleep("1 second")
    return backup
  }

  it.effect("does not wait for it, and asks the store for everything", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = slow(feed.published.changesSince(undefined))
      const starting = yield* Effect.forkScoped(build(feed, {}, backup.layer))
      yield* TestClock.adjust("250 millis")
      const node = yield* Fiber.join(starting)
      assert.deepStrictEqual(feed.calls.slice(0, 1), [undefined])
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Fresh" })
      assertServes(node, { checkout: true })
    }))

  for (const version of [1, 7]) {
    it.effect(`does not let version ${version} of it replace version 1 of the store`, () =>
      Effect.gen(function*() {
        const feed = withCheckout()
        const backup = slow(complete([on("search")], { version }))
        const node = yield* start(feed, {}, backup.layer)
        yield* TestClock.adjust("1 minute")
        assertServes(node, { checkout: true, search: false })
        assert.deepInclude(node.cache.provenance(), { version: 1, source: "live", stale: false })
        assert.deepStrictEqual(eventsOf(node, "BackupLoaded"), [])
        assert.strictEqual(node.cache.health().counts.refused, 0)
        assert.deepStrictEqual(backup.setAside, [])
      }))
  }

  it.effect("serves it when it comes, while the first fetch hangs", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = slow(feed.published.changesSince(undefined))
      feed.answer((held) => Effect.delay(feed.truth(held), "3 seconds"))
      const starting = yield* Effect.forkScoped(build(feed, { bootTimeout: 0 }, backup.layer))
      const node = yield* Fiber.join(starting)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(node.cache.readiness()._tag, "FromBackup")
      assertServes(node, { checkout: true })
      yield* TestClock.adjust("3 seconds")
      assert.deepInclude(node.cache.provenance(), { version: 1, source: "live", stale: false })
      assert.deepStrictEqual(eventsOf(node, "SnapshotApplied").map(({ source }) => source), ["backup"])
    }))

  it.effect("does not go back to an older answer of the store", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = slow(complete([on("search")], { version: 7 }))
      feed.answer((held) => Effect.delay(feed.truth(held), "3 seconds"))
      const node = yield* build(feed, { bootTimeout: 0 }, backup.layer)
      yield* TestClock.adjust("4 seconds")
      assertServes(node, { checkout: false, search: true })
      assert.deepInclude(eventsOf(node, "SnapshotRefused")[0], { source: "live", reason: "older_version" })
    }))

  it.effect("serves a bootstrap meanwhile", () =>
    Effect.gen(function*() {
      const backup = slow(complete([on("search")], { version: 7 }))
      const bootstrap = complete([on("banner")], { epoch: "bootstrap" })
      const node = yield* build(away(), { bootTimeout: 0, bootstrap }, backup.layer)
      assertServes(node, { banner: true })
      yield* TestClock.adjust("1 second")
      assertServes(node, { banner: false, search: true })
    }))
})

describe("a backup that cannot be written to", () => {
  it.effect("is started from, says so, and is left alone", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup(feed.published.changesSince(undefined))
      const node = yield* build(feed, {}, backup.layerReadOnly)
      feed.announce(feed.published.put(on("search")))
      yield* TestClock.adjust("1 hour")
      assertServes(node, { checkout: true, search: true })
      assert.deepInclude(node.cache.health().backup, { state: "loaded", version: 1, readOnly: true })
      assert.deepStrictEqual(backup.written, [])
      assert.deepStrictEqual(eventsOf(node, "BackupFailed"), [])
    }))
})

describe("saving", () => {
  it.effect("tells of no write where somebody else has written", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup()
      backup.isKept = true
      const node = yield* build(withCheckout(), {}, backup.layer)
      yield* happens(() => node.cache.health().backup.version === 1)
      assert.deepStrictEqual(eventsOf(node, "BackupWritten"), [])
    }))

  it.effect("takes place when something changed, and only then", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      const node = yield* build(feed, {}, backup.layer)
      yield* TestClock.adjust("1 hour")
      feed.answer(unreachable)
      yield* TestClock.adjust("1 hour")
      feed.answer(undefined)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(backup.written, [1])
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(backup.written, [1, 2])
      assert.deepInclude(eventsOf(node, "BackupWritten").at(-1), { version: 2 })
    }))

  it.effect("keeps all there is, so that another node can start from it", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      yield* build(feed, {}, backup.layer)
      feed.published.publish({ put: [on("search"), on("banner")] })
      feed.published.publish({ remove: [{ kind: "flag", key: "banner" }] })
      yield* TestClock.adjust("1 minute")
      const node = yield* start(away(), {}, backup.layer)
      assert.strictEqual(node.cache.health().digest, feed.published.head().digest)
      assertServes(node, { checkout: true, search: true, banner: false })
    }))

  it.effect("is done once at a time, and of many changes only the last is saved", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      const node = yield* build(feed, {}, backup.layer)
      yield* happens(() => backup.written.length === 1)
      backup.before = Effect.sleep("10 seconds")
      for (let version = 2; version <= 20; version++) {
        feed.announce(feed.published.put(version % 2 === 0 ? off("checkout") : on("checkout")))
        yield* happens(() => node.cache.provenance().version === version)
      }
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(backup.written, [1, 2, 20])
      assert.strictEqual(backup.peak, 1)
    }))

  it.effect("that fails costs nothing else, and is tried again", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      backup.before = broken
      const node = yield* start(feed, {}, backup.layer)
      yield* TestClock.adjust("10 minutes")
      assertServes(node, { checkout: true })
      assert.deepInclude(node.cache.health().backup, { state: "failed", detail: "no space left" })
      backup.before = Effect.void
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(backup.written, [1])
      assert.deepInclude(node.cache.health().backup, { state: "written", version: 1, detail: null })
    }))

  it.effect("that hangs, and cannot be interrupted, is not joined by another", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      const backup = new MemoryBackup()
      yield* build(feed, {}, backup.layer)
      yield* happens(() => backup.written.length === 1)
      backup.before = Effect.uninterruptible(Effect.never)
      feed.published.put(off("checkout"))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(backup.peak, 1)
    }))

  it.effect("does not hold up the end of the node", () =>
    Effect.gen(function*() {
      const backup = new MemoryBackup()
      backup.before = Effect.uninterruptible(Effect.never)
      yield* Effect.scoped(Effect.andThen(start(withCheckout(), { bootTimeout: "10 seconds" }, backup.layer), quiet))
    }))

  it.effect("never saves what did not come from the store", () =>
    Effect.gen(function*() {
      const feed = withCheckout()
      feed.answer(unreachable)
      const backup = new MemoryBackup()
      yield* start(feed, { bootstrap: complete([on("banner")]) }, backup.layer)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(backup.written, [])
    }))
})
