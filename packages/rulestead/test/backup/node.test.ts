import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import * as TemporaryDirectory from "../../../../test/support/TemporaryDirectory.ts"
import { damage, generationsIn, versionIn } from "../support/backupDisk.ts"
import { assertServes, build, eventsOf } from "../support/Nodes.ts"
import { off, on } from "../support/Published.ts"
import { ScriptedFeed, unreachable } from "../support/ScriptedFeed.ts"

const disk = (directory: string) =>
  Layer.orDie(SnapshotBackupDisk.layer({ directory })).pipe(
    Layer.provide([NodeFileSystem.layer, NodePath.layer])
  )

/** Waits for what the disk brings about, which no clock of a test can hurry. */
const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.andThen(Effect.yieldNow, until(condition)))

/** As {@link until}, while the clock goes on. */
const later = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.andThen(TestClock.adjust("1 second"), later(condition)))

/** A node that ran until versions 1 and 2 were on the disk, and ended. */
const history = Effect.fnUntraced(function*(directory: string) {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"))
  yield* Effect.scoped(Effect.gen(function*() {
    const node = yield* build(feed, {}, disk(directory))
    yield* until(() => node.cache.health().backup.version === 1)
    feed.announce(feed.published.put(off("checkout"), on("search")))
    yield* until(() => node.cache.health().backup.version === 2)
  }))
  return feed
})

describe("a node with a backup on disk", () => {
  it.effect("starts from it while the store is away, and goes on from there", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const feed = yield* history(directory)
      feed.answer(unreachable)
      const node = yield* build(feed, { bootTimeout: 0 }, disk(directory))
      yield* until(() => node.cache.provenance().source === "backup")
      assertServes(node, { checkout: false, search: true })
      feed.published.put(on("banner"))
      feed.answer(undefined)
      yield* later(() => node.cache.health().backup.version === 3)
      assertServes(node, { search: true, banner: true })
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("starts from the generation before when the newest is damaged, and says so", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const feed = yield* history(directory)
      damage(generationsIn(directory)[0], (bytes) => Buffer.from(bytes.toString().replace("search", "Search")))
      feed.answer(Effect.never)
      const node = yield* build(feed, { bootTimeout: 0 }, disk(directory))
      yield* until(() => node.cache.provenance().source === "backup")
      assertServes(node, { checkout: true, search: false })
      assert.deepStrictEqual(node.cache.health().backup.quarantined, ["checksum"])
      assert.deepInclude(eventsOf(node, "BackupQuarantined")[0], { reason: "checksum" })
    }))

  it.effect("decides without one on a disk that fails, and has one as soon as that works again", () =>
    Effect.gen(function*() {
      const directory = Path.join(yield* TemporaryDirectory.make, "backups")
      Fs.writeFileSync(directory, "something else")
      const feed = new ScriptedFeed()
      feed.published.put(on("checkout"))
      const node = yield* build(feed, {}, disk(directory))
      assertServes(node, { checkout: true })
      yield* until(() => eventsOf(node, "BackupFailed").some(({ operation }) => operation === "save"))
      assert.deepInclude(node.cache.health().backup, { state: "failed", detail: "it cannot be written (ENOTDIR)" })
      Fs.rmSync(directory)
      yield* later(() => node.cache.health().backup.state === "written")
      assert.strictEqual(yield* versionIn({ directory }), 1)
    }))
})
