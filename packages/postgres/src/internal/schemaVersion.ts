import type * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { StoreUnavailable } from "rulestead/StoreError"
import type { Database } from "./database.ts"
import { deadline } from "./deadline.ts"
import * as Failure from "./failure.ts"
import { latest } from "./migrations.ts"

interface Versions {
  readonly database: number
  readonly code: number
}

/** At which version the schema is (0: there is none), and which one this code has. */
export const read = ({ schema, sql, timeout }: Database): Effect.Effect<Versions, StoreUnavailable> =>
  deadline(Effect.map(applied(sql, schema), (database = 0) => ({ database, code: latest })), {
    duration: timeout,
    orElse: () => unavailable(Failure.tooLong(timeout))
  }).pipe(
    Effect.catchTag("SqlError", (error) => Effect.fail(unavailable(Failure.from(error))))
  )

const unavailable = (failure: Failure.Failure) =>
  new StoreUnavailable({ operation: "read the version of the tables", ...failure })

/** The version of the schema in the database; `undefined` where there is no record of one. */
export const applied = Effect.fnUntraced(function*(
  sql: PgClient.PgClient,
  schema: string
): Effect.fn.Return<number | undefined, SqlError> {
  const [found] = yield* sql<{ readonly exists: boolean }>`
    select to_regclass(${`"${schema}".migrations`}) is not null as "exists"`
  if (found?.exists !== true) return undefined
  const [latestApplied] = yield* sql<{ readonly version: number }>`
    select coalesce(max(version), 0) as version from ${sql(schema)}.migrations`
  return latestApplied?.version ?? 0
})
