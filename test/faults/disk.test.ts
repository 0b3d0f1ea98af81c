import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { PlatformError } from "effect/PlatformError"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { damage, generationsIn, open } from "../../packages/rulestead/test/support/backupDisk.ts"
import { complete } from "../../packages/rulestead/test/support/snapshots.ts"
import * as TappedFileSystem from "../../packages/rulestead/test/support/TappedFileSystem.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import { matrix, type Phase } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import * as Disk from "./support/Disk.ts"
import { family, type Faults } from "./support/family.ts"
import * as MemoryWorld from "./support/MemoryWorld.ts"
import { live } from "./support/Time.ts"

type Call = (call: TappedFileSystem.Call) => Effect.Effect<void, PlatformError>

interface DiskWorld extends MemoryWorld.MemoryWorld {
  readonly directory: string
  /** Comes before every call to the disk. */
  readonly tap: (before: Call) => Effect.Effect<void>
}

const world = Effect.gen(function*() {
  const directory = Path.join(yield* TemporaryDirectory.make, "backups")
  let before: Call = () => Effect.void
  const fileSystem = TappedFileSystem.layer((call) => before(call))
  const made = yield* MemoryWorld.make({
    time: live,
    taps: new MemoryWorld.Taps(),
    backup: Disk.backup({ directory, maxAge: "12 hours" }, fileSystem)
  })
  const tap = (call: Call) =>
    Effect.sync(() => {
      before = call
    })
  return { ...made, directory, tap }
})

/** What happens to the backup. Who starts finds the store away as well; who runs has something to save. */
const harm = (
  world: DiskWorld,
  phase: Phase,
  begin: Effect.Effect<void>,
  end: Effect.Effect<void> = Effect.void
): Fault => ({
  begin: Effect.andThen(
    begin,
    phase === "first start with a backup" ? world.taps.cutOff : world.publishSurely
  ),
  end: Effect.andThen(end, world.taps.restore)
})

const damaging = (change: (bytes: Buffer) => Buffer, generations = 1) => (world: DiskWorld, phase: Phase): Fault =>
  harm(
    world,
    phase,
    Effect.sync(() => generationsIn(world.directory).slice(0, generations).forEach((file) => damage(file, change)))
  )

const flip = (bytes: Buffer): Buffer => {
  const middle = bytes.length >> 1
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle)
  return bytes
}

const writes: ReadonlySet<string> = new Set(["makeDirectory", "remove", "rename", "sync", "writeAll"])

const pass: Call = () => Effect.void

/** The operating system's answer to whatever would change something. */
const unwritable = (code: string) => (world: DiskWorld, phase: Phase): Fault =>
  harm(
    world,
    phase,
    world.tap((call) => writes.has(call.method) ? Effect.fail(TappedFileSystem.osError(code, call)) : Effect.void),
    world.tap(pass)
  )

const hanging = (world: DiskWorld) => {
  const moves = Latch.makeUnsafe()
  return {
    begin: world.tap(() => Effect.uninterruptible(moves.await)),
    end: Effect.andThen(world.tap(pass), Effect.asVoid(moves.open))
  }
}

const faults: Faults<typeof matrix.disk, DiskWorld> = {
  "corrupt backup": damaging(flip),
  "corrupt backups": damaging(flip, 2),
  "half-written backup": damaging((bytes) => bytes.subarray(0, bytes.length >> 1)),
  "foreign backup": (world, phase) =>
    harm(
      world,
      phase,
      Effect.gen(function*() {
        const { directory } = world
        const [own = ""] = generationsIn(directory)
        const other = `${directory}-of-another`
        const backup = yield* open({ directory: other })
        yield* backup.save("other", complete({ environment: "other", version: 9 }))
        const [foreign = ""] = generationsIn(other)
        Fs.copyFileSync(foreign, Path.join(Path.dirname(own), Path.basename(foreign)))
      }).pipe(Effect.scoped, Effect.orDie)
    ),
  "ancient backup": (world, phase) => {
    const move = (ahead: number) =>
      Effect.sync(() => {
        world.taps.ahead = ahead
      })
    return { prepare: move(-MemoryWorld.day), ...harm(world, phase, move(0)) }
  },
  "backup of newer code": (world, phase) =>
    harm(
      world,
      phase,
      Effect.sync(() => {
        const [newest = ""] = generationsIn(world.directory)
        Fs.renameSync(newest, Path.join(Path.dirname(newest), Path.basename(newest).replace(/^v1\./, "v2.")))
      })
    ),
  "unreadable backup": (world, phase) =>
    harm(
      world,
      phase,
      Effect.suspend(() => {
        const [newest] = generationsIn(world.directory)
        return world.tap((call) =>
          call.path === newest && call.method === "readFile"
            ? Effect.fail(TappedFileSystem.osError("EIO", call))
            : Effect.void
        )
      }),
      world.tap(pass)
    ),
  "vanished folder": (world, phase) =>
    harm(world, phase, Effect.sync(() => Fs.rmSync(world.directory, { recursive: true }))),
  "disk full": unwritable("ENOSPC"),
  "read-only disk": unwritable("EROFS"),
  "disk that hangs": (world, phase) => {
    const { begin, end } = hanging(world)
    return harm(world, phase, begin, end)
  },
  "disk that hangs while the store is well": hanging
}

describe("a disk", () => {
  family({ effect: it.live }, matrix.disk, faults, () => world, { concurrent: true })
})
