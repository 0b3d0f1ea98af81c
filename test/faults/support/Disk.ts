/** Backups on real files. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import type { FileSystem } from "effect/FileSystem"
import * as Layer from "effect/Layer"
import type { SnapshotBackup } from "rulestead/SnapshotBackup"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"

export const backup = (
  options: SnapshotBackupDisk.Options,
  fileSystem: Layer.Layer<FileSystem> = NodeFileSystem.layer
): Layer.Layer<SnapshotBackup> =>
  Layer.orDie(SnapshotBackupDisk.layer(options)).pipe(Layer.provide([fileSystem, NodePath.layer]))
