import { assert, describe, layer } from "@effect/vitest"
import * as DirectoryLock from "@rulestead/postgres/DirectoryLock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import * as TemporaryDirectory from "./support/TemporaryDirectory.ts"
import { TestDatabase } from "./support/TestDatabase.ts"

const root = join(import.meta.dirname, "..")

/** The command of `npm start`, which npm itself runs only in the repository. */
const [, ...command]: ReadonlyArray<string> = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts.start
  .split(" ")

interface Run {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

const start = (directory: string, databaseUrl?: string): Effect.Effect<Run> =>
  Effect.callback((resume) => {
    const { DATABASE_URL: _, ...environment } = process.env
    const child = spawn(process.execPath, command.map((part) => part.replace("scratchpad", join(root, "scratchpad"))), {
      cwd: directory,
      env: databaseUrl === undefined ? environment : { ...environment, DATABASE_URL: databaseUrl },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [output, errors] = [textOf(child.stdout), textOf(child.stderr)]
    child.once("close", (code) => resume(Effect.succeed({ code, output: output(), errors: errors() })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const textOf = (stream: ChildProcess["stdout"] & {}) => {
  let text = ""
  stream.setEncoding("utf8").on("data", (chunk: string) => text += chunk)
  return () => text
}

const succeeds = ({ code, errors, output }: Run) => {
  assert.strictEqual(errors, "")
  assert.strictEqual(code, 0)
  assert.match(output, /^Node +decides 25 flags by snapshot \d+ of prod \(live\)$/m)
  assert.match(output, /^10,000 requests, 25 flags$/m)
  assert.match(output, /^product-recommendations +boolean +0\.0% +false 100% +kill switch 100%$/m)
  assert.match(output, /^250,000 decisions in /m)
  assert.match(output, /^ +everybody \(percentage_rollout\): matched; bucket \d+ of subject against 2500$/m)
  assert.match(output, /^after +snapshot \d+, on for 1,798 users; all of them stay in$/m)
  assert.match(output, /^delay +\d+\.\d ms /m)
  assert.isTrue(output.split("\n").every((line) => line.length <= 100), "fits 100 columns")
}

/** The numbers of the snapshots before and after the change. */
const versions = (output: string) =>
  [...output.matchAll(/^(?:before|after) +snapshot (\d+)/gm)].map(([, n]) => Number(n))

/** The table: what was decided of which flag. */
const table = (output: string) =>
  output.split("\n").filter((line) => /^[a-z-]+ +(boolean|string|number|json) /.test(line))

const fails = ({ code, errors }: Run, message: RegExp) => {
  assert.strictEqual(code, 1)
  assert.match(errors, message)
  assert.lengthOf(errors.trimEnd().split("\n"), 1, "no stack trace")
}

layer(TestDatabase.layer, { excludeTestServices: true })("npm start", (it) => {
  describe("on the embedded store", () => {
    it.effect("begins with nothing, finds its data again, and ends by itself", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        const first = yield* start(directory)
        succeeds(first)
        assert.match(first.output, /^Catalogue +created 25 flags and 7 audiences, published 25 flags to prod$/m)
        assert.deepStrictEqual(versions(first.output), [1, 2])

        const second = yield* start(directory)
        succeeds(second)
        assert.match(second.output, /^Data +found from an earlier run$/m)
        assert.match(second.output, /^Catalogue +differed, published again: checkout-redesign$/m)
        assert.deepStrictEqual(versions(second.output), [3, 4])
        assert.deepStrictEqual(table(second.output), table(first.output))
      }), 180_000)

    it.effect("says who has the folder, and leaves it alone", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        yield* DirectoryLock.acquire(join(directory, ".rulestead"))
        fails(yield* start(directory), new RegExp(`^Failed: .*\\.rulestead is in use by process ${process.pid}$`, "m"))
      }), 60_000)

    it.effect("says that something else is in the way", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        writeFileSync(join(directory, ".rulestead"), "")
        fails(yield* start(directory), /^Failed: \.rulestead cannot be used as a store/)
      }), 60_000)
  })

  describe("on a server", () => {
    it.effect("does the same there", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        const { url } = yield* TestDatabase
        const run = yield* start(directory, Redacted.value(url))
        succeeds(run)
        assert.match(run.output, /^Store +the Postgres server /m)
        assert.match(run.output, /^Catalogue +created 25 flags/m)
        assert.deepStrictEqual(versions(run.output), [1, 2])
      }), 120_000)

    it.effect("says that there is none, and not the password", () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        const run = yield* start(directory, `postgres://shop:planted@127.0.0.1:${yield* closedPort}/shop`)
        fails(run, /^Failed: .*no connection to the database/)
        assert.notInclude(run.output + run.errors, "planted")
      }), 60_000)
  })
})

/** A port on which nobody listens any more. */
const closedPort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})
