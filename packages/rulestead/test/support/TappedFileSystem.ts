/** The real file system, with somebody at every call who may let it pass, fail it, or end the process. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { type PlatformError, systemError } from "effect/PlatformError"

export interface Call {
  readonly method: string
  readonly path: string
  readonly options?: unknown
}

type Tap = (call: Call) => Effect.Effect<void, PlatformError>

/** `tap` runs before each call takes effect; before the second half of what is written, when the first is on the disk. */
export const layer = (tap: Tap): Layer.Layer<FileSystem.FileSystem> =>
  Layer.effect(FileSystem.FileSystem, Effect.map(FileSystem.FileSystem, (fs) => tapped(fs, tap))).pipe(
    Layer.provide(NodeFileSystem.layer)
  )

const tapped = (fs: FileSystem.FileSystem, tap: Tap): FileSystem.FileSystem => {
  const before = <Rest extends ReadonlyArray<unknown>, A, R>(
    method: string,
    call: (path: string, ...rest: Rest) => Effect.Effect<A, PlatformError, R>
  ) =>
  (path: string, ...rest: Rest): Effect.Effect<A, PlatformError, R> =>
    Effect.andThen(tap({ method, path, options: rest[0] }), call(path, ...rest))
  return {
    ...fs,
    exists: before("exists", fs.exists),
    makeDirectory: before("makeDirectory", fs.makeDirectory),
    readDirectoryEntries: before("readDirectoryEntries", fs.readDirectoryEntries),
    readFile: before("readFile", fs.readFile),
    remove: before("remove", fs.remove),
    rename: before("rename", fs.rename),
    stat: before("stat", fs.stat),
    open: before("open", (path, options) => Effect.map(fs.open(path, options), (file) => tappedFile(file, path, tap)))
  }
}

const tappedFile = (file: FileSystem.File, path: string, tap: Tap): FileSystem.File => ({
  [FileSystem.FileTypeId]: FileSystem.FileTypeId,
  stat: file.stat,
  seek: (offset, from) => file.seek(offset, from),
  sync: Effect.andThen(tap({ method: "sync", path }), file.sync),
  read: (buffer, options) => file.read(buffer, options),
  readAlloc: (size, options) => file.readAlloc(size, options),
  truncate: (length) => file.truncate(length),
  write: (buffer) => file.write(buffer),
  writeAll: (buffer) =>
    file.writeAll(buffer.subarray(0, buffer.length / 2)).pipe(
      Effect.andThen(tap({ method: "writeAll", path })),
      Effect.andThen(file.writeAll(buffer.subarray(buffer.length / 2)))
    )
})

/** What the operating system says, as `ENOSPC`. */
export const osError = (code: string, { method, path }: Call): PlatformError =>
  systemError({
    _tag: "Unknown",
    module: "FileSystem",
    method,
    pathOrDescriptor: path,
    cause: Object.assign(new Error(`${code}: told to fail`), { code })
  })
