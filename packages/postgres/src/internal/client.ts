/**
 * A client of a Postgres server that lets go of it in bounded time, whatever the server does.
 *
 * The driver does not: closing waits for the answers to `UNLISTEN`, to the `COMMIT` or `ROLLBACK` of a transaction, and a
 * process does not end before the server has closed its side of each connection. A server that hangs does none of that.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Queue from "effect/Queue"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import * as Net from "node:net"

export interface Options {
  readonly url: Redacted.Redacted
  /** At least 2: all who listen share one, which is not of the pool. */
  readonly maxConnections: number
  readonly connectTimeout: Duration.Input
  readonly startupParameters: Readonly<Record<string, string>>
}

/** How long a server may take to end what is under way when the client is closed. */
const grace = Duration.seconds(1)

const keepAlive = Duration.toMillis("30 seconds")

export const make = Effect.fnUntraced(function*(
  { connectTimeout, maxConnections, startupParameters, url }: Options
): Effect.fn.Return<PgClient.PgClient, never, Scope.Scope> {
  const target = targetOf(new URL(Redacted.value(url)))
  const sockets = new Set<Net.Socket>()

  const stream = (): Net.Socket => {
    const socket = Net.connect({ ...target, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAlive })
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    // The last word is said; the server may never answer it.
    socket.once("finish", () => socket.destroy())
    return socket
  }

  const config = { url, stream, connectTimeout, startupParameters, applicationName: "rulestead" }

  /** On a connection that is closed before its listener is, and so never asks the server to stop notifying. */
  const listen = Effect.fnUntraced(function*(
    channel: string
  ): Effect.fn.Return<Queue.Dequeue<PgConnection.Notification, SqlError>, SqlError, Scope.Scope> {
    const listening = yield* scope
    const connected = yield* scope
    const connection = yield* Scope.provide(PgConnection.make(config), connected)
    return yield* Scope.provide(connection.listen(channel), listening)
  })

  const pool = yield* Effect.acquireRelease(Scope.make(), (pool) =>
    Effect.gen(function*() {
      const closing = yield* Effect.forkDetach(Scope.close(pool, Exit.void), { startImmediately: true })
      yield* Effect.interruptible(Effect.timeoutOption(Fiber.await(closing), grace))
      for (const socket of sockets) socket.destroy()
      yield* Fiber.await(closing)
    }))
  const client = yield* PgClient.make({ ...config, maxConnections: maxConnections - 1 }).pipe(
    // It connects with its first statement, and has nothing else to fail of.
    Effect.orDie,
    Effect.provide(Reactivity.layer),
    Scope.provide(pool)
  )
  return Object.assign(client, { listen })
})

const scope = Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))

/** Where a URL leads, as the driver understands it. */
const targetOf = (url: URL): { readonly host: string; readonly port: number } | { readonly path: string } => {
  const name = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : decodeURIComponent(url.hostname)
  const host = url.searchParams.get("host") ?? (name === "" ? "localhost" : name)
  const port = Number(url.searchParams.get("port") ?? (url.port === "" ? "5432" : url.port))
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
}
