/** For how long installing a whole snapshot keeps the event loop from everything else, beside what it takes in all. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import { snapshot } from "./catalogue.ts"
import { Databases } from "./Databases.ts"
import { interleave, type Measurement, milliseconds, once, ratio, type Row, times } from "./Measurement.ts"
import * as Node from "./Node.ts"
import * as Work from "./Work.ts"

export const installing: Measurement = {
  name: "installing",
  measure: Effect.fnUntraced(function*(quick) {
    const { many } = yield* Databases
    const { flags, nodeUrl } = yield* many
    return [
      ...(yield* installed("from memory", Node.feedOf(snapshot(flags)), quick)),
      ...(yield* installed("from Postgres", Postgres.layerFeed({ url: nodeUrl }), quick))
    ]
  }, Effect.orDie)
}

const installed = Effect.fnUntraced(function*<E>(where: string, feed: Layer.Layer<SnapshotFeed, E>, quick: boolean) {
  const install = Node.start(feed)
  const taken = yield* interleave(
    { work: once(Work.total(install)), block: once(Work.longestBlock(install)) },
    { rounds: quick ? 3 : 11, samples: 1 }
  )
  const rows: ReadonlyArray<Row> = [
    ratio(`install 10,000 flags ${where}: the longest block, against the work`, times(taken.block, taken.work), 0.1),
    milliseconds(`install 10,000 flags ${where}`, taken.work)
  ]
  return rows
})
