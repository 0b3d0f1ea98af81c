import type * as PgClient from "@effect/sql-pg/PgClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { StoreUnavailable } from "rulestead/StoreError"
import { SchemaTooNew } from "../SchemaTooNew.ts"
import type { Database } from "./database.ts"
import { deadline } from "./deadline.ts"
import * as Failure from "./failure.ts"
import { latest, migrations } from "./migrations.ts"
import { applied } from "./schemaVersion.ts"
import { transaction } from "./transaction.ts"
import * as Version from "./version.ts"

interface Versions {
  readonly from: number
  readonly to: number
}

/**
 * Brings the schema to the version of this code: all that is pending in one transaction, under a lock for which the next
 * node waits. On a database that is up to date it needs no right to create anything.
 *
 * Effect's `Migrator` is not used: it creates its table before it takes its lock, needs the schema to exist, passes over
 * migrations with a number below the last one applied, and does not notice that a database is newer than the code.
 * A newer database is left as it is, if this code may write it.
 */
export const migrate = (
  { schema, sql, timeout }: Database
): Effect.Effect<Versions, SchemaTooNew | StoreUnavailable> =>
  deadline(run(sql, schema, `${Duration.toMillis(timeout)}ms`), {
    duration: timeout,
    orElse: () => unavailable(Failure.tooLong(timeout))
  }).pipe(
    Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(Failure.from(error))))
  )

const unavailable = (failure: Failure.Failure) => new StoreUnavailable({ operation: "migrate", ...failure })

const run = (
  sql: PgClient.PgClient,
  schema: string,
  limit: string
): Effect.Effect<Versions, SchemaTooNew | SqlError> =>
  transaction(
    sql,
    Effect.gen(function*() {
      yield* sql`select set_config('statement_timeout', ${limit}, true), set_config('lock_timeout', ${limit}, true)`
      yield* sql`select pg_advisory_xact_lock(hashtextextended(${`rulestead migrations of ${schema}`}, 0))`
      const from = yield* current(sql, schema)
      if (from > latest) {
        yield* expectWritable(sql, schema)
        return { from, to: from }
      }
      for (const [index, { migration }] of migrations.entries()) {
        if (index < from) continue
        for (const statement of migration(sql, sql(schema))) yield* statement.unprepared
        yield* sql`insert into ${sql(schema)}.migrations (version) values (${index + 1})`.unprepared
      }
      if (from < latest) yield* declare(sql, schema, from)
      return { from, to: latest }
    })
  )

/** There is nothing to bring up to date in a newer database, if it may be written. */
const expectWritable = Effect.fnUntraced(function*(sql: PgClient.PgClient, schema: string) {
  const [found] = yield* sql<Version.VersionRow>`select ${sql.literal(Version.columns)} from ${sql(schema)}.migrations`
  if (found !== undefined && Version.isWritable(found)) return
  return yield* new SchemaTooNew({ schema, database: found?.version ?? 0, code: latest })
})

/** Records what older code may do with the schema. The columns for it came with a migration themselves. */
const declare = (sql: PgClient.PgClient, schema: string, from: number) =>
  Effect.forEach(
    migrations.slice(from),
    ({ readableBy, writableBy }, index) =>
      sql`update ${sql(schema)}.migrations set readable_by = ${readableBy}, writable_by = ${writableBy}
        where version = ${from + index + 1}`.unprepared,
    { discard: true }
  )

/** The version that the schema is at. Where there is none, its beginnings are created. */
const current = Effect.fnUntraced(function*(sql: PgClient.PgClient, schema: string) {
  const version = yield* applied(sql, schema)
  if (version !== undefined) return version
  const [found] = yield* sql<{ readonly exists: boolean }>`
    select to_regnamespace(${`"${schema}"`}) is not null as "exists"`
  if (found?.exists === false) yield* sql`create schema ${sql(schema)}`.unprepared
  yield* sql`
    create table ${sql(schema)}.migrations (
      version integer primary key,
      applied_at timestamptz not null default now()
    )`.unprepared
  return 0
})
