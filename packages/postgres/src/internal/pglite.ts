/**
 * Postgres embedded in this process, behind the client that also talks to servers: the driver speaks its wire protocol
 * to PGlite, so types, errors, transactions and streams are those of a server.
 *
 * There is one connection. A statement outside a transaction waits for the transaction that runs, so one that a
 * transaction itself waits for would wait for ever.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import type { Notification } from "@effect/sql-pg/PgConnection"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Reactivity from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import type * as SqlClient from "effect/sql/SqlClient"
import { SqlError, UnknownError } from "effect/sql/SqlError"
import type { DirectoryLocked, DirectoryUnusable } from "../DirectoryLock.ts"
import { EmbeddedPostgresError, StartFailed } from "../EmbeddedPostgresError.ts"
import type { Database } from "./pglite/database.ts"
import * as Directory from "./pglite/directory.ts"
import * as Engine from "./pglite/engine.ts"
import { connect } from "./pglite/stream.ts"

export interface Options {
  /** Where the data is kept; in memory when absent. */
  readonly directory?: string | undefined
}

type Failure = DirectoryLocked | DirectoryUnusable | EmbeddedPostgresError | SqlError

/** Opens an embedded Postgres until the scope closes. It takes seconds for a new directory, and a moment after that. */
export const make = Effect.fn("Pglite.make")(function*(
  { directory }: Options = {}
): Effect.fn.Return<PgClient.PgClient, Failure, Scope.Scope | Reactivity.Reactivity> {
  const engine = yield* makeEngine(directory)
  const client = yield* PgClient.make({
    stream: () => connect(engine),
    username: "postgres",
    database: "postgres",
    maxConnections: 1,
    connectTimeout: "30 seconds"
  })
  return Object.assign(client, {
    // The driver would keep the only connection for itself to listen or to notify.
    listen: (channel: string) => listen(client, engine, channel),
    notify: (channel: string, payload: string) => Effect.asVoid(client`SELECT pg_notify(${channel}, ${payload})`)
  })
})

export const layer = (options?: Options): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, Failure> =>
  PgClient.layerFrom(make(options))

const makeEngine = Effect.fnUntraced(function*(directory: string | undefined) {
  const postgres = yield* Effect.promise(() => import("./pglite/database.ts"))
  const start = (data: string | undefined): Effect.Effect<Database, EmbeddedPostgresError> =>
    Effect.tryPromise({
      try: () => postgres.start(data),
      catch: (cause) =>
        new EmbeddedPostgresError({
          directory: directory ?? "",
          reason: new StartFailed({ log: cause instanceof postgres.Refused ? cause.log : [], cause })
        })
    })
  const create = (data: string) => Effect.flatMap(start(data), (database) => Effect.promise(() => database.close()))
  const data = directory === undefined
    ? undefined
    : yield* Directory.open(directory, { version: postgres.version, create })
  const restart = data === undefined
    ? () => Promise.reject(new Error("A database in memory does not survive a crash"))
    : () => postgres.start(data)
  return yield* Effect.acquireRelease(
    Effect.map(start(data), (database) => Engine.run(database, restart)),
    (engine) => Effect.timeoutOption(Effect.promise(engine.close), "10 seconds")
  )
})

/** Postgres cuts longer names off. */
const longestName = 63

const listen = Effect.fnUntraced(function*(
  client: PgClient.PgClient,
  engine: Engine.Engine,
  channel: string
): Effect.fn.Return<Queue.Dequeue<Notification, SqlError>, SqlError, Scope.Scope> {
  if (Buffer.byteLength(channel) > longestName) {
    const message = `A channel's name has at most ${longestName} bytes`
    return yield* new SqlError({
      reason: new UnknownError({ cause: new Error(message), message, operation: "listen" })
    })
  }
  const queue = yield* Queue.unbounded<Notification, SqlError>()
  yield* Effect.acquireRelease(
    Effect.sync(() => engine.subscribe(channel, queue)),
    (unsubscribe) => Effect.andThen(Effect.sync(unsubscribe), Queue.shutdown(queue))
  )
  yield* client`LISTEN ${client(channel)}`
  return queue
})
