/**
 * A client of a Postgres server that lets go of it in bounded time, whatever the server does.
 *
 * The driver does not: closing waits for the answers to `UNLISTEN`, to the `COMMIT` or `ROLLBACK` of a transaction, and a
 * process does not end before the server has closed its side of each connection. A server that hangs does none of that.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Queue from "effect/Queue"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import * as Net from "node:net"
import type { Address } from "./address.ts"
import * as IdleClock from "./idleClock.ts"

export interface Options {
  readonly url: Redacted.Redacted
  readonly address: Address
  /** At least 2: all who listen share one, which is not of the pool. */
  readonly maxConnections: number
  readonly connectTimeout: Duration.Input
  readonly startupParameters: Readonly<Record<string, string>>
}

/** How long a server may take to end what is under way when the client is closed. */
const grace = Duration.seconds(1)

const keepAlive = Duration.toMillis("30 seconds")

/**
 * How long a connection stays open for the next statement: for what one command asks, and not from one poll to the next,
 * so that nodes that look in turn need few connections between them.
 */
const idleTimeout = Duration.millis(100)

export const make = Effect.fnUntraced(function*(
  { address, connectTimeout, maxConnections, startupParameters, url }: Options
): Effect.fn.Return<PgClient.PgClient, never, Scope.Scope> {
  const { applicationName, ssl, target } = address
  const sockets = new Set<Net.Socket>()

  const stream = (): Net.Socket => {
    const socket = Net.connect({ ...target, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAlive })
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    // The last word is said; the server may never answer it.
    socket.once("finish", () => socket.destroy())
    return socket
  }

  const config = { url, stream, connectTimeout, startupParameters, applicationName, ssl }

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
  const client = yield* PgClient.make({ ...config, idleTimeout, maxConnections: maxConnections - 1 }).pipe(
    // It connects with its first statement, and has nothing else to fail of.
    Effect.orDie,
    Effect.provide(Reactivity.layer),
    // The pool looks for idle connections for as long as it is open, whether there are any or not.
    Effect.provideService(Clock.Clock, IdleClock.make(yield* Clock.Clock)),
    Scope.provide(pool)
  )
  return Object.assign(client, { listen })
})

const scope = Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
