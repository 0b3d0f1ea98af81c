/**
 * The last good snapshot, kept where it survives the process, so that a node that starts while the store is away has
 * something to serve.
 *
 * A backup is optional: without one provided, a node starts empty. It never stands in the way: it is asked at the start,
 * while the store is, written behind the scenes when something changed, one write at a time, and its failures cost the
 * backup and nothing else.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Changes } from "./SnapshotFeed.ts"
import * as SnapshotRefused from "./SnapshotRefused.ts"

/**
 * The backup could not be read or written. `detail` is for operators and names no content.
 *
 * @category errors
 * @since 0.1.0
 */
export class BackupError extends Schema.TaggedError<BackupError>()("BackupError", {
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `Snapshot backup: ${this.detail}`
  }
}

/**
 * Why something that was saved cannot be used: what the backup found out itself, or why the node refused it.
 *
 * - `unreadable`: it is there, but cannot be read.
 * - `truncated`, `malformed`, `checksum`: it is damaged, or no backup at all.
 * - `format`: it was written in a format that this code does not know.
 * - `signature`: it, or the snapshot in it, is not signed as it should be.
 * - `foreign`: it is of another application or environment.
 * - `expired`: it is older than is allowed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fault = Schema.Literals([
  "unreadable",
  "truncated",
  "malformed",
  "checksum",
  "format",
  "foreign",
  "expired",
  ...SnapshotRefused.Reason.literals.filter((reason) => reason !== "malformed")
])

/**
 * @category models
 * @since 0.1.0
 */
export type Fault = typeof Fault.Type

/**
 * A snapshot as it was saved, complete, and when: milliseconds since 1970, by the wall clock of the node that saved it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Saved {
  readonly changes: Changes
  readonly writtenAt: number
}

/**
 * - `saved`: the newest that is usable, `undefined` if there is none.
 * - `quarantined`: why each one that is newer had to be set aside.
 *
 * @category models
 * @since 0.1.0
 */
export interface Loaded {
  readonly saved: Saved | undefined
  readonly quarantined: ReadonlyArray<Fault>
}

/**
 * - `load`: what was saved last. Unusable generations are set aside on the way to a usable one.
 * - `setAside`: the node has refused what was loaded; the next `load` answers an older generation, or nothing.
 * - `save`: keeps a complete snapshot; the one before stays as the previous generation. Answers whether it had to:
 *   `false` if that snapshot is kept already. Called with a newer one only when the call before has ended, or was
 *   interrupted for taking longer than {@link saveTimeout}.
 * - `keepEvery`: where what was saved expires, how often to `save` what has not changed, and is still confirmed by the
 *   store, once more.
 * - `readOnly` (`false`): nothing can be saved; `save` is never called.
 *
 * @category services
 * @since 0.1.0
 */
export class SnapshotBackup extends Context.Service<SnapshotBackup, {
  readonly load: (environment: string) => Effect.Effect<Loaded, BackupError>
  readonly setAside: (environment: string, saved: Saved, fault: Fault) => Effect.Effect<void, BackupError>
  readonly save: (environment: string, snapshot: Changes) => Effect.Effect<boolean, BackupError>
  readonly keepEvery?: Duration.Input | undefined
  readonly readOnly?: boolean | undefined
}>()("rulestead/SnapshotBackup") {}

/**
 * How long loading the backup may take. Nobody waits that long: the store is asked meanwhile.
 *
 * @category models
 * @since 0.1.0
 */
export const loadTimeout = "2 seconds"

/**
 * How long a write may take.
 *
 * @category models
 * @since 0.1.0
 */
export const saveTimeout = "30 seconds"
