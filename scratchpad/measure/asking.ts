/** What nodes ask of the server: while nothing happens, and when something was published. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { Health } from "rulestead/Health"
import { spread } from "../../benchmark/harness/statistics.ts"
import { type Database, Databases, nodeRole } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { type Measurement, ratio } from "./Measurement.ts"
import * as Node from "./Node.ts"

const count = 50

/** In a round. */
const publishes = 10

export const asking: Measurement = {
  name: "asking",
  measure: Effect.fnUntraced(function*(quick) {
    const { create } = yield* Databases
    const database = yield* create(100)
    const rounds = quick ? 3 : 9
    const idle = yield* Effect.scoped(askIdle(database, rounds))
    const busy = yield* Effect.scoped(askBusy(database, rounds))
    return [
      ratio("an idle node: queries for each poll", spread(idle.queries), 1),
      ratio("an idle node: connections that listen", spread(idle.listening), 1),
      ratio("a node: queries for each publish", spread(busy.queries), 1)
    ]
  }, Effect.orDie)
}

const askIdle = Effect.fnUntraced(function*(database: Database, rounds: number) {
  const { listening, polls } = yield* start(database, "1 second")
  const taken = { queries: Array<number>(), listening: Array<number>() }
  for (let round = 0; round < rounds; round++) {
    const before = yield* polls
    yield* Effect.sleep("3 seconds")
    const after = yield* polls
    taken.queries.push((after.queries - before.queries) / (after.attempts - before.attempts))
    taken.listening.push((yield* listening) / count)
  }
  return taken
})

const askBusy = Effect.fnUntraced(function*(database: Database, rounds: number) {
  const { polls, until } = yield* start(database, "1 day")
  const { edit } = yield* Editor.make(database)
  const taken = { queries: Array<number>() }
  for (let round = 0; round < rounds; round++) {
    const before = yield* polls
    for (let publish = 0; publish < publishes; publish++) {
      const { version } = yield* edit
      yield* until((health) => health.version === version)
    }
    const after = yield* polls
    taken.queries.push((after.queries - before.queries) / publishes / count)
  }
  return taken
})

const start = Effect.fnUntraced(function*({ nodeUrl, url }: Database, pollInterval: "1 second" | "1 day") {
  // Each of them has a feed of its own.
  const node = Effect.suspend(() => Node.start(Postgres.layerFeed({ url: nodeUrl }), { pollInterval }))
  const nodes = yield* Effect.replicateEffect(node, count)
  const sql = Context.get(yield* Layer.build(PgClient.layer({ url, maxConnections: 1 })), PgClient.PgClient)
  yield* sql`create extension if not exists pg_stat_statements`.unprepared

  const until = (isSo: (health: Health) => boolean) =>
    Effect.repeat(Effect.forEach(nodes, ({ health }) => health), {
      until: (all) => all.every(isSo),
      schedule: Schedule.spaced("2 millis")
    })
  const attempts = Effect.map(
    until(({ refresh }) => refresh.state === "waiting"),
    (all) => all.reduce((sum, { refresh }) => sum + refresh.attempts, 0)
  )

  /** All polls and all queries up to a moment at which no node was polling. */
  const polls = Effect.gen(function*() {
    while (true) {
      const before = yield* attempts
      const [made] = yield* sql<{ readonly queries: number }>`
        select coalesce(sum(calls), 0)::integer as queries from pg_stat_statements
        where userid = ${nodeRole}::regrole
          and dbid = (select oid from pg_database where datname = current_database())`
      if (before === (yield* attempts)) return { attempts: before, queries: made?.queries ?? NaN }
    }
  })

  const listening = Effect.map(
    sql<{ readonly count: number }>`
      select count(*)::integer as count from pg_stat_activity
      where usename = ${nodeRole} and datname = current_database() and query ilike 'listen%'`,
    ([found]) => found?.count ?? NaN
  )

  yield* until(({ listener }) => listener.state === "listening")
  return { until, polls, listening }
})
