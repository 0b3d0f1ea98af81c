/**
 * What the disk backup of an environment with 10,000 flags of five rules costs, beside parsing the same bytes as JSON,
 * and for how long at a stretch it keeps the event loop from everything else.
 *
 *     node --conditions=source scratchpad/backup-bench.ts
 *
 * "Ready" is when the entries are there, verified, their contents not yet parsed; "decided" is when a node that started
 * while its store was away has answered the first question from them. A stretch is what the main thread works
 * between two turns of the event loop. Times of work are processor time of that thread, so that other work on the machine
 * does not count. All are medians of rounds that run interleaved in one process.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { Rulestead } from "rulestead/Rulestead"
import { adjustDigest, emptyDigest, type FlagEntry, hashEntry, type StoredEntry } from "rulestead/Snapshot"
import { SnapshotBackup } from "rulestead/SnapshotBackup"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import { type Changes, SnapshotFeed } from "rulestead/SnapshotFeed"

const flagEntry = (index: number, version: number): FlagEntry => ({
  key: `team-${index % 40}:feature-${index}`,
  valueType: "boolean",
  defaultValue: false,
  rulesetVersion: version,
  salt: `salt-${index}`,
  hashVersion: 1,
  rules: Array.from({ length: 5 }, (_, rule) => ({
    key: `rule-${rule}`,
    strategy: "forced_value",
    conditions: [
      { attribute: "attributes.country", operator: "in", values: ["DE", "FR", "US", "GB", "JP", "BR", "IN", "CA"] },
      { attribute: "attributes.plan", operator: "equals", value: "enterprise" },
      {
        attribute: "targetingKey",
        operator: "in",
        values: Array.from({ length: 8 }, (_, user) => `user-${index + user}`)
      }
    ],
    value: rule % 2 === 0
  }))
})

const snapshot = (version: number): Changes => {
  const entries = Array.from({ length: 10_000 }, (_, index): StoredEntry => {
    const flag = flagEntry(index, version)
    const content = JSON.stringify(flag)
    return { kind: "flag", key: flag.key, version, hash: hashEntry("flag", flag.key, content), content }
  })
  const digest = adjustDigest(emptyDigest, { removed: [], added: entries.map(({ hash }) => hash) })
  const head = {
    schemaVersion: 1,
    environment: "prod",
    epoch: "epoch",
    version,
    digest,
    entries: 10_000,
    publishedAt: 0
  }
  return { head, complete: true, entries }
}

interface Measured {
  readonly elapsed: number
  readonly work: number
  readonly stretch: number
}

const worked = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

const measure = async (run: () => unknown): Promise<Measured> => {
  globalThis.gc?.()
  let stretch = 0
  let last = worked()
  let watching = true
  const watch = () => {
    const now = worked()
    stretch = Math.max(stretch, now - last)
    last = now
    if (watching) setImmediate(watch)
  }
  await new Promise(setImmediate)
  setImmediate(watch)
  const start = performance.now()
  const before = worked()
  last = before
  await run()
  const work = worked() - before
  watching = false
  return { elapsed: performance.now() - start, work, stretch: Math.max(stretch, worked() - last) }
}

const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "rulestead-backup-bench-"))
const backup = SnapshotBackupDisk.layer({ directory }).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))

const rounds = 15
const results: Record<string, Array<Measured>> = { write: [], ready: [], decided: [], "JSON.parse": [] }

const storeAway = Layer.succeed(SnapshotFeed, { changesSince: () => Effect.never, announcements: () => Stream.never })

const node = Rulestead.layer({ environment: "prod", bootTimeout: 0 }).pipe(
  Layer.provide([storeAway, backup]),
  Layer.fresh
)

const user = { targetingKey: "user-1", attributes: { country: "DE", plan: "enterprise" } }

/** Starts a node and asks until it has an answer. */
const decide = Effect.scoped(Effect.gen(function*() {
  const { enabledUnsafe } = Context.get(yield* Layer.build(node), Rulestead)
  while (!enabledUnsafe("team-0:feature-0", user)) yield* Effect.yieldNow
}))

let bytes = 0

const bench = Effect.gen(function*() {
  const { load, save } = yield* SnapshotBackup
  const context = yield* Effect.context()
  const run = <A, E>(effect: Effect.Effect<A, E>) => Effect.runPromiseWith(context)(effect)
  for (let round = 0; round < rounds; round++) {
    const changes = snapshot(round + 1)
    const json = Buffer.from(`[${changes.entries.map(({ content }) => content).join(",")}]`)
    results["write"]?.push(yield* Effect.promise(() => measure(() => run(save("prod", changes)))))
    results["ready"]?.push(
      yield* Effect.promise(() =>
        measure(async () => {
          const { saved } = await run(load("prod"))
          if (saved?.changes.head.version !== round + 1) throw new Error("not what was saved")
        })
      )
    )
    results["decided"]?.push(yield* Effect.promise(() => measure(() => run(decide))))
    results["JSON.parse"]?.push(yield* Effect.promise(() => measure(() => JSON.parse(json.toString()))))
    bytes = json.length
  }
})

const quietly = Effect.provideService(Effect.provide(bench, backup), References.MinimumLogLevel, "Error")

await Effect.runPromise(quietly).finally(() => Fs.rmSync(directory, { recursive: true }))

const median = (measured: ReadonlyArray<Measured> | undefined, what: keyof Measured): number =>
  (measured ?? []).map((one) => one[what]).toSorted((a, b) => a - b)[rounds >> 1] ?? NaN

const parse = median(results["JSON.parse"], "work")

console.log(`${(bytes / 1e6).toFixed(1)} MB, ${rounds} rounds, Node ${process.version}\n`)
console.log("            elapsed ms      work ms   beside JSON.parse   longest stretch ms   of the work")
for (const [name, measured] of Object.entries(results)) {
  const work = median(measured, "work")
  const stretch = median(measured, "stretch")
  console.log([
    name.padEnd(10),
    median(measured, "elapsed").toFixed(1).padStart(11),
    work.toFixed(1).padStart(12),
    (work / parse).toFixed(2).padStart(19),
    stretch.toFixed(1).padStart(20),
    `${(100 * stretch / work).toFixed(1)} %`.padStart(13)
  ].join(" "))
}
