import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import * as TemporaryDirectory from "../../../../test/support/TemporaryDirectory.ts"
import { damage, filesIn, generationsIn, open, quarantinedIn, versionIn, versionOf } from "../support/backupDisk.ts"
import { complete } from "../support/snapshots.ts"
import * as TappedFileSystem from "../support/TappedFileSystem.ts"

const flip = (bytes: Buffer): Buffer => {
  const offset = bytes.length - 100
  bytes[offset] = (bytes[offset] ?? 0) ^ 1
  return bytes
}

const half = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length / 2)

/** A directory with versions 1 to 3 saved, of which 2 and 3 are left. */
const saved = Effect.gen(function*() {
  const directory = yield* TemporaryDirectory.make
  const { save } = yield* open({ directory })
  for (const version of [1, 2, 3]) yield* save("prod", complete({ version }))
  return directory
})

describe("SnapshotBackupDisk", () => {
  it.effect("loads in another process what was saved, and when", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      yield* TestClock.setTime(1_764_000_000_000)
      yield* (yield* open({ directory })).save("prod", complete({ version: 7, flags: 20 }))
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* (yield* open({ directory })).load("prod"), {
        saved: { changes: complete({ version: 7, flags: 20 }), writtenAt: 1_764_000_000_000 },
        quarantined: []
      })
    }))

  it.effect("has nothing at first, and makes no folder to find that out", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const { load } = yield* open({ directory: Path.join(parent, "a", "b") })
      assert.deepStrictEqual(yield* load("prod"), { saved: undefined, quarantined: [] })
      assert.deepStrictEqual(Fs.readdirSync(parent), [])
    }))

  it.effect("makes folders that only the owner can enter, and files that only the owner can read", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const directory = Path.join(parent, "a", "b")
      const { load, save } = yield* open({ directory })
      yield* save("prod", complete({ version: 1 }))
      yield* save("prod", complete({ version: 2 }))
      damage(generationsIn(directory)[0], half)
      yield* load("prod")
      const modes = Fs.readdirSync(parent, { recursive: true, withFileTypes: true }).map((entry) => {
        const { mode } = Fs.statSync(Path.join(entry.parentPath, entry.name))
        return `${entry.isDirectory() ? "folder" : "file"} ${(mode & 0o777).toString(8)}`
      })
      assert.deepStrictEqual(modes.toSorted(), [
        "file 600",
        "file 600",
        "folder 700",
        "folder 700",
        "folder 700",
        "folder 700"
      ])
    }))

  it.effect("keeps the newest and the version before, and no more", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      assert.deepStrictEqual(filesIn(directory).map(versionOf), [2, 3])
    }))

  it.effect("writes nothing when nothing changed, not even in a process that has just started", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const before = filesIn(directory)
      const { load, save } = yield* open({ directory })
      yield* save("prod", complete({ version: 3 }))
      yield* load("prod")
      yield* save("prod", complete({ version: 3 }))
      assert.deepStrictEqual(filesIn(directory), before)
    }))

  it.effect("writes what has another content, although it has the same version", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const { load, save } = yield* open({ directory })
      yield* TestClock.adjust("1 second")
      yield* save("prod", complete({ version: 3, size: 11 }))
      assert.deepStrictEqual((yield* load("prod")).saved?.changes, complete({ version: 3, size: 11 }))
    }))

  it.effect("keeps the version before, also when two processes wrote the same version at the same time", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const processes = yield* Effect.all([open({ directory }), open({ directory })])
      yield* Effect.forEach(processes, ({ save }) => save("prod", complete({ version: 4 })), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual([...new Set(generationsIn(directory).map(versionOf))], [4, 3])
      yield* processes[0].save("prod", complete({ version: 5 }))
      assert.deepStrictEqual(generationsIn(directory).map(versionOf), [5, 4])
    }))

  it.effect("keeps what it has just written, whatever else says that it is newer", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      for (const file of generationsIn(directory)) {
        Fs.renameSync(file, Path.join(Path.dirname(file), Path.basename(file).replace("v1.1.", "v1.1.99")))
      }
      generationsIn(directory).forEach((file) => damage(file, flip))
      yield* (yield* open({ directory })).save("prod", complete({ version: 4 }))
      assert.deepStrictEqual(generationsIn(directory).map(versionOf), [993, 992, 4])
      assert.strictEqual(yield* versionIn({ directory }), 4)
    }))

  it.effect("writes the newest of many, one at a time", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      let writing = 0
      const files: Array<string> = []
      const fileSystem = TappedFileSystem.layer(({ method, path }) =>
        Effect.sync(() => {
          if (method === "open" && path.endsWith(".tmp")) {
            files.push(path)
            assert.strictEqual(++writing, 1)
          }
          if (method === "rename") writing--
        })
      )
      const { save } = yield* open({ directory }, fileSystem)
      const saves = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, index) => complete({ version: index + 1 })),
        (snapshot) => Effect.forkChild(save("prod", snapshot), { startImmediately: true })
      )
      yield* Effect.forEach(saves, Fiber.join)
      assert.strictEqual(files.length, 2)
      assert.strictEqual(yield* versionIn({ directory }), 100)
    }))

  it.effect("is on the disk before it gets its name, and only then do older files go", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const calls: Array<string> = []
      const fileSystem = TappedFileSystem.layer(({ method, options, path }) =>
        Effect.sync(() => {
          const { flag, mode } = { flag: "", mode: 0, ...(typeof options === "object" ? options : {}) }
          const what = path.endsWith(".tmp") ? "temporary" : path.endsWith(".backup") ? versionOf(path) : "folder"
          calls.push([method, what, flag, mode === 0 ? "" : mode.toString(8)].join(" ").trim())
        })
      )
      yield* (yield* open({ directory }, fileSystem)).save("prod", complete({ version: 4 }))
      assert.deepStrictEqual(calls.slice(calls.indexOf("open temporary wx 600")), [
        "open temporary wx 600",
        "writeAll temporary",
        "sync temporary",
        "rename temporary",
        "open folder",
        "sync folder",
        "readDirectoryEntries folder",
        "remove 2"
      ])
    }))

  it.effect("makes the folder again when it has vanished", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const { load, save } = yield* open({ directory })
      yield* load("prod")
      Fs.rmSync(directory, { recursive: true })
      yield* save("prod", complete({ version: 3 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("removes what a process left that died while writing, but not what one is writing", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const now = 1_764_000_000_000
      yield* TestClock.setTime(now)
      const folder = Path.dirname(generationsIn(directory)[0] ?? "")
      const leave = (name: string, ageSeconds: number) => {
        Fs.writeFileSync(Path.join(folder, name), "half")
        Fs.utimesSync(Path.join(folder, name), now / 1000 - ageSeconds, now / 1000 - ageSeconds)
      }
      leave("00000000deadbeef.tmp", 3600)
      leave("0000000011111111.tmp", 60)
      leave("notes.txt", 3600)
      yield* (yield* open({ directory })).save("prod", complete({ version: 4 }))
      const others = Fs.readdirSync(folder).filter((name) => !name.endsWith(".backup"))
      assert.deepStrictEqual(others.sort(), ["0000000011111111.tmp", "notes.txt"])
    }))
})

describe("order of generations", () => {
  it.effect("prefers the newer version, also after the clock was put back", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const { save } = yield* open({ directory })
      yield* TestClock.setTime(1_764_000_000_000)
      yield* save("prod", complete({ version: 9 }))
      yield* TestClock.setTime(1_000_000_000_000)
      yield* save("prod", complete({ version: 10 }))
      assert.strictEqual(yield* versionIn({ directory }), 10)
    }))

  it.effect("prefers the newer version, although an older one was saved later", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const { save } = yield* open({ directory })
      for (const version of [9, 10, 8]) {
        yield* save("prod", complete({ version }))
        yield* TestClock.adjust("1 minute")
      }
      assert.strictEqual(yield* versionIn({ directory }), 10)
    }))

  it.effect("prefers the epoch last written to, whatever its versions", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const { save } = yield* open({ directory })
      for (const snapshot of [{ version: 900 }, { version: 3, epoch: "restored" }, { version: 4, epoch: "restored" }]) {
        yield* save("prod", complete(snapshot))
        yield* TestClock.adjust("1 minute")
      }
      assert.strictEqual(yield* versionIn({ directory }), 4)
    }))
})

describe("unusable files", () => {
  it.effect("are passed over for the generation before, and put into quarantine", () =>
    Effect.gen(function*() {
      for (
        const [change, fault] of [[flip, "checksum"], [half, "truncated"], [
          () => Buffer.alloc(0),
          "truncated"
        ]] as const
      ) {
        const directory = yield* saved
        damage(generationsIn(directory)[0], change)
        const { saved: found, quarantined } = yield* (yield* open({ directory })).load("prod")
        assert.strictEqual(found?.changes.head.version, 2)
        assert.deepStrictEqual(quarantined, [fault])
        assert.deepStrictEqual(generationsIn(directory).map(versionOf), [2])
        assert.match(quarantinedIn(directory)[0] ?? "", new RegExp(`/\\d{16}\\.${fault}\\.v1\\.1\\.3\\.`))
      }
    }))

  it.effect("leave nothing to load when both generations are damaged, and are told apart", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const [newest, previous] = generationsIn(directory)
      damage(newest, () => Buffer.from("{}".repeat(100)))
      damage(previous, flip)
      const { load, save } = yield* open({ directory })
      assert.deepStrictEqual(yield* load("prod"), { saved: undefined, quarantined: ["malformed", "checksum"] })
      assert.deepStrictEqual(yield* load("prod"), { saved: undefined, quarantined: [] })
      yield* save("prod", complete({ version: 3 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("are kept in a limited number, the latest", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const { load, save } = yield* open({ directory, quarantineLimit: 2 })
      for (const version of [1, 2, 3, 4, 5]) {
        yield* save("prod", complete({ version }))
        damage(generationsIn(directory)[0], flip)
        yield* load("prod")
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(quarantinedIn(directory).map((file) => file.split(".")[4]), ["4", "5"])
    }))

  it.effect("are kept not at all if so wished", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      damage(generationsIn(directory)[0], flip)
      yield* (yield* open({ directory, quarantineLimit: 0 })).load("prod")
      assert.deepStrictEqual(filesIn(directory).map(versionOf), [2])
    }))

  it.effect("stay where they are if newer code wrote them", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const [newest = ""] = generationsIn(directory)
      damage(newest, (bytes) => Buffer.concat([Buffer.from("rulestead-backup 0002"), bytes.subarray(21)]))
      const renamed = Path.join(Path.dirname(newest), Path.basename(newest).replace("v1.1.3.", "v2.1.4."))
      Fs.copyFileSync(newest, renamed)
      const { load, save } = yield* open({ directory })
      const { saved: found, quarantined } = yield* load("prod")
      assert.strictEqual(found?.changes.head.version, 2)
      assert.deepStrictEqual(quarantined, ["format", "format"])
      assert.deepStrictEqual(generationsIn(directory).map(versionOf), [4, 3, 2])
      for (const version of [5, 6, 7]) yield* save("prod", complete({ version }))
      assert.isTrue(Fs.existsSync(renamed))
      assert.deepStrictEqual(generationsIn(directory).map(versionOf), [7, 6, 4])
    }))

  it.effect("are refused when they are too old, and stay", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const options = { directory, maxAge: "1 hour" } as const
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* versionIn(options), 3)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* (yield* open(options)).load("prod"), {
        saved: undefined,
        quarantined: ["expired", "expired"]
      })
      assert.deepStrictEqual(filesIn(directory).map(versionOf), [2, 3])
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("are written anew in good time before they are too old, although nothing changed", () =>
    Effect.gen(function*() {
      const directory = yield* TemporaryDirectory.make
      const options = { directory, maxAge: "2 hours" } as const
      const { save } = yield* open(options)
      for (let minutes = 0; minutes <= 600; minutes += 30) {
        yield* save("prod", complete({ version: 1 }))
        yield* TestClock.adjust("30 minutes")
        assert.strictEqual(yield* versionIn(options), 1)
        assert.strictEqual(filesIn(directory).length, 1)
      }
    }))

  it.effect("that a node refuses make way for the generation before", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const { load, save, setAside } = yield* open({ directory })
      const { saved: newest } = yield* load("prod")
      assert.isDefined(newest)
      if (newest !== undefined) yield* setAside("prod", newest, "digest_mismatch")
      assert.strictEqual((yield* load("prod")).saved?.changes.head.version, 2)
      assert.match(quarantinedIn(directory)[0] ?? "", /\.digest_mismatch\.v1\.1\.3\./)
      yield* save("prod", complete({ version: 3 }))
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("that a node refuses without fault of theirs stay where they are", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const { load, setAside } = yield* open({ directory })
      const { saved: newest } = yield* load("prod")
      if (newest !== undefined) yield* setAside("prod", newest, "older_version")
      assert.strictEqual((yield* load("prod")).saved?.changes.head.version, 2)
      assert.strictEqual(yield* versionIn({ directory }), 3)
    }))

  it.effect("are not looked at when they are no files", () =>
    Effect.gen(function*() {
      const directory = yield* saved
      const [newest = ""] = generationsIn(directory)
      const elsewhere = Path.join(directory, "elsewhere")
      Fs.renameSync(newest, elsewhere)
      Fs.symlinkSync(elsewhere, newest)
      Fs.mkdirSync(newest.replace(".3.", ".4."))
      assert.strictEqual(yield* versionIn({ directory }), 2)
    }))
})

describe("sharing a directory", () => {
  it.effect("keeps environments and applications apart, whatever they are called", () =>
    Effect.gen(function*() {
      const parent = yield* TemporaryDirectory.make
      const directory = Path.join(parent, "backups")
      const names = [
        "",
        ".",
        "..",
        "../..",
        "/etc/passwd",
        "prod",
        "PROD",
        "Prod",
        "prod ",
        "prod.",
        "prod-a",
        "a/b",
        "a\\b",
        "a:b",
        "con",
        "nul",
        "é",
        "e\u0301",
        "\ud800",
        "\0",
        "x".repeat(500)
      ]
      const pairs = names.flatMap((application) => names.map((environment) => ({ application, environment })))
      yield* Effect.forEach(pairs, ({ application, environment }, version) =>
        Effect.flatMap(open({ directory, application }), ({ save }) =>
          save(environment, complete({ environment, version, size: 0 }))), { concurrency: 8 })
      assert.deepStrictEqual(Fs.readdirSync(parent), ["backups"])
      const folders = Fs.readdirSync(directory)
      assert.strictEqual(
        new Set(folders.map((name) =>
          name.toLowerCase().normalize()
        )).size,
        pairs.length
      )
      for (const name of folders) {
        assert.match(name, /^[a-z0-9_-]{1,100}$/)
      }
      const valid = pairs.map((pair, version) => ({ ...pair, version })).filter(({ environment }) =>
        /^[a-z0-9][a-z0-9_-]+$/.test(environment) && environment.length <= 64
      )
      assert.strictEqual(valid.length, 4 * names.length)
      for (const { application, environment, version } of valid) {
        assert.strictEqual(yield* versionIn({ directory, application }, environment), version)
      }
    }))

  it.effect("refuses the backup of another environment or application in the place of its own", () =>
    Effect.gen(function*() {
      for (const [application, environment] of [["shop", "test"], ["blog", "prod"]] as const) {
        const directory = yield* TemporaryDirectory.make
        yield* (yield* open({ directory, application: "shop" })).save("prod", complete({ version: 1 }))
        const [own = ""] = generationsIn(directory)
        yield* (yield* open({ directory, application })).save(environment, complete({ environment, version: 2 }))
        const foreign = generationsIn(directory).find((file) => file !== own) ?? ""
        Fs.renameSync(foreign, Path.join(Path.dirname(own), Path.basename(foreign)))
        const { saved: found, quarantined } = yield* (yield* open({ directory, application: "shop" })).load("prod")
        assert.strictEqual(found?.changes.head.version, 1)
        assert.deepStrictEqual(quarantined, ["foreign"])
      }
    }))
})

describe("options", () => {
  const refused = (options: SnapshotBackupDisk.Options) =>
    Effect.map(Effect.flip(open(options)), (error) => {
      assert.strictEqual(error._tag, "InvalidInput")
      return error.problems.map(({ path }) => path)
    })

  it.effect("that are not usable are named, all of them", () =>
    Effect.gen(function*() {
      const problems = yield* refused({ directory: " ", maxAge: "0 seconds", quarantineLimit: 1.5 })
      assert.deepStrictEqual(problems, ["directory", "maxAge", "quarantineLimit"])
      assert.deepStrictEqual(yield* refused({ directory: "a\0b", quarantineLimit: -1, maxAge: NaN }), [
        "directory",
        "maxAge",
        "quarantineLimit"
      ])
    }))

  it.effect("that are keys are checked, and never shown", () =>
    Effect.gen(function*() {
      const secret = Redacted.make("planted-secret")
      const error = yield* Effect.flip(open({ directory: "x", key: { algorithm: "hmac-sha256", secret } }))
      assert.deepStrictEqual(error.problems.map(({ path }) => path), ["key.secret"])
      assert.notInclude(JSON.stringify(error) + String(error), "planted")
    }))
})
