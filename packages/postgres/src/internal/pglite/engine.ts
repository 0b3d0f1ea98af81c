/** A Postgres inside this process: it has one session at a time, and starts again after a crash. */
import type { Notification } from "@effect/sql-pg/PgConnection"
import * as Cause from "effect/Cause"
import * as Queue from "effect/Queue"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import type { Database } from "./database.ts"
import * as Protocol from "./protocol.ts"

export interface Engine {
  /** Opens a session, and ends the one before it. */
  readonly begin: () => Promise<Session>
  /** Offers a channel's notifications to a queue, which fails when the engine crashes. Returns how to stop that. */
  readonly subscribe: (channel: string, queue: Queue.Enqueue<Notification, SqlError>) => () => void
  readonly close: () => Promise<void>
}

export interface Session {
  /** Answers whole messages. Rejects when the session ended or the engine crashed. */
  readonly execute: (messages: Uint8Array) => Promise<Buffer>
  /** Rolls back what is open and forgets all state of the session. */
  readonly end: () => Promise<void>
}

/**
 * What a server does when a session ends. It is `DISCARD ALL` but for the channels, which belong to the subscribers.
 */
const forget = Buffer.concat([
  Protocol.query("ROLLBACK"),
  Protocol.query(
    `SET SESSION AUTHORIZATION DEFAULT; RESET ALL; DEALLOCATE ALL; CLOSE ALL; SELECT pg_advisory_unlock_all();
     DISCARD TEMP; DISCARD SEQUENCES`
  )
])

/** Runs `first` until it crashes, and then what `restart` opens. */
export const run = (first: Database, restart: () => Promise<Database>): Engine => {
  const subscriptions = new Set<{ readonly channel: string; readonly queue: Queue.Enqueue<Notification, SqlError> }>()
  let running: Promise<Database> | undefined = Promise.resolve(first)
  let session: Session | undefined
  let closed = false

  const started = (): Promise<Database> => {
    if (closed) return Promise.reject(new Error("The embedded Postgres is closed"))
    running ??= restart().catch((cause) => {
      running = undefined
      throw cause
    })
    return running
  }

  const execute = async (database: Database, messages: Uint8Array): Promise<Buffer> => {
    try {
      const answer = await database.execute(messages)
      announce(answer)
      return answer
    } catch (cause) {
      crashed(cause)
      await Promise.allSettled([database.abandon()])
      throw cause
    }
  }

  const crashed = (cause: unknown): void => {
    running = undefined
    session = undefined
    const reason = new ConnectionError({ cause, message: "The embedded Postgres crashed", operation: "listen" })
    for (const { queue } of subscriptions) Queue.failCauseUnsafe(queue, Cause.fail(new SqlError({ reason })))
    subscriptions.clear()
  }

  const announce = (answer: Buffer): void => {
    for (const notification of Protocol.notifications(answer)) {
      for (const { channel, queue } of subscriptions) {
        if (channel === notification.channel) Queue.offerUnsafe(queue, notification)
      }
    }
  }

  return {
    begin: async () => {
      const database = await started()
      await session?.end()
      const self: Session = {
        execute: (messages) =>
          session === self ? execute(database, messages) : Promise.reject(new Error("The session has ended")),
        end: async () => {
          if (session !== self) return
          session = undefined
          await execute(database, forget)
        }
      }
      session = self
      return self
    },
    subscribe: (channel, queue) => {
      const subscription = { channel, queue }
      subscriptions.add(subscription)
      return () => void subscriptions.delete(subscription)
    },
    close: async () => {
      closed = true
      await Promise.allSettled([session?.end()])
      const [last] = await Promise.allSettled([running])
      if (last.status === "fulfilled") await last.value?.close()
    }
  }
}
