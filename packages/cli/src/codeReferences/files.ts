/**
 * The files of a folder that may refer to flags.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import type { SourceFile } from "./scan.ts"

/** Not looked into, besides folders whose names begin with a dot. */
const passedOver: ReadonlySet<string> = new Set(["node_modules", "dist", "build", "out", "coverage", "vendor"])

const isSource = (name: string): boolean => /\.[cm]?[jt]sx?$/.test(name) && !/\.(d\.[cm]?ts|min\.js)$/.test(name)

/** Larger files were written by programs. */
const maxBytes = 1_000_000

/** Every source file below a folder, by paths relative to it, in their order. */
export const read: (
  directory: string
) => Effect.Effect<ReadonlyArray<SourceFile>, PlatformError, FileSystem.FileSystem | Path.Path> = Effect.fnUntraced(
  function*(directory) {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const files: Array<SourceFile> = []
    const folders = [""]
    for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
      for (const name of (yield* fileSystem.readDirectory(path.join(directory, folder))).sort()) {
        const relative = folder === "" ? name : `${folder}/${name}`
        const { size, type } = yield* fileSystem.stat(path.join(directory, relative))
        if (type === "Directory" && !name.startsWith(".") && !passedOver.has(name)) folders.push(relative)
        if (type !== "File" || !isSource(name) || Number(size) > maxBytes) continue
        files.push({ path: relative, text: yield* fileSystem.readFileString(path.join(directory, relative)) })
      }
    }
    return files
  }
)
