/** A backup of 10,000 flags: from opening it to the first decision, and writing it. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { SnapshotBackup } from "rulestead/SnapshotBackup"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import type { Changes } from "rulestead/SnapshotFeed"
import * as TemporaryDirectory from "../../test/support/TemporaryDirectory.ts"
import { environment, keyOf, snapshot, user } from "./catalogue.ts"
import { interleave, type Measurement, milliseconds, once, ratio, times } from "./Measurement.ts"
import * as Node from "./Node.ts"
import * as Work from "./Work.ts"

const flags = 10_000

export const restoring: Measurement = {
  name: "restoring",
  measure: Effect.fnUntraced(
    function*(quick) {
      const changes = snapshot(flags)
      const directory = yield* TemporaryDirectory.make
      const disk = SnapshotBackupDisk.layer({ directory }).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))
      const { save } = Context.get(yield* Layer.build(disk), SnapshotBackup)
      let version = 0
      const write = Effect.suspend(() => {
        const head = { ...changes.head, version: ++version }
        return Effect.orDie(save(environment, { ...changes, head }))
      })
      const bytes = jsonOf(changes)
      const parse = Effect.sync((): unknown => JSON.parse(bytes.toString()))
      const open = firstDecision(disk)
      yield* write
      const taken = yield* interleave({
        parse: Work.total(parse),
        opening: once(Work.total(open)),
        openingBlock: once(Work.longestBlock(open)),
        writing: Work.total(write),
        writingBlock: Work.longestBlock(write)
      }, { rounds: quick ? 3 : 15, samples: 1 })
      return [
        ratio(
          "from opening a backup to the first decision, against JSON.parse of the bytes",
          times(taken.opening, taken.parse),
          3
        ),
        milliseconds("from opening a backup to the first decision", taken.opening),
        ratio("the same: the longest block, against the work", times(taken.openingBlock, taken.opening), 0.1),
        ratio("write a backup: the longest block, against the work", times(taken.writingBlock, taken.writing), 0.1)
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

/** What a backup has in it, as JSON. */
const jsonOf = ({ entries, head }: Changes): Buffer => {
  const documents = entries.map(({ content, ...entry }) =>
    `${JSON.stringify(entry).slice(0, -1)},"content":${content}}`
  )
  return Buffer.from(`{"head":${JSON.stringify(head)},"entries":[${documents.join(",")}]}`)
}

/** Starts a node whose store is away, and is done when it has decided by its backup. */
const firstDecision = Effect.fnUntraced(function*<E>(backup: Layer.Layer<SnapshotBackup, E>) {
  const node = yield* Effect.provide(Node.start(Node.noFeed, { bootTimeout: 0, whenNotFresh: "serve" }), backup)
  yield* Stream.runHead(node.changes)
  const decision = yield* node.evaluate(keyOf(0), user(0))
  if (decision.snapshot.source !== "backup") return yield* Effect.die(new Error("not decided by the backup"))
})
