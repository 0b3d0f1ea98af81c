/** What it takes a node to look at the store, to find that one flag changed, and to decide by that. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import { type Database, Databases } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { elapsed, interleave, type Measurement, milliseconds, ratio, times } from "./Measurement.ts"
import * as Node from "./Node.ts"

export const fetching: Measurement = {
  name: "fetching",
  measure: Effect.fnUntraced(
    function*(quick) {
      const databases = yield* Databases
      const few = yield* looker(yield* databases.few)
      const many = yield* looker(yield* databases.many)
      const taken = yield* interleave(
        { few: few.look, many: many.look },
        quick ? { rounds: 5, samples: 25 } : { rounds: 21, samples: 25 }
      )
      return [
        ratio("fetch and apply one changed flag: among 10,000, against among 100", times(taken.many, taken.few), 1.5),
        milliseconds("fetch and apply one changed flag among 10,000", taken.many)
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

const looker = Effect.fnUntraced(function*(database: Database) {
  const { edit } = yield* Editor.make(database)
  const node = yield* Node.start(Node.unannounced(Postgres.layerFeed({ url: database.nodeUrl })))
  const look = Effect.gen(function*() {
    const { version } = yield* edit
    const took = yield* elapsed(node.refresh)
    const served = node.healthUnsafe().version
    return served === version ? took : yield* Effect.die(new Error(`version ${served} is served, and not ${version}`))
  })
  return { look: Effect.orDie(look) }
})
