/** What it takes to publish one changed flag, beside a transaction that does nothing but write as many rows. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Database, Databases } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { elapsed, interleave, type Measurement, milliseconds, ratio, times } from "./Measurement.ts"

/** A state, a ruleset, an entry, a snapshot, its head, an audit event; and an entry and a snapshot that are forgotten. */
const rows = 8

export const publishing: Measurement = {
  name: "publishing",
  measure: Effect.fnUntraced(
    function*(quick) {
      const databases = yield* Databases
      const few = yield* databases.few
      const many = yield* databases.many
      const taken = yield* interleave({
        few: publish(yield* Editor.make(few)),
        many: publish(yield* Editor.make(many)),
        bare: (yield* writer(many)).write
      }, quick ? { rounds: 5, samples: 25 } : { rounds: 21, samples: 25 })
      return [
        ratio("publish one changed flag: among 10,000, against among 100", times(taken.many, taken.few), 1.5),
        ratio("publish one changed flag, against a bare transaction of as many rows", times(taken.many, taken.bare), 8),
        milliseconds("publish one changed flag among 10,000", taken.many)
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

const publish = ({ edit }: Editor.Editor) => Effect.map(edit, ({ took }) => took)

const writer = Effect.fnUntraced(function*({ url }: Database) {
  const sql = Context.get(yield* Layer.build(PgClient.layer({ url, maxConnections: 1 })), PgClient.PgClient)
  yield* sql`create table written (number integer)`.unprepared
  const write = sql.withTransaction(sql`insert into written select generate_series(1, ${rows}::integer)`)
  return { write: Effect.orDie(elapsed(write)) }
})
