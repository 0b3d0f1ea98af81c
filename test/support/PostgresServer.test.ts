import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as PostgresServer from "./PostgresServer.ts"

const client = Layer.unwrap(Effect.map(PostgresServer.PostgresServer, ({ url }) => PgClient.layer({ url })))

describe("PostgresServer", { timeout: 60_000 }, () => {
  it.layer(
    Layer.provideMerge(
      client,
      PostgresServer.PostgresServer.layer({ maxConnections: 17, settings: { work_mem: "1MB" } })
    ),
    {
      timeout: "2 minutes",
      excludeTestServices: true
    }
  )((it) => {
    it.effect("runs with the settings it was given", () =>
      Effect.gen(function*() {
        const sql = yield* PgClient.PgClient
        const names = ["max_connections", "work_mem", "fsync"]
        assert.deepStrictEqual(
          yield* sql`SELECT name, setting FROM pg_settings WHERE name IN ${sql.in(names)} ORDER BY name`,
          [
            { name: "fsync", setting: "off" },
            { name: "max_connections", setting: "17" },
            { name: "work_mem", setting: "1024" }
          ]
        )
      }))

    it.effect("fails what is under way when it is killed, and has its data when it starts again", () =>
      Effect.gen(function*() {
        const server = yield* PostgresServer.PostgresServer
        const sql = yield* PgClient.PgClient
        yield* sql`CREATE TABLE kept (id int)`
        yield* sql`INSERT INTO kept VALUES (1)`
        const busy = yield* Effect.forkChild(Effect.exit(sql`SELECT pg_sleep(60)`))
        yield* sql`SELECT 1`
        yield* server.kill
        assert.isTrue(Exit.isFailure(yield* Fiber.join(busy)))
        yield* server.start
        assert.include(yield* server.log, "not properly shut down")
        assert.deepStrictEqual(yield* sql`SELECT id FROM kept`, [{ id: 1 }])
        yield* server.restart
        assert.deepStrictEqual(yield* Effect.retry(sql`SELECT id FROM kept`, { times: 10 }), [{ id: 1 }])
      }))

    it.effect("answers nothing while it is suspended, and goes on where it was", () =>
      Effect.gen(function*() {
        const server = yield* PostgresServer.PostgresServer
        const sql = yield* PgClient.PgClient
        yield* Effect.retry(sql`SELECT 1`, { times: 10 })
        yield* server.stop
        const sent = yield* Deferred.make<void>()
        const query = yield* Effect.forkChild(
          Effect.andThen(Deferred.succeed(sent, undefined), sql`SELECT 1 AS answered`)
        )
        yield* Deferred.await(sent)
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        assert.isUndefined(query.pollUnsafe())
        yield* server.resume
        assert.deepStrictEqual(yield* Fiber.join(query), [{ answered: 1 }])
      }))
  })

  it.live("leaves nothing behind, even when it is suspended at the end", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.scoped(Effect.gen(function*() {
        const server = yield* PostgresServer.make()
        const [setting] = yield* Effect.provide(
          Effect.flatMap(PgClient.PgClient, (sql) => sql<{ readonly data_directory: string }>`SHOW data_directory`),
          PgClient.layer({ url: server.url })
        )
        yield* server.stop
        return Path.dirname(setting?.data_directory ?? "")
      }))
      assert.include(directory, "rulestead-postgres-")
      assert.isFalse(Fs.existsSync(directory))
    }))
})
