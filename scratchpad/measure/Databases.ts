/**
 * Databases with published flags on a real Postgres server, which starts when the first is asked for and ends with the run.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import * as PostgresServer from "../../test/support/PostgresServer.ts"
import { load } from "./load.ts"

/** The same database for those who author, and for a node, which may only read. */
export interface Database {
  readonly flags: number
  readonly url: Redacted.Redacted
  readonly nodeUrl: Redacted.Redacted
}

/** Commits reach the disk, as they do where it matters. The last two are what is measured by. */
const options: PostgresServer.Options = {
  fsync: true,
  maxConnections: 200,
  settings: {
    shared_buffers: "256MB",
    shared_preload_libraries: "pg_stat_statements",
    track_commit_timestamp: "on"
  }
}

export class Databases extends Context.Service<Databases, {
  readonly server: Effect.Effect<PostgresServer.PostgresServer["Service"]>
  /** 100 flags, for all measurements of the run. */
  readonly few: Effect.Effect<Database>
  /** 10,000 flags, for all measurements of the run. */
  readonly many: Effect.Effect<Database>
  /** A database of its own for a measurement. */
  readonly create: (flags: number) => Effect.Effect<Database>
}>()("rulestead/measure/Databases") {
  static readonly layer = Layer.effect(
    Databases,
    Effect.gen(function*() {
      const scope = yield* Scope.Scope
      const server = yield* Effect.cached(Scope.provide(PostgresServer.make(options), scope))
      const create = (flags: number) => Effect.flatMap(server, ({ url }) => createOn(url, flags))
      return { server, create, few: yield* Effect.cached(create(100)), many: yield* Effect.cached(create(10_000)) }
    })
  )
}

const createOn = Effect.fnUntraced(function*(server: Redacted.Redacted, flags: number) {
  const name = `measured_${randomUUID().replaceAll("-", "")}`
  const url = urlOf(server, name, "postgres")
  yield* Effect.provide(
    PgClient.PgClient.use((sql) => sql`create database ${sql(name)}`.unprepared),
    PgClient.layer({ url: server, maxConnections: 1 })
  )
  yield* Effect.provide(
    Effect.andThen(load(flags), admitNodes),
    Layer.merge(Postgres.layerMigrated({ url }), PgClient.layer({ url, maxConnections: 1 }))
  )
  return { flags, url, nodeUrl: urlOf(server, name, nodeRole) }
}, Effect.orDie)

const urlOf = (server: Redacted.Redacted, database: string, user: string): Redacted.Redacted => {
  const url = new URL(Redacted.value(server))
  url.pathname = `/${database}`
  url.username = user
  return Redacted.make(url.href)
}

export const nodeRole = "node"

const admitNodes = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const roles = yield* sql`select from pg_roles where rolname = ${nodeRole}`
  const role = sql(nodeRole)
  if (roles.length === 0) yield* sql`create role ${role} login`.unprepared
  yield* sql`grant usage on schema rulestead to ${role}`.unprepared
  yield* sql`grant select on rulestead.migrations, rulestead.snapshot_heads, rulestead.snapshot_entries to ${role}`
    .unprepared
})
