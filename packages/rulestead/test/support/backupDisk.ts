/** The disk backup on real files, as each of "another process" would open it. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { SnapshotBackup } from "rulestead/SnapshotBackup"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"

export const open = (
  options: SnapshotBackupDisk.Options,
  fileSystem: Layer.Layer<FileSystem> = NodeFileSystem.layer
) =>
  Layer.build(SnapshotBackupDisk.layer(options).pipe(Layer.provide([fileSystem, NodePath.layer]))).pipe(
    Effect.map(Context.get(SnapshotBackup))
  )

/** The newest version that a process that starts now would load. */
export const versionIn = Effect.fnUntraced(function*(options: SnapshotBackupDisk.Options, environment = "prod") {
  const { load } = yield* open(options)
  return (yield* load(environment)).saved?.changes.head.version
})

/** The files below a directory, by their paths in it, sorted. */
export const filesIn = (directory: string): ReadonlyArray<string> =>
  Fs.readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => Path.join(entry.parentPath, entry.name))
    .sort()

/** The files of backups, newest version first. */
export const generationsIn = (directory: string): ReadonlyArray<string> =>
  filesIn(directory)
    .filter((file) => file.endsWith(".backup") && !isQuarantined(file))
    .sort((a, b) => versionOf(b) - versionOf(a))

export const quarantinedIn = (directory: string): ReadonlyArray<string> => filesIn(directory).filter(isQuarantined)

/** The version in a file's name. */
export const versionOf = (file: string): number => Number(Path.basename(file).split(".")[2])

const isQuarantined = (file: string): boolean => Path.basename(Path.dirname(file)) === "quarantine"

/** Changes the bytes of a file in place. */
export const damage = (file: string | undefined, change: (bytes: Buffer) => Buffer): void => {
  if (file === undefined) throw new Error("no such file")
  Fs.writeFileSync(file, change(Fs.readFileSync(file)))
}
