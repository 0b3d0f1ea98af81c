/**
 * The backup as files in a directory: verified when read, durable when written, and shared by as many processes,
 * environments and applications as like to.
 *
 * **Details**
 *
 * Every environment of every application has a folder of its own in the directory, which only the user of the process can
 * enter (mode 0700; files 0600). A snapshot becomes a file under a name that was never used before: written under a
 * temporary name, synchronised, renamed, the folder synchronised. Only then do older files go, except the newest of
 * another version. At every moment at least one good file is there, whatever kills the process, and no process can damage
 * what another one wrote; the newest version in the newest epoch is the one that is loaded.
 *
 * A file that is damaged or not what it should be is moved to the folder `quarantine`, which keeps the last few. A file
 * that newer code wrote, or that is merely too old, stays where it is.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as Files from "./internal/disk/files.ts"
import * as Format from "./internal/disk/format.ts"
import * as Names from "./internal/disk/names.ts"
import * as Settings from "./internal/disk/settings.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { SigningKey } from "./SigningKey.ts"
import { BackupError, type Fault, type Loaded, type Saved, SnapshotBackup } from "./SnapshotBackup.ts"
import type { Changes } from "./SnapshotFeed.ts"

/**
 * - `directory`: where; created when absent. It should be on a disk that survives the process.
 * - `application`: keeps the backups of several applications in one directory apart; empty by default.
 * - `maxAge`: a backup written longer ago, by the wall clock, is not loaded; unlimited by default. What is saved again
 *   unchanged is written again once half of it has passed, and not before.
 * - `key`: signs what is saved, and refuses to load what is not signed with it; none by default. A node that is given a
 *   public key alone loads backups and saves none. A signature proves who wrote a backup, not that it is the latest:
 *   `maxAge` limits how old a file can be put back.
 * - `quarantineLimit`: how many unusable files of an environment are kept to be looked at, 4 by default. The oldest go.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly directory: string
  readonly application?: string | undefined
  readonly maxAge?: Duration.Input | undefined
  readonly key?: SigningKey | undefined
  readonly quarantineLimit?: number | undefined
}

/**
 * Keeps backups on disk. Fails when an option is not usable, and names it; a directory that cannot be used fails single
 * loads and saves, and every save tries again from the start.
 *
 * **Example**
 *
 * ```ts
 * import { NodeFileSystem, NodePath } from "@effect/platform-node"
 * import * as Layer from "effect/Layer"
 * import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
 *
 * const backup = SnapshotBackupDisk.layer({ directory: "/var/lib/checkout/flags", maxAge: "7 days" }).pipe(
 *   Layer.provide([NodeFileSystem.layer, NodePath.layer])
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<SnapshotBackup, InvalidInput, FileSystem | Path.Path> => Layer.effect(SnapshotBackup, make(options))

/** Nothing is wrong with the file: newer code, other options or another moment may find it usable. */
const harmless: ReadonlySet<Fault | "gone"> = new Set([
  "gone",
  "unreadable",
  "format",
  "expired",
  "unknown_schema_version",
  "older_version",
  "empty_replacement"
])

const make = Effect.fnUntraced(function*(options: Options) {
  const { application, directory, maxAge, quarantineLimit, signature } = yield* Settings.decode(options)
  const files = yield* Files.make
  const path = yield* Path.Path
  const root = path.resolve(directory)
  const oneWrite = yield* Semaphore.make(1)
  const latestTurns = new Map<string, number>()
  const names = new WeakMap<Saved, string>()
  const passedOver = new Set<string>()
  let turns = 0

  const folderOf = (environment: string): string => path.join(root, Names.folder(application, environment))

  const generationsOf = Effect.fnUntraced(function*(environment: string) {
    const names = yield* files.list(folderOf(environment))
    return names.map(Names.parse).filter((generation) => generation !== undefined)
  })

  const isCandidate = ({ name }: Names.Generation): boolean => !passedOver.has(name)

  const load = Effect.fnUntraced(function*(environment: string): Effect.fn.Return<Loaded, PlatformError> {
    const quarantined: Array<Fault> = []
    while (true) {
      const [newest] = Names.order((yield* generationsOf(environment)).filter(isCandidate))
      if (newest === undefined) return { saved: undefined, quarantined }
      const outcome = yield* Effect.result(read(environment, newest))
      if (Result.isSuccess(outcome)) {
        names.set(outcome.success, newest.name)
        return { saved: outcome.success, quarantined }
      }
      const fault = outcome.failure
      if (fault !== "gone") quarantined.push(fault)
      // A file that cannot be moved is passed over all the same.
      yield* Effect.ignore(passOver(environment, newest.name, fault))
    }
  })

  const read = Effect.fnUntraced(function*(
    environment: string,
    { isNewer, name }: Names.Generation
  ): Effect.fn.Return<Saved, Fault | "gone"> {
    if (isNewer) return yield* refuse("format")
    const bytes = yield* Effect.mapError(files.read(folderOf(environment), name), () => "unreadable" as const)
    if (bytes === undefined) return yield* refuse("gone")
    const now = yield* Clock.currentTimeMillis
    const { entries, head, writtenAt } = yield* Format.decode(bytes, signature.verify, (header) => {
      if (header.application !== application || header.head.environment !== environment) return "foreign"
      return now - header.writtenAt > maxAge ? "expired" : undefined
    })
    return { changes: { head, complete: true, entries }, writtenAt }
  })

  const passOver = Effect.fnUntraced(function*(environment: string, name: string, fault: Fault | "gone") {
    passedOver.add(name)
    if (harmless.has(fault)) return
    const as = Names.quarantined(name, fault, yield* Clock.currentTimeMillis)
    yield* files.setAside(folderOf(environment), name, as, quarantineLimit)
  })

  const setAside = (environment: string, saved: Saved, fault: Fault): Effect.Effect<void, PlatformError> => {
    const name = names.get(saved)
    return name === undefined ? Effect.void : passOver(environment, name, fault)
  }

  const save = (environment: string, snapshot: Changes): Effect.Effect<boolean, BackupError | PlatformError> =>
    Effect.suspend(() => {
      const turn = ++turns
      latestTurns.set(environment, turn)
      return oneWrite.withPermit(
        Effect.suspend(() =>
          latestTurns.get(environment) === turn ? write(environment, snapshot) : Effect.succeed(false)
        )
      )
    })

  const write = Effect.fnUntraced(function*(environment: string, { entries, head }: Changes) {
    const folder = folderOf(environment)
    const writtenAt = yield* Clock.currentTimeMillis
    const isThere = (yield* generationsOf(environment)).some((generation) =>
      isCandidate(generation) && Names.isOf(generation, head) && writtenAt - generation.writtenAt < maxAge / 2
    )
    if (isThere) return false
    if (signature.signer === undefined) {
      return yield* new BackupError({ detail: "the key given verifies, but cannot sign" })
    }
    const bytes = yield* Format.encode({ application, writtenAt, head, entries }, signature.signer)
    const name = Names.generation(head, writtenAt)
    yield* files.sweep(folder)
    yield* files.write(folder, name, bytes)
    const superseded = Names.superseded(yield* generationsOf(environment), name)
    yield* files.remove(folder, superseded.map(({ name }) => name))
    return true
  })

  if (signature.signer === undefined) {
    yield* Effect.logInfo("Backups are loaded, and none is saved: the key given verifies, but cannot sign")
  }

  return SnapshotBackup.of({
    load: Effect.fn("SnapshotBackup.load")(load, explain("it cannot be read")),
    setAside: Effect.fn("SnapshotBackup.setAside")(setAside, explain("a file cannot be set aside")),
    save: Effect.fn("SnapshotBackup.save")(save, explain("it cannot be written")),
    keepEvery: maxAge / 4,
    readOnly: signature.signer === undefined
  })
})

const refuse = <const F extends Fault | "gone">(fault: F): Effect.Effect<never, F> => Effect.fail(fault)

const explain =
  (detail: string) =>
  <A, R>(self: Effect.Effect<A, BackupError | PlatformError, R>): Effect.Effect<A, BackupError, R> =>
    self.pipe(
      Effect.catchTag("PlatformError", (cause) =>
        Effect.fail(new BackupError({ detail: `${detail} (${Files.codeOf(cause)})`, cause }))),
      Effect.catchDefect((cause) =>
        Effect.fail(new BackupError({ detail, cause }))
      )
    )
