import { assert, describe, it } from "@effect/vitest"
import * as DirectoryLock from "@rulestead/postgres/DirectoryLock"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as LockHolder from "../support/LockHolder.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

const { acquire } = DirectoryLock

const lockName = "rulestead.lock"

const lockedBy = (directory: string) =>
  Effect.scoped(acquire(directory)).pipe(
    Effect.flip,
    Effect.filterOrElse((error) => error instanceof DirectoryLock.DirectoryLocked, Effect.die)
  )

/** Leaves a lock behind as a killed process does. */
const killHolder = Effect.fnUntraced(function*(directory: string) {
  const holder = yield* LockHolder.start(directory)
  assert.deepStrictEqual(yield* holder.take, { _tag: "Held" })
  yield* holder.kill
  assert.strictEqual(Fs.readdirSync(Path.join(directory, lockName)).length, 1)
})

describe("DirectoryLock", { timeout: 120_000 }, () => {
  it.effect("creates an absent directory that only its owner can enter", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const directory = yield* acquire(Path.join(parent, "a", "b"))
      assert.strictEqual(directory, Path.join(parent, "a", "b"))
      assert.strictEqual(Fs.statSync(directory).mode & 0o777, 0o700)
    }))

  it.effect("refuses the same directory to the same process, and names it", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      yield* acquire(directory)
      const error = yield* lockedBy(directory)
      assert.strictEqual(error.pid, process.pid)
      assert.strictEqual(error.message, `${directory} is in use by this process itself, which has opened it already`)
    }))

  it.effect.runIf(Fs.existsSync("/proc/self"))(
    "fails at once where the directory can never be created",
    () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(acquire("/proc/nowhere/data"))
        assert.strictEqual(error._tag, "DirectoryUnusable")
        assert.include(error.message, "ENOENT")
      })
  )

  it.effect("gives the lock back when the scope closes, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      yield* Effect.scoped(acquire(directory))
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
      yield* acquire(directory)
      assert.deepStrictEqual(Fs.readdirSync(directory), [lockName])
    }))

  it.effect("sees one directory behind links and relative paths", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const directory = yield* acquire(Path.join(parent, "data"))
      const link = Path.join(parent, "link")
      Fs.symlinkSync(directory, link)
      assert.strictEqual((yield* lockedBy(link)).directory, directory)
      yield* lockedBy(Path.relative(process.cwd(), directory))
    }))

  it.effect("locks directories apart from each other", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      yield* acquire(Path.join(parent, "a"))
      yield* acquire(Path.join(parent, "b"))
    }))

  it.effect("works where a socket's path would be too long", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const left = () => Fs.readdirSync(Os.tmpdir()).filter((name) => /^rulestead-.{6}$/.test(name))
      const before = left()
      const long = Path.join(parent, "d".repeat(200), "e".repeat(200))
      const holder = yield* LockHolder.start(long)
      assert.deepStrictEqual(yield* holder.take, { _tag: "Held" })
      assert.strictEqual((yield* lockedBy(long)).pid, holder.pid)
      yield* holder.kill
      yield* acquire(long)
      yield* lockedBy(long)
      assert.deepStrictEqual(left(), before)
    }))

  it.effect("reports a path that cannot be a directory", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const file = Path.join(parent, "file")
      Fs.writeFileSync(file, "")
      for (const path of [file, Path.join(file, "below")]) {
        const error = yield* Effect.flip(Effect.scoped(acquire(path)))
        assert.strictEqual(error._tag, "DirectoryUnusable")
        assert.include(error.message, path)
      }
    }))

  it.effect("refuses another process, and names the holder even when it hangs", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const holder = yield* LockHolder.start(directory)
      assert.deepStrictEqual(yield* holder.take, { _tag: "Held" })
      assert.strictEqual((yield* lockedBy(directory)).pid, holder.pid)
      yield* holder.signal("SIGSTOP")
      assert.strictEqual((yield* lockedBy(directory)).pid, holder.pid)
      yield* holder.signal("SIGCONT")
      assert.deepStrictEqual(yield* holder.release, { _tag: "Released" })
      yield* acquire(directory)
    }))

  it.effect("needs no cleaning after kill -9", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      for (let round = 0; round < 3; round++) {
        yield* killHolder(directory)
        yield* Effect.scoped(acquire(directory))
        assert.deepStrictEqual(Fs.readdirSync(directory), [])
      }
    }))

  it.effect("removes what a process left that was killed while it took the lock", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      Fs.mkdirSync(Path.join(directory, `${lockName}.AbCdEf`))
      Fs.writeFileSync(Path.join(directory, `${lockName}.AbCdEf`, "1-AbCdEf"), "")
      yield* acquire(directory)
      assert.deepStrictEqual(Fs.readdirSync(directory), [lockName])
    }))

  it.effect("lets exactly one of eight processes take over from a dead holder", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const lock = Path.join(directory, lockName)
      yield* killHolder(directory)
      const [dead = ""] = Fs.readdirSync(lock)
      Fs.renameSync(lock, Path.join(directory, "graveyard"))
      const rivals = yield* Effect.all(Array.from({ length: 8 }, () => LockHolder.start(directory)), { concurrency: 8 })
      for (let round = 0; round < 50; round++) {
        Fs.mkdirSync(lock, { recursive: true })
        Fs.linkSync(Path.join(directory, "graveyard", dead), Path.join(lock, `1-${round}`))
        const outcomes = yield* Effect.forEach(rivals, ({ take }) => take, { concurrency: "unbounded" })
        const winner = outcomes.findIndex(({ _tag }) => _tag === "Held")
        const pid = rivals[winner]?.pid
        assert.deepStrictEqual(
          outcomes.filter((_, index) => index !== winner),
          Array.from({ length: 7 }, (): LockHolder.Outcome => ({ _tag: "Locked", pid }))
        )
        yield* Effect.forEach(rivals, ({ release }) => release, { concurrency: "unbounded" })
      }
    }))

  it.effect("never lets two processes in at once while many come and go", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const rivals = yield* Effect.all(Array.from({ length: 6 }, () => LockHolder.start(directory)), { concurrency: 6 })
      const visits = yield* Effect.forEach(
        rivals,
        ({ exclude }) => Effect.forEach(Array.from({ length: 100 }), () => exclude),
        { concurrency: "unbounded" }
      )
      const outcomes = new Set(visits.flat().map(({ _tag }) => _tag))
      assert.isTrue(outcomes.has("Held"))
      assert.isFalse(outcomes.has("Intruder"))
      assert.isFalse(outcomes.has("Unusable"))
      assert.deepStrictEqual(Fs.readdirSync(directory), [])
    }))

  it("does not keep a process alive", () => {
    const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "rulestead-test-"))
    const program = Path.join(import.meta.dirname, "fixtures/lockAndLeave.ts")
    const { status, stdout } = spawnSync(process.execPath, ["--conditions=source", program, directory], {
      encoding: "utf8",
      timeout: 60_000
    })
    Fs.rmSync(directory, { recursive: true })
    assert.deepStrictEqual({ status, stdout }, { status: 0, stdout: "held\n" })
  })
})
