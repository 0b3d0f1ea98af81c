/**
 * `StoreBackend` on Postgres.
 *
 * Every statement is a round trip inside a command's transaction, so what belongs together is one statement. Its text does
 * not depend on how many rows it is about, so that the driver prepares it once. Transactions read what is committed and take
 * their locks in the order that the core prescribes, so that none has to be run again because of another.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSqlError } from "effect/sql/SqlError"
import type { StoreBackend } from "rulestead/StoreBackend"
import { StoreUnavailable } from "rulestead/StoreError"
import * as Audit from "./backend/audit.ts"
import * as Documents from "./backend/documents.ts"
import type { Rows } from "./backend/rows.ts"
import * as Snapshots from "./backend/snapshots.ts"
import * as States from "./backend/states.ts"
import type { Database } from "./database.ts"
import { deadline } from "./deadline.ts"
import * as Failure from "./failure.ts"
import { latest } from "./migrations.ts"
import { transaction } from "./transaction.ts"

export interface Options extends Database, Snapshots.Options {}

export const make = (options: Options): StoreBackend["Service"] => {
  const { schema, sql, timeout } = options
  const expectVersion = versionGuard(options)

  /** Outside a transaction, what is asked must end in time. Inside one, the transaction must. */
  const bounded = <A, E, R>(
    operation: string,
    self: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | StoreUnavailable, R> =>
    Effect.flatMap(Effect.serviceOption(sql.transactionService), (outer) =>
      Option.isSome(outer)
        ? self
        : deadline(Effect.andThen(Effect.mapError(expectVersion, unavailable(operation)), self), {
          duration: timeout,
          orElse: () => unavailable(operation)(Failure.tooLong(timeout))
        }))

  const rows: Rows = {
    sql,
    schema: sql(schema),
    answer: (operation, statement) =>
      bounded(operation, Effect.mapError(statement, (error) => unavailable(operation)(Failure.from(error))))
  }

  return {
    transaction: (self) =>
      bounded(
        "run the transaction",
        Effect.mapError(
          transaction(sql, self),
          (error) => isSqlError(error) ? unavailable("run the transaction")(Failure.from(error)) : error
        )
      ),
    ...Documents.make(rows),
    ...States.make(rows),
    snapshots: Snapshots.make(rows, options),
    audit: Audit.make(rows)
  }
}

const unavailable = (operation: string) => (failure: Failure.Failure) => new StoreUnavailable({ operation, ...failure })

/** Fails unless the schema is of the version that this code works with. It looks until it has seen that it is. */
const versionGuard = ({ schema, sql }: Database): Effect.Effect<void, Failure.Failure> => {
  let expected = false
  const look = sql<{ readonly version: number }>`
    select coalesce(max(version), 0) as version from ${sql(schema)}.migrations`.pipe(
    Effect.mapError(Failure.from),
    Effect.flatMap(([found]) => {
      expected = found?.version === latest
      return expected ? Effect.void : Effect.fail(Failure.wrongVersion(found?.version ?? 0))
    })
  )
  return Effect.suspend(() => expected ? Effect.void : look)
}
