import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { FileSystem } from "effect/FileSystem"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import type { PlatformError } from "effect/PlatformError"
import { execFileSync, spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { BackupError } from "rulestead/SnapshotBackup"
import * as TemporaryDirectory from "../../../../test/support/TemporaryDirectory.ts"
import { filesIn, generationsIn, open, versionIn } from "../support/backupDisk.ts"
import { complete } from "../support/snapshots.ts"
import * as TappedFileSystem from "../support/TappedFileSystem.ts"

/** Versions 1 and 2 are there before anything goes wrong. */
const saved = Effect.gen(function*() {
  const directory = yield* TemporaryDirectory.make
  const { save } = yield* open({ directory })
  for (const version of [1, 2]) yield* save("prod", complete({ version }))
  return directory
})

const failures = {
  ...Object.fromEntries(
    ["ENOSPC", "EACCES"].map((code) => [
      code,
      (call: TappedFileSystem.Call) => Effect.fail(TappedFileSystem.osError(code, call))
    ])
  ),
  "a defect": () => Effect.die(new Error("told to die"))
}

interface Faulty {
  readonly fileSystem: Layer.Layer<FileSystem>
  /** Fails one call of `self`. */
  readonly in: <A, E>(self: Effect.Effect<A, E>) => Effect.Effect<Exit.Exit<A, E>>
  /** The call that was failed. */
  readonly failed: () => string | undefined
}

/** Runs `use` with the first call to the file system failing, then the second, and so on till none is left to fail. */
const failEachCall = Effect.fnUntraced(function*<E, R>(
  fail: (call: TappedFileSystem.Call) => Effect.Effect<never, PlatformError>,
  use: (faulty: Faulty) => Effect.Effect<void, E, R>
) {
  const all: Array<string> = []
  while (true) {
    let armed = false
    let calls = 0
    let failed: string | undefined
    const fileSystem = TappedFileSystem.layer((call) =>
      Effect.suspend(() => {
        if (!armed || calls++ !== all.length) return Effect.void
        failed = call.method
        return fail(call)
      })
    )
    yield* use({
      fileSystem,
      in: (self) =>
        Effect.suspend(() => {
          armed = true
          return Effect.exit(self)
        }).pipe(Effect.ensuring(Effect.sync(() => {
          armed = false
        }))),
      failed: () => failed
    })
    if (failed === undefined) return all
    all.push(failed)
  }
})

describe("a file system that fails", () => {
  for (const [name, fail] of Object.entries(failures)) {
    it.effect(`with ${name} at any call of a save costs that save and nothing else`, () =>
      Effect.gen(function*() {
        const calls = yield* failEachCall(fail, (faulty) =>
          Effect.scoped(Effect.gen(function*() {
            const directory = yield* saved
            const { save } = yield* open({ directory }, faulty.fileSystem)
            const exit = yield* faulty.in(save("prod", complete({ version: 3 })))
            const found = yield* versionIn({ directory })
            assert.include(Exit.isSuccess(exit) ? [3] : [2, 3], found)
            if (faulty.failed() !== "remove") {
              assert.deepStrictEqual(filesIn(directory).filter((file) => file.endsWith("tmp")), [])
            }
            yield* save("prod", complete({ version: 4 }))
            assert.strictEqual(yield* versionIn({ directory }), 4)
            assert.strictEqual(generationsIn(directory).length, 2)
          })))
        assert.includeMembers(calls, ["exists", "open", "writeAll", "sync", "rename", "readDirectoryEntries", "remove"])
      }))

    it.effect(`with ${name} at any call of a first save leaves nothing half done`, () =>
      Effect.gen(function*() {
        const calls = yield* failEachCall(fail, (faulty) =>
          Effect.scoped(Effect.gen(function*() {
            const directory = Path.join(yield* TemporaryDirectory.make, "new")
            const { save } = yield* open({ directory }, faulty.fileSystem)
            const exit = yield* faulty.in(save("prod", complete({ version: 1 })))
            assert.include(Exit.isSuccess(exit) ? [1] : [1, undefined], yield* versionIn({ directory }))
            yield* save("prod", complete({ version: 2 }))
            assert.strictEqual(yield* versionIn({ directory }), 2)
          })))
        assert.include(calls, "makeDirectory")
      }))

    it.effect(`with ${name} at any call of a load costs what could not be read`, () =>
      Effect.gen(function*() {
        const calls = yield* failEachCall(fail, (faulty) =>
          Effect.scoped(Effect.gen(function*() {
            const directory = yield* saved
            Fs.truncateSync(generationsIn(directory)[0] ?? "", 10)
            const { load } = yield* open({ directory }, faulty.fileSystem)
            const exit = yield* faulty.in(load("prod"))
            if (Exit.isSuccess(exit) && faulty.failed() !== "readFile") {
              assert.strictEqual(exit.value.saved?.changes.head.version, 1)
            }
            assert.strictEqual(yield* versionIn({ directory }), 1)
          })))
        assert.includeMembers(calls, ["readDirectoryEntries", "readFile", "makeDirectory", "rename"])
      }))
  }

  it.effect("is reported with what the operating system says, and without any content", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const fileSystem = TappedFileSystem.layer((call) =>
        call.method === "writeAll" ? Effect.fail(TappedFileSystem.osError("ENOSPC", call)) : Effect.void
      )
      const { save } = yield* open({ directory }, fileSystem)
      const error: BackupError = yield* Effect.flip(save("prod", complete({ version: 1, epoch: "planted" })))
      assert.strictEqual(error.message, "Snapshot backup: it cannot be written (ENOSPC)")
      assert.notInclude(JSON.stringify(error) + String(error.cause), "planted")
    }))

  it.effect("that does not give out a file leaves it where it is, and the generation before to load", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const [newest] = generationsIn(directory)
      const fileSystem = TappedFileSystem.layer((call) =>
        call.path === newest ? Effect.fail(TappedFileSystem.osError("EIO", call)) : Effect.void
      )
      const { quarantined, saved: found } = yield* (yield* open({ directory }, fileSystem)).load("prod")
      assert.strictEqual(found?.changes.head.version, 1)
      assert.deepStrictEqual(quarantined, ["unreadable"])
      assert.strictEqual(yield* versionIn({ directory }), 2)
    }))

  it.effect("that does not know how to synchronise a folder is good enough", () =>
    Effect.gen(function*() {
      for (const code of ["EINVAL", "EISDIR", "EPERM", "ENOTSUP"]) {
        const directory = yield* TemporaryDirectory.make
        const fileSystem = TappedFileSystem.layer((call) =>
          call.method === "sync" && !call.path.endsWith(".tmp")
            ? Effect.fail(TappedFileSystem.osError(code, call))
            : Effect.void
        )
        yield* (yield* open({ directory }, fileSystem)).save("prod", complete({ version: 1 }))
        assert.strictEqual(yield* versionIn({ directory }), 1)
      }
    }))
})

/** Only root may mount a disk; elsewhere, the calls that fail above have to do. */
const canMount = process.platform === "linux" && process.getuid?.() === 0 &&
  spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0

/** A disk of a megabyte. */
const smallDisk = Effect.gen(function*() {
  const directory = yield* TemporaryDirectory.make
  yield* Effect.acquireRelease(
    Effect.sync(() => execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory])),
    () => Effect.sync(() => execFileSync("umount", [directory]))
  )
  return directory
})

const remount = (directory: string, mode: "ro" | "rw"): void => {
  execFileSync("mount", ["-o", `remount,${mode}`, directory])
}

describe("a directory", () => {
  it.effect("that is a file, or below one, costs the backup until it is one", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const file = Path.join(parent, "backups")
      for (const directory of [file, Path.join(file, "below")]) {
        Fs.writeFileSync(file, "something else")
        const { load, save } = yield* open({ directory })
        assert.strictEqual((yield* Effect.flip(load("prod")))._tag, "BackupError")
        assert.strictEqual((yield* Effect.flip(save("prod", complete({ version: 1 }))))._tag, "BackupError")
        assert.strictEqual(Fs.readFileSync(file, "utf8"), "something else")
        Fs.rmSync(file)
        yield* save("prod", complete({ version: 1 }))
        assert.strictEqual((yield* load("prod")).saved?.changes.head.version, 1)
        Fs.rmSync(file, { recursive: true })
      }
    }))

  it.effect.runIf(Fs.existsSync("/proc/self"))("that can never be created fails at once", () =>
    Effect.gen(function*() {
      const { load, save } = yield* open({ directory: "/proc/nowhere/flags" })
      assert.isUndefined((yield* load("prod")).saved)
      assert.strictEqual(
        (yield* Effect.flip(save("prod", complete({ version: 1 })))).detail,
        "it cannot be written (ENOENT)"
      )
    }))

  it.effect("that vanishes while a file is written costs that file", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      let vanishes = true
      const fileSystem = TappedFileSystem.layer(({ method }) =>
        Effect.sync(() => {
          if (method === "rename" && vanishes) Fs.rmSync(directory, { recursive: true })
        })
      )
      const { save } = yield* open({ directory }, fileSystem)
      const error = yield* Effect.flip(save("prod", complete({ version: 3 })))
      assert.strictEqual(error.detail, "it cannot be written (ENOENT)")
      vanishes = false
      yield* save("prod", complete({ version: 3 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))
})

describe.runIf(canMount)("a disk", () => {
  it.effect("that is full keeps what it has, and takes more when there is room again", () =>
    Effect.gen(function*() {
      const directory = yield* smallDisk
      const { save } = yield* open({ directory })
      yield* save("prod", complete({ version: 1, size: 50_000 }))
      const full = yield* Effect.flip(save("prod", complete({ version: 2, size: 1_000_000 })))
      assert.strictEqual(full.detail, "it cannot be written (ENOSPC)")
      assert.strictEqual(yield* versionIn({ directory }), 1)
      assert.strictEqual(filesIn(directory).length, 1)
      yield* save("prod", complete({ version: 3, size: 50_000 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("that becomes read-only is read, and taken into use again when it can be written", () =>
    Effect.gen(function*() {
      const directory = yield* smallDisk
      const { save } = yield* open({ directory })
      for (const version of [1, 2]) yield* save("prod", complete({ version }))
      Fs.truncateSync(generationsIn(directory)[0] ?? "", 10)
      remount(directory, "ro")
      const { load } = yield* open({ directory })
      const { quarantined, saved: found } = yield* load("prod")
      assert.deepStrictEqual(quarantined, ["truncated"])
      assert.strictEqual(found?.changes.head.version, 1)
      const refused = yield* Effect.flip(save("prod", complete({ version: 3 })))
      assert.strictEqual(refused.detail, "it cannot be written (EROFS)")
      remount(directory, "rw")
      yield* save("prod", complete({ version: 3 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))
})

describe("interruption", () => {
  it.effect("waits for the file that is being written, and leaves it whole", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const writing = yield* Latch.make()
      const fileSystem = TappedFileSystem.layer(({ method }) => method === "writeAll" ? writing.open : Effect.void)
      const { save } = yield* open({ directory }, fileSystem)
      const saving = yield* Effect.forkChild(save("prod", complete({ version: 3 })))
      yield* writing.await
      yield* Fiber.interrupt(saving)
      assert.strictEqual(yield* versionIn({ directory }), 3)
      assert.deepStrictEqual(filesIn(directory).filter((file) => !file.endsWith(".backup")), [])
    }))

  it.effect("of a save that waits for another lets the next one have its turn", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const { save } = yield* open({ directory }, Layer.fresh(NodeFileSystem.layer))
      const first = yield* Effect.forkChild(save("prod", complete({ version: 1 })), { startImmediately: true })
      const second = yield* Effect.forkChild(save("prod", complete({ version: 2 })), { startImmediately: true })
      yield* Fiber.interrupt(second)
      yield* Fiber.join(first)
      yield* save("prod", complete({ version: 3 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))
})
