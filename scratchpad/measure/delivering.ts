/** How soon a node decides by what was committed, beside a notification about which nothing has to be done. */
import * as Effect from "effect/Effect"
import * as Commits from "./Commits.ts"
import { Databases } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { interleave, type Measurement, milliseconds, ratio, times } from "./Measurement.ts"
import * as Receivers from "./Receivers.ts"

export const delivering: Measurement = {
  name: "delivering",
  measure: Effect.fnUntraced(
    function*(quick) {
      const { create } = yield* Databases
      const database = yield* create(100)
      const commits = yield* Commits.make(database)
      const { edit } = yield* Editor.make(database)
      const { receive } = yield* Receivers.make(database, { processes: 1, nodes: 1 })
      const delivery = Effect.gen(function*() {
        const { version } = yield* edit
        const [decidedAt = NaN] = yield* receive(Receivers.decided(version))
        return decidedAt - (yield* commits.ofVersion(version))
      })
      const trip = Effect.gen(function*() {
        const { payload, transaction } = yield* commits.notify(Receivers.bareChannel)
        const [heardAt = NaN] = yield* receive(Receivers.heard(payload))
        return heardAt - (yield* commits.of(transaction))
      })
      const taken = yield* interleave(
        { trip, delivery },
        quick ? { rounds: 5, samples: 50 } : { rounds: 21, samples: 50 }
      )
      return [
        ratio("from commit to decision, against a bare notification", times(taken.delivery, taken.trip), 4),
        milliseconds("from commit to decision", taken.delivery)
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}
