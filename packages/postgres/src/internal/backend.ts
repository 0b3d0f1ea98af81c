/**
 * `StoreBackend` on Postgres.
 *
 * Every statement is a round trip inside a command's transaction, so what belongs together is one statement. Its text does
 * not depend on how many rows it is about, so that the driver prepares it once. Transactions read what is committed and take
 * their locks in the order that the core prescribes, so that none has to be run again because of another.
 */
import * as Effect from "effect/Effect"
import { isSqlError } from "effect/sql/SqlError"
import type { StoreBackend } from "rulestead/StoreBackend"
import * as Access from "./access.ts"
import * as Audit from "./backend/audit.ts"
import * as Documents from "./backend/documents.ts"
import * as Snapshots from "./backend/snapshots.ts"
import * as States from "./backend/states.ts"
import type { Database } from "./database.ts"
import * as Failure from "./failure.ts"
import { transaction } from "./transaction.ts"

export interface Options extends Database, Snapshots.Options {}

export const make = (options: Options): StoreBackend["Service"] => {
  const { sql } = options
  const { bounded, ...rows } = Access.make(options)

  return {
    transaction: (self) =>
      bounded(
        "run the transaction",
        Effect.mapError(
          transaction(sql, self),
          (error) => isSqlError(error) ? Access.unavailable("run the transaction")(Failure.from(error)) : error
        )
      ),
    ...Documents.make(rows),
    ...States.make(rows),
    snapshots: Snapshots.make(rows, options),
    audit: Audit.make(rows)
  }
}
