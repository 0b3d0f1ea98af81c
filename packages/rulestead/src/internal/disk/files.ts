/**
 * What the backup does on a file system. It takes no lock: a file gets its name when it is complete and on the disk, and
 * its bytes never change then, so processes that share a folder can at worst miss each other's newest file.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as Names from "./names.ts"

/** A temporary file that was not written to for so long was left by a process that died. */
const abandonedAfter = Duration.toMillis("10 minutes")

/** A folder cannot be opened on every system, nor be synchronised on every file system. */
const unsupported: ReadonlySet<string> = new Set(["EINVAL", "EISDIR", "ENOTSUP", "EPERM"])

export type Files = Effect.Success<typeof make>

export const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path

  /** The names of the files in a folder; none if it is not there. */
  const list = (folder: string): Effect.Effect<ReadonlyArray<string>, PlatformError> =>
    fs.readDirectoryEntries(folder).pipe(
      Effect.map((entries) => entries.filter(({ type }) => type === "File").map(({ name }) => name)),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed([]))
    )

  /** A whole file, unless it has gone. */
  const read = (folder: string, name: string): Effect.Effect<Buffer | undefined, PlatformError> =>
    fs.readFile(path.join(folder, name)).pipe(
      Effect.map(({ buffer, byteLength, byteOffset }) => Buffer.from(buffer, byteOffset, byteLength)),
      Effect.catchReason("PlatformError", "NotFound", () => Effect.undefined)
    )

  /**
   * Puts a file in place so that it is still there after a power failure. Whatever happens meanwhile, it is there whole or
   * not at all. Interruption waits: a file that is closed while it is being written to could be another one by then.
   */
  const write = (folder: string, name: string, bytes: Uint8Array): Effect.Effect<void, PlatformError> => {
    const temporary = path.join(folder, Names.temporary())
    return makeFolder(folder).pipe(
      Effect.andThen(fill(temporary, bytes)),
      Effect.andThen(fs.rename(temporary, path.join(folder, name))),
      Effect.onError(() => discard(temporary)),
      Effect.andThen(synchronize(folder)),
      Effect.uninterruptible
    )
  }

  /** One step at a time: Node.js never ends where it cannot create a folder in one that exists, as in `/proc`. */
  const makeFolder: (folder: string) => Effect.Effect<void, PlatformError> = Effect.fnUntraced(function*(folder) {
    if (yield* fs.exists(folder)) return
    const parent = path.dirname(folder)
    if (parent !== folder) yield* makeFolder(parent)
    yield* fs.makeDirectory(folder, { mode: 0o700 }).pipe(
      Effect.catchReason("PlatformError", "AlreadyExists", () => Effect.void)
    )
    yield* synchronize(parent)
  })

  const fill = (file: string, bytes: Uint8Array): Effect.Effect<void, PlatformError> =>
    fs.open(file, { flag: "wx", mode: 0o600 }).pipe(
      Effect.flatMap((open) => Effect.andThen(open.writeAll(bytes), open.sync)),
      Effect.scoped
    )

  const synchronize = (folder: string): Effect.Effect<void, PlatformError> =>
    fs.open(folder).pipe(
      Effect.flatMap((open) => open.sync),
      Effect.scoped,
      Effect.catchIf((error) => unsupported.has(codeOf(error)), () => Effect.void)
    )

  /** What cannot be removed now is removed next time, or is nobody's business: the backup does not depend on it. */
  const discard = (file: string): Effect.Effect<void> => Effect.ignoreCause(fs.remove(file, { force: true }))

  const remove = (folder: string, names: Iterable<string>): Effect.Effect<void> =>
    Effect.forEach(names, (name) => discard(path.join(folder, name)), { discard: true })

  /** Removes what processes that died while writing have left. */
  const sweep = Effect.fnUntraced(function*(folder: string) {
    const before = (yield* Clock.currentTimeMillis) - abandonedAfter
    const temporaries = (yield* list(folder)).filter(Names.isTemporary)
    const abandoned = yield* Effect.filter(temporaries, (name) =>
      fs.stat(path.join(folder, name)).pipe(
        Effect.map(({ mtime }) => Option.isSome(mtime) && mtime.value.getTime() < before),
        Effect.orElseSucceed(() => false)
      ))
    yield* remove(folder, abandoned)
  })

  /** Moves a file out of the way, and lets go of the oldest that were moved before. */
  const setAside = Effect.fnUntraced(function*(folder: string, name: string, as: string, limit: number) {
    const quarantine = path.join(folder, Names.quarantine)
    yield* makeFolder(quarantine)
    yield* fs.rename(path.join(folder, name), path.join(quarantine, as)).pipe(
      Effect.catchReason("PlatformError", "NotFound", () => Effect.void)
    )
    const kept = (yield* list(quarantine)).toSorted()
    yield* remove(quarantine, kept.slice(0, Math.max(0, kept.length - limit)))
  })

  return { list, read, write, remove, sweep, setAside }
})

/** The operating system's name of an error, such as `ENOSPC`, or what comes closest to it. */
export const codeOf = ({ reason }: PlatformError): string =>
  Predicate.hasProperty(reason.cause, "code") && typeof reason.cause.code === "string"
    ? reason.cause.code
    : reason._tag
