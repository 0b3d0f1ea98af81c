/**
 * What a client keeps in files, on the file system of Node.js.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Bootstrap from "rulestead/Bootstrap"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"

export const backup = (options: SnapshotBackupDisk.Options) =>
  SnapshotBackupDisk.layer(options).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))

/** Nothing where the file cannot be read, which is logged. */
export const readBootstrap = (file: string): Effect.Effect<Bootstrap.Bootstrap | undefined> =>
  Bootstrap.read(file).pipe(
    Effect.provide(NodeFileSystem.layer),
    Effect.catch(({ _tag }) =>
      Effect.as(Effect.logWarning(`Could not read the bootstrap file, and starts without: ${_tag}`), undefined)
    )
  )
