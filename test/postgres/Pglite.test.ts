import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import * as Pglite from "../../packages/postgres/src/internal/pglite.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** What the stores rely on, of a server and of an embedded Postgres alike. */
const suite = <E>(name: string, client: Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, E>) =>
  describe(`the client of ${name}`, () => {
    it.layer(client, { timeout: "2 minutes", excludeTestServices: true })((it) => {
      it.effect("gives values the types that the driver documents", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          const rows = yield* sql`
            SELECT 1 AS int4, 9007199254740993::int8 AS int8, 1.5::numeric AS numeric, 1.25::float8 AS float8,
              true AS bool, null AS nothing, 'ä€𝄞' AS text, array['a', 'b'] AS list,
              '2026-01-02T03:04:05.678Z'::timestamptz AS moment`
          assert.deepStrictEqual(rows, [{
            int4: 1,
            int8: 9007199254740993n,
            numeric: "1.5",
            float8: 1.25,
            bool: true,
            nothing: null,
            text: "ä€𝄞",
            list: ["a", "b"],
            moment: DateTime.toDateUtc(DateTime.makeUnsafe("2026-01-02T03:04:05.678Z"))
          }])
          assert.deepStrictEqual(
            yield* sql`SELECT ${9007199254740993n}::int8 AS int8, ${"text"}::text AS text, ${[
              "x",
              "y"
            ]}::text[] AS list`,
            [{ int8: 9007199254740993n, text: "text", list: ["x", "y"] }]
          )
        }))

      it.effect("keeps JSON as it is, whatever its keys", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          const text = `{"a": [1, {"b": null}], "camelCase": "ä", "snake_case": 0.1, "__proto__": {"x": 1}}`
          const value: unknown = JSON.parse(text)
          assert.deepStrictEqual(
            yield* sql`SELECT ${sql.json(value)}::jsonb AS parsed, ${sql.json(value)}::jsonb = ${text}::jsonb AS same`,
            [{ parsed: value, same: true }]
          )
          assert.deepStrictEqual(yield* sql`SELECT ${text}::jsonb::text::json AS read`, [{ read: value }])
        }))

      it.effect("carries values of megabytes", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          const text = "0123456789abcdef".repeat(250_000)
          assert.deepStrictEqual(yield* sql`SELECT length(${text}) AS sent, repeat('x', 4000000) AS received`, [
            { sent: 4_000_000, received: "x".repeat(4_000_000) }
          ])
        }))

      it.effect("delivers a notification when its transaction commits, and never when it does not", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          const notifications = yield* sql.listen(`My "channel"`)
          const send = (payload: string) => sql`SELECT pg_notify(${`My "channel"`}, ${payload})`
          yield* sql.withTransaction(Effect.andThen(send("rolled back"), Effect.fail("no"))).pipe(Effect.flip)
          yield* sql.withTransaction(Effect.gen(function*() {
            yield* send("committed ä€")
            yield* sql`SELECT 1`
            assert.strictEqual(yield* Queue.size(notifications), 0)
          }))
          const { channel, payload } = yield* Queue.take(notifications)
          assert.deepStrictEqual({ channel, payload }, { channel: `My "channel"`, payload: "committed ä€" })
          yield* sql.notify(`My "channel"`, "outside")
          assert.strictEqual((yield* Queue.take(notifications)).payload, "outside")
        }))

      it.effect("delivers to the listeners of a channel and to no others, until they leave", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          const stays = yield* sql.listen("one")
          const other = yield* sql.listen("other")
          yield* Effect.scoped(Effect.gen(function*() {
            const leaves = yield* sql.listen("one")
            yield* sql.notify("one", "1")
            assert.strictEqual((yield* Queue.take(leaves)).payload, "1")
          }))
          yield* sql.notify("one", "2")
          assert.strictEqual((yield* Queue.take(stays)).payload, "1")
          assert.strictEqual((yield* Queue.take(stays)).payload, "2")
          yield* sql.notify("other", "3")
          assert.strictEqual((yield* Queue.take(other)).payload, "3")
          const tooLong = yield* Effect.flip(sql.listen("c".repeat(64)))
          assert.strictEqual(tooLong.reason._tag, "UnknownError")
        }))

      it.effect("runs concurrent transactions whole, and rolls back to savepoints", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          yield* sql`CREATE TABLE rows (id int PRIMARY KEY)`
          const insert = (id: number) => sql`INSERT INTO rows VALUES (${id})`
          const nested = (id: number) => Effect.flip(sql.withTransaction(Effect.andThen(insert(id), Effect.fail("no"))))
          yield* Effect.forEach(
            [1, 2, 3, 4, 5],
            (id) => sql.withTransaction(Effect.all([insert(id), nested(id + 100), insert(id + 10)])),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(yield* sql`SELECT array_agg(id ORDER BY id) AS ids FROM rows`, [
            { ids: [1, 2, 3, 4, 5, 11, 12, 13, 14, 15] }
          ])
        }))

      it.effect("keeps a statement out of a transaction that another fiber has open", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          yield* sql`CREATE TABLE apart (id int)`
          const inserted = yield* Deferred.make<void>()
          const finish = yield* Latch.make(false)
          const transaction = yield* Effect.forkChild(Effect.flip(sql.withTransaction(Effect.gen(function*() {
            yield* sql`INSERT INTO apart VALUES (1)`
            yield* Deferred.succeed(inserted, undefined)
            yield* finish.await
            return yield* Effect.fail("no")
          }))))
          yield* Deferred.await(inserted)
          const count = yield* Effect.forkChild(sql`SELECT count(*)::int AS count FROM apart`)
          yield* finish.open
          assert.strictEqual(yield* Fiber.join(transaction), "no")
          assert.deepStrictEqual(yield* Fiber.join(count), [{ count: 0 }])
        }))

      it.effect("tells errors apart, and works on after each", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          yield* sql`CREATE TABLE strict (id int PRIMARY KEY, positive int CHECK (positive > 0))`
          yield* sql`INSERT INTO strict VALUES (1, 1)`
          const reasons = yield* Effect.forEach([
            sql`SELEC`,
            sql`SELECT * FROM absent`,
            sql`INSERT INTO strict VALUES (1, 1)`,
            sql`INSERT INTO strict VALUES (2, 0)`,
            sql`SELECT 1 / 0`,
            sql.withTransaction(sql`INSERT INTO strict VALUES (1, 1)`)
          ], (statement) => Effect.map(Effect.flip(statement), ({ reason }) => reason))
          assert.deepStrictEqual(reasons.map(({ _tag }) => _tag), [
            "SqlSyntaxError",
            "SqlSyntaxError",
            "UniqueViolation",
            "ConstraintError",
            "UnknownError",
            "UniqueViolation"
          ])
          const [, , unique] = reasons
          assert.strictEqual(unique?._tag === "UniqueViolation" && unique.constraint, "strict_pkey")
          assert.deepStrictEqual(yield* sql`SELECT * FROM strict`, [{ id: 1, positive: 1 }])
        }))

      it.effect("is usable after a query was interrupted", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          for (const rows of [1, 1000, 300_000]) {
            const query = yield* Effect.forkChild(sql`SELECT count(*) FROM generate_series(1, ${rows}::int)`)
            yield* Effect.yieldNow
            yield* Fiber.interrupt(query)
            const transaction = yield* Effect.forkChild(
              sql.withTransaction(sql`SELECT generate_series(1, ${rows}::int)`)
            )
            yield* Effect.yieldNow
            yield* Fiber.interrupt(transaction)
            assert.deepStrictEqual(yield* sql`SELECT 1 AS ok`, [{ ok: 1 }])
          }
        }))

      it.effect("streams, and is usable after a stream was left early", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          const rows = sql<
            { readonly n: number }
          >`SELECT n, repeat('x', 100) AS filler FROM generate_series(1, 20000) n`
          assert.strictEqual(yield* Stream.runFold(rows.stream, () => 0, (sum, { n }) => sum + n), 200_010_000)
          for (const taken of [1, 10, 5000]) {
            assert.strictEqual(yield* Stream.runCount(Stream.take(rows.stream, taken)), taken)
            assert.deepStrictEqual(yield* sql`SELECT 1 AS ok`, [{ ok: 1 }])
          }
          const started = yield* Deferred.make<void>()
          const slow = yield* Effect.forkChild(
            Stream.runForEach(rows.stream, () => Effect.andThen(Deferred.succeed(started, undefined), Effect.never))
          )
          yield* Deferred.await(started)
          yield* Fiber.interrupt(slow)
          assert.deepStrictEqual(yield* sql`SELECT 1 AS ok`, [{ ok: 1 }])
          const failure = yield* Effect.flip(
            Stream.runDrain(sql`SELECT 1 / (3 - n) FROM generate_series(1, 5) n`.stream)
          )
          assert.strictEqual(failure.reason._tag, "UnknownError")
        }))

      it.effect("replaces a connection that failed, without what its session left", () =>
        Effect.gen(function*() {
          const sql = yield* PgClient.PgClient
          yield* sql`CREATE TABLE left_open (id int)`
          const tooLarge = sql`SELECT repeat('x', 17000000)`
          const failure = yield* Effect.exit(sql.withTransaction(Effect.gen(function*() {
            yield* sql`INSERT INTO left_open VALUES (1)`
            yield* sql`CREATE TEMPORARY TABLE scratch (id int)`
            yield* sql`SELECT set_config('search_path', 'pg_catalog', false), pg_advisory_lock(1)`
            return yield* tooLarge
          })))
          assert.isTrue(Exit.isFailure(failure))
          assert.deepStrictEqual(yield* sql`SELECT count(*)::int AS count FROM left_open`, [{ count: 0 }])
          assert.strictEqual((yield* Effect.flip(sql`SELECT * FROM scratch`)).reason._tag, "SqlSyntaxError")
          yield* sql`SELECT pg_advisory_lock(1)`
          yield* sql`SELECT pg_advisory_unlock(1)`
          assert.deepStrictEqual(
            yield* sql`SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory'`,
            [{ locks: 0 }]
          )
        }))
    })
  })

suite("a Postgres server", TestDatabase.layerClient({ maxConnections: 8 }))
suite("an embedded Postgres", Pglite.layer())
