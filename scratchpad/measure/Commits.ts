/** When the server committed, by the clock of the machine: milliseconds since 1970, to the microsecond. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { environment } from "./catalogue.ts"
import type { Database } from "./Databases.ts"

export const make = Effect.fnUntraced(function*({ url }: Database) {
  const sql = Context.get(yield* Layer.build(PgClient.layer({ url, maxConnections: 1 })), PgClient.PgClient)
  yield* sql`create table bare (payload text)`.unprepared
  let notified = 0

  const of = (transaction: string) =>
    sql<{ readonly at: number }>`
      select (extract(epoch from pg_xact_commit_timestamp(${transaction}::text::xid)) * 1000)::float8 as at`.pipe(
      Effect.map(([commit]) => commit?.at ?? NaN),
      Effect.orDie
    )

  return {
    of,

    ofVersion: (version: number) =>
      sql<{ readonly transaction: string }>`
        select xmin::text as transaction from rulestead.snapshots
        where environment = ${environment} and version = ${version}`.pipe(
        Effect.orDie,
        Effect.flatMap(([snapshot]) => of(snapshot?.transaction ?? ""))
      ),

    /** Notifies a channel of a row that is nothing but a number. */
    notify: Effect.fnUntraced(function*(channel: string) {
      const payload = String(++notified)
      const [sent] = yield* sql<{ readonly transaction: string }>`
        insert into bare (payload) values (${payload})
        returning pg_notify(${channel}, payload), pg_current_xact_id()::xid::text as transaction`
      return { payload, transaction: sent?.transaction ?? "" }
    }, Effect.orDie)
  }
})
