/** How soon the slowest of many nodes decide by what was committed, beside the slowest decisions of a node alone. */
import * as Effect from "effect/Effect"
import * as Commits from "./Commits.ts"
import { Databases } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { interleave, type Measurement, milliseconds, ratio, times } from "./Measurement.ts"
import * as Receivers from "./Receivers.ts"

const nodes = 50

export const crowding: Measurement = {
  name: "crowding",
  measure: Effect.fnUntraced(
    function*(quick) {
      const alone = yield* audience({ processes: 1, nodes: 1 })
      const crowd = yield* audience({ processes: 2, nodes: nodes / 2 })
      const taken = yield* interleave(
        { alone: alone.deliver, crowd: crowd.deliver },
        quick ? { rounds: 3, samples: 30 } : { rounds: 7, samples: 100 },
        slowest
      )
      return [
        ratio(
          `${nodes} nodes, from commit to decision: 99th percentile, against that of a node alone`,
          times(taken.crowd, taken.alone),
          10
        ),
        milliseconds("the same of a node alone", taken.alone),
        milliseconds(`the same of ${nodes} nodes`, taken.crowd)
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

/** Nodes in a database of their own: notifications are heard by all nodes of a database. */
const audience = Effect.fnUntraced(function*(options: Receivers.Options) {
  const { create } = yield* Databases
  const database = yield* create(100)
  const commits = yield* Commits.make(database)
  const { edit } = yield* Editor.make(database)
  const { receive } = yield* Receivers.make(database, options)
  const deliver = Effect.gen(function*() {
    const { version } = yield* edit
    const decidedAt = yield* receive(Receivers.decided(version))
    const committedAt = yield* commits.ofVersion(version)
    return decidedAt.map((at) => at - committedAt)
  })
  return { deliver }
})

/** The 99th percentile. */
const slowest = (samples: ReadonlyArray<number>): number =>
  samples.toSorted((a, b) => a - b)[Math.ceil(samples.length * 0.99) - 1] ?? NaN
