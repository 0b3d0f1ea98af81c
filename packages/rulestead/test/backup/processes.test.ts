import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Saved } from "rulestead/SnapshotBackup"
import * as TemporaryDirectory from "../../../../test/support/TemporaryDirectory.ts"
import { filesIn, open } from "../support/backupDisk.ts"
import * as BackupWriter from "../support/BackupWriter.ts"
import { complete, type Numbers } from "../support/snapshots.ts"

const large = { size: 100_000, flags: 10 }

const versions = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** What a process that starts now loads, which must be one of the snapshots that were saved, in every byte. */
const loaded = Effect.fnUntraced(function*(directory: string, numbers: Omit<Numbers, "version">, application = "") {
  const { load } = yield* open({ directory, application })
  const { quarantined, saved } = yield* load(numbers.environment ?? "prod")
  assert.deepStrictEqual(quarantined, [])
  return versionOf(saved, numbers)
})

const versionOf = (saved: Saved | undefined, numbers: Omit<Numbers, "version">): number => {
  assert.isDefined(saved)
  const version = saved?.changes.head.version ?? 0
  assert.deepStrictEqual(saved?.changes, complete({ ...numbers, version }))
  return version
}

describe("a process that is killed", () => {
  it.effect("before any call of a save leaves a good generation, and no obstacle", () =>
    Effect.gen(function*() {
      for (let killBefore = 1;; killBefore++) {
        const directory = yield* TemporaryDirectory.make
        const { save } = yield* open({ directory })
        for (const version of [1, 2]) yield* save("prod", complete({ version }))
        const writer = yield* BackupWriter.start({ directory, killBefore, snapshots: [{ version: 3 }] })
        yield* writer.begin
        const signal = yield* writer.gone
        assert.include(signal === null ? [3] : [2, 3], yield* loaded(directory, {}))
        yield* save("prod", complete({ version: 4 }))
        assert.strictEqual(yield* loaded(directory, {}), 4)
        if (signal === null) return
      }
    }), 120_000)

  it.effect("at any moment keeps what it said was saved", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      let version = 0
      for (let round = 0; round < 8; round++) {
        const snapshots = versions(version + 1, version + 1000).map((version) => ({ ...large, version }))
        const writer = yield* BackupWriter.start({ directory, snapshots })
        yield* writer.begin
        for (let ack = 0; ack <= round; ack++) version = yield* Queue.take(writer.saved)
        yield* writer.kill
        assert.strictEqual(yield* writer.gone, "SIGKILL")
        version = Math.max(version, ...(yield* Queue.clear(writer.saved)))
        const found = yield* loaded(directory, large)
        assert.isAtLeast(found, version)
        version = found
      }
    }), 120_000)
})

describe("processes that share a directory", () => {
  it.effect(
    "do not damage what others write, and whoever starts among them has something good to load",
    () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        const tasks: ReadonlyArray<readonly [string, Omit<Numbers, "version">, ReadonlyArray<number>]> = [
          ["shop", { size: 2000 }, versions(1, 60)],
          ["shop", { size: 2000 }, versions(20, 80)],
          ["shop", { size: 2000, environment: "test" }, versions(1, 40)],
          ["blog", { size: 2000, epoch: "another" }, versions(1, 30)]
        ]
        for (const [application, numbers] of tasks) {
          const { save } = yield* open({ directory, application })
          yield* save(numbers.environment ?? "prod", complete({ ...numbers, version: 0 }))
        }
        const writers = yield* Effect.forEach(
          tasks,
          ([application, numbers, versions]) =>
            BackupWriter.start({
              directory,
              application,
              snapshots: versions.map((version) => ({ ...numbers, version }))
            }),
          { concurrency: "unbounded" }
        )
        yield* Effect.forEach(writers, ({ begin }) => begin)
        let loads = 0
        while (!writers.every(({ isGone }) => isGone())) {
          for (const [application, numbers] of tasks) yield* loaded(directory, numbers, application)
          loads++
        }
        assert.isAbove(loads, 0)
        for (const [application, numbers, versions] of tasks) {
          const newest = application === "shop" && numbers.environment === undefined ? 80 : versions.at(-1)
          assert.strictEqual(yield* loaded(directory, numbers, application), newest)
        }
        assert.isAtMost(filesIn(directory).length, 8)
      }),
    120_000
  )
})
