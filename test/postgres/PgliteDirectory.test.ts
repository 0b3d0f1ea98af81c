import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import * as Path from "node:path"
import * as Readline from "node:readline"
import * as Pglite from "../../packages/postgres/src/internal/pglite.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

/** A store that was created once, for the tests to copy. */
class Template extends Context.Service<Template, string>()("rulestead/test/Template") {
  static readonly layer = Layer.effect(
    Template,
    Effect.tap(TemporaryDirectory.make, (directory) => Layer.build(Pglite.layer({ directory })).pipe(Effect.scoped))
  )

  static readonly copy = Effect.gen(function*() {
    const directory = yield* TemporaryDirectory.make
    fs.cpSync(yield* Template, directory, { recursive: true })
    return directory
  })
}

const using = <A, E, R>(directory: string, use: (sql: PgClient.PgClient) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(PgClient.PgClient, use).pipe(Effect.provide(Pglite.layer({ directory })))

const refusal = (directory: string) => Effect.flip(using(directory, (sql) => sql`SELECT 1`))

const reasonFor = (directory: string) =>
  Effect.map(refusal(directory), (error) => {
    assert.strictEqual(error._tag, "EmbeddedPostgresError")
    return error._tag === "EmbeddedPostgresError" ? error.reason : undefined
  })

const startProgram = (program: "embeddedWriter.ts" | "embeddedCrash.ts", directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(
        process.execPath,
        ["--conditions=source", Path.join(import.meta.dirname, "fixtures", program), directory],
        { stdio: ["ignore", "pipe", "inherit"] }
      )
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** The lines that a process prints, one after the other. */
const linesOf = (child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }) =>
  Effect.tap(Queue.unbounded<string>(), (lines) =>
    Effect.sync(() => {
      Readline.createInterface({ input: child.stdout }).on("line", (line) => Queue.offerUnsafe(lines, line))
    }))

/** Replaces a function of Node's file system until the scope closes. */
const replace = <Name extends "writeSync" | "fsyncSync">(name: Name, replacement: (typeof fs)[Name]) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const original = fs[name]
      fs[name] = replacement
      syncBuiltinESMExports()
      return original
    }),
    (original) =>
      Effect.sync(() => {
        fs[name] = original
        syncBuiltinESMExports()
      })
  )

const shutDown = 1

describe("an embedded Postgres in a directory", { timeout: 120_000 }, () => {
  it.layer(Template.layer, { timeout: "2 minutes", excludeTestServices: true })((it) => {
    it.effect("finds its data again, and was closed in order", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        yield* using(directory, (sql) =>
          Effect.gen(function*() {
            yield* sql`CREATE TABLE kept (id int)`
            yield* sql`INSERT INTO kept VALUES (1)`
            assert.deepStrictEqual(fs.readdirSync(directory), ["data", "rulestead.lock"])
          }))
        assert.deepStrictEqual(fs.readdirSync(directory), ["data"])
        const control = fs.readFileSync(Path.join(directory, "data/global/pg_control"))
        assert.strictEqual(control.readInt32LE(16), shutDown)
        const rows = yield* using(directory, (sql) => sql`SELECT * FROM kept`)
        assert.deepStrictEqual(rows, [{ id: 1 }])
      }))

    it.effect("runs the version of Postgres that its directories are checked against", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        const [found] = yield* using(directory, (sql) => sql<{ readonly version: string }>`SHOW server_version`)
        const data = fs.readFileSync(Path.join(directory, "data/PG_VERSION"), "utf8").trim()
        assert.strictEqual(Object.values(found ?? {}).join().split(".")[0], data)
      }))

    it.effect("loses no row that was reported as committed when its process is killed", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        const child = yield* startProgram("embeddedWriter.ts", directory)
        const lines = yield* linesOf(child)
        for (let count = 0; count < 50; count++) yield* Queue.take(lines)
        child.kill("SIGKILL")
        yield* Effect.promise(() => once(child, "close"))
        const reported = 50 + (yield* Queue.size(lines))
        const rows = yield* using(directory, (sql) => sql<{ readonly id: number }>`SELECT id FROM written ORDER BY id`)
        assert.isAtLeast(rows.length, reported)
        assert.deepStrictEqual(rows.map(({ id }) => id), rows.map((_, index) => index + 1))
      }))

    it.effect("lets its process end when it is closed, even after a crash", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        const child = yield* startProgram("embeddedCrash.ts", directory)
        const [code] = yield* Effect.promise(() => once(child, "close"))
        assert.strictEqual(code, 0)
      }))

    it.effect("writes a commit to the disk before it reports it", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        yield* using(directory, (sql) =>
          Effect.gen(function*() {
            yield* sql`CREATE TABLE durable (id int)`
            let flushed = 0
            const flush = fs.fsyncSync
            yield* replace("fsyncSync", (file) => {
              flushed++
              flush(file)
            })
            for (let id = 1; id <= 3; id++) {
              yield* sql`INSERT INTO durable VALUES (${id})`
              assert.strictEqual(flushed, id)
            }
          }).pipe(Effect.scoped))
      }))

    it.effect("keeps a second owner out, in this process and in another", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        yield* using(directory, () =>
          Effect.gen(function*() {
            assert.strictEqual((yield* refusal(directory))._tag, "DirectoryLocked")
          }))
        const child = yield* startProgram("embeddedWriter.ts", directory)
        const lines = yield* linesOf(child)
        yield* Queue.take(lines)
        const error = yield* refusal(directory)
        assert.strictEqual(error._tag === "DirectoryLocked" && error.pid, child.pid)
      }))

    it.effect("fails what was under way when the engine crashes, and works again", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        yield* using(directory, (sql) =>
          Effect.gen(function*() {
            yield* sql`CREATE TABLE before (id int)`
            yield* sql`INSERT INTO before VALUES (1)`
            const notifications = yield* sql.listen("channel")
            const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`
            const failure = yield* Effect.flip(sql`SELECT ${deep}::jsonb`)
            assert.strictEqual(failure.reason._tag, "ConnectionError")
            assert.strictEqual((yield* Effect.flip(Queue.take(notifications))).reason._tag, "ConnectionError")
            assert.deepStrictEqual(yield* sql`SELECT id FROM before`, [{ id: 1 }])
            const again = yield* sql.listen("channel")
            yield* sql.notify("channel", "works")
            assert.strictEqual((yield* Queue.take(again)).payload, "works")
          }).pipe(Effect.scoped))
      }))

    it.effect("fails commits while the disk is full, and works again when it is not", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        yield* using(directory, (sql) =>
          Effect.gen(function*() {
            yield* sql`CREATE TABLE before (id int)`
            yield* sql`INSERT INTO before VALUES (1)`
            yield* Effect.gen(function*() {
              yield* replace("writeSync", () => {
                throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })
              })
              for (let attempt = 0; attempt < 3; attempt++) {
                const failure = yield* Effect.flip(sql`INSERT INTO before VALUES (${100 + attempt})`)
                assert.strictEqual(failure.reason._tag, "ConnectionError")
              }
            }).pipe(Effect.scoped)
            yield* sql`INSERT INTO before VALUES (2)`
            assert.deepStrictEqual(yield* sql`SELECT id FROM before`, [{ id: 1 }, { id: 2 }])
          }))
      }))

    it.effect("starts over when it was killed while it created its data", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        fs.cpSync(Path.join(yield* Template, "data"), Path.join(directory, "data.new"), { recursive: true })
        fs.rmSync(Path.join(directory, "data.new/global"), { recursive: true })
        assert.deepStrictEqual(yield* using(directory, (sql) => sql`SELECT 1 AS ok`), [{ ok: 1 }])
        assert.deepStrictEqual(fs.readdirSync(directory), ["data"])
      }))

    it.effect("refuses data of another version, and leaves it alone", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        fs.mkdirSync(Path.join(directory, "data"))
        fs.writeFileSync(Path.join(directory, "data/PG_VERSION"), "17\n")
        const error = yield* refusal(directory)
        assert.strictEqual(
          error.message,
          `The embedded store ${directory} did not open: its data was written by Postgres 17, and only 18 is supported`
        )
        assert.strictEqual((yield* reasonFor(directory))?._tag, "IncompatibleVersion")
        assert.deepStrictEqual(fs.readdirSync(Path.join(directory, "data")), ["PG_VERSION"])
      }))

    it.effect("refuses a directory that holds something else", () =>
      Effect.gen(function*() {
        const cluster = Path.join(yield* Template, "data")
        assert.strictEqual((yield* reasonFor(cluster))?._tag, "NotAStore")
        const directory = yield* TemporaryDirectory.make
        fs.mkdirSync(Path.join(directory, "data"))
        fs.writeFileSync(Path.join(directory, "data/photo.jpg"), "")
        assert.strictEqual((yield* reasonFor(directory))?._tag, "NotAStore")
        assert.deepStrictEqual(fs.readdirSync(Path.join(directory, "data")), ["photo.jpg"])
      }))

    it.effect("reports damaged data with what Postgres said, and gives the directory back", () =>
      Effect.gen(function*() {
        const directory = yield* Template.copy
        const control = Path.join(directory, "data/global/pg_control")
        const content = fs.readFileSync(control)
        fs.truncateSync(control, 100)
        const reason = yield* reasonFor(directory)
        assert.strictEqual(reason?._tag, "StartFailed")
        assert.include(reason?.message, "pg_control")
        fs.writeFileSync(control, content)
        assert.deepStrictEqual(yield* using(directory, (sql) => sql`SELECT 1 AS ok`), [{ ok: 1 }])
      }))

    it.effect("reports a path that cannot be a directory", () =>
      Effect.gen(function*() {
        const file = Path.join(yield* TemporaryDirectory.make, "file")
        fs.writeFileSync(file, "")
        assert.strictEqual((yield* refusal(file))._tag, "DirectoryUnusable")
      }))
  })
})
