/**
 * Access to the tables of a schema: bounded in time, refused where the schema is not of this code, and with failures in
 * the terms of the store.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Commands } from "rulestead/StoreBackend"
import { StoreUnavailable } from "rulestead/StoreError"
import type { Rows } from "./backend/rows.ts"
import type { Database } from "./database.ts"
import { deadline } from "./deadline.ts"
import * as Failure from "./failure.ts"
import * as Version from "./version.ts"

export interface Access extends Rows {
  /** Outside a transaction, what is asked must end in time. Inside one, the transaction must. */
  readonly bounded: <A, E, R>(
    operation: string,
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | StoreUnavailable, R>
}

export const make = (database: Database): Access => {
  const { schema, sql, timeout } = database
  const limit = Duration.fromInputUnsafe(timeout)
  const expectVersion = versionGuard(database)

  const bounded: Access["bounded"] = (operation, self) =>
    Effect.flatMap(Effect.serviceOption(sql.transactionService), (outer) =>
      Option.isSome(outer)
        ? self
        : Effect.flatMap(Commands, (commands) => {
          const duration = Duration.times(limit, 1 + (commands - 1) * shareOfMore)
          return deadline(Effect.andThen(Effect.mapError(expectVersion, unavailable(operation)), self), {
            duration,
            orElse: () => unavailable(operation)(Failure.tooLong(duration))
          })
        }))

  return {
    bounded,
    sql,
    schema: sql(schema),
    answer: (operation, statement) =>
      bounded(operation, Effect.mapError(statement, (error) => unavailable(operation)(Failure.from(error))))
  }
}

/** How much of the time that one command may take each further one adds. */
const shareOfMore = 0.05

export const unavailable = (operation: string) => (failure: Failure.Failure) =>
  new StoreUnavailable({ operation, ...failure })

/** Milliseconds for which a look at the schema's version is good: somebody may migrate while this code runs. */
const versionCheckedFor = 1000

/** Fails unless this code can write to the schema. */
const versionGuard = ({ schema, sql }: Database): Effect.Effect<void, Failure.Failure> => {
  let goodUntil = -Infinity
  return Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now < goodUntil && now >= goodUntil - versionCheckedFor) return
    const [found] = yield* Effect.mapError(
      sql<Version.VersionRow>`select ${sql.literal(Version.columns)} from ${sql(schema)}.migrations`,
      Failure.from
    )
    if (found === undefined || !Version.isWritable(found)) {
      return yield* Effect.fail(Failure.wrongVersion(found?.version ?? 0))
    }
    goodUntil = now + versionCheckedFor
  })
}
