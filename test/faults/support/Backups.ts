/** Backups of a server's data as an operator makes them: the files, while the server is down. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { promisify } from "node:util"
import { PostgresServer } from "../../support/PostgresServer.ts"

export type Backups = Effect.Success<typeof make>

/** What a server needs to be told so that it recovers from a backup, and stays there: no log is archived. */
export const settings = { restore_command: "false" }

export const make = Effect.gen(function*() {
  const server = yield* PostgresServer
  const sql = yield* PgClient.PgClient
  const [row] = yield* Effect.orDie(sql<{ readonly data_directory: string }>`show data_directory`)
  const data = row?.data_directory ?? ""
  const copy = Path.join(Path.dirname(data), "copy")
  const whileDown = (change: () => Promise<unknown>) =>
    server.stopFast.pipe(Effect.andThen(Effect.promise(change)), Effect.andThen(server.start))
  const putBack = async () => {
    await Fs.rm(data, { recursive: true })
    await clone(copy, data)
  }
  return {
    take: whileDown(async () => {
      await Fs.rm(copy, { recursive: true, force: true })
      await clone(data, copy)
    }),
    /** As one does: the server recovers, and begins a new timeline. */
    restore: whileDown(async () => {
      await putBack()
      const signal = Path.join(data, "recovery.signal")
      await clone(Path.join(data, "PG_VERSION"), signal)
    }),
    /** As one should not: the server takes the data for its own. */
    putBack: whileDown(putBack)
  }
})

/** A copy that belongs to whom the original belongs to. */
const clone = (from: string, to: string) => promisify(execFile)("cp", ["-pR", from, to])
