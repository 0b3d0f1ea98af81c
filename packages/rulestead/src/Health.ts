/**
 * How a node is, in one value: what it serves, how current that is, and what stands in the way of better.
 *
 * Times are milliseconds. Those that end in `At` are moments since 1970 by the wall clock, for people; ages and durations
 * are measured by a clock that never steps.
 *
 * @since 0.1.0
 */
import type { Source } from "./Decision.ts"
import type { Fault } from "./SnapshotBackup.ts"
import type { FeedError } from "./SnapshotFeed.ts"
import type { RefreshReason } from "./Telemetry.ts"

/**
 * Where the snapshot that is served came from, and why it is not from the store.
 *
 * - `Fresh`: from the store, or confirmed by it since this node started. It may have become stale since.
 * - `FromBackup`: from the backup, written at `writtenAt`.
 * - `Bootstrap`: from the value that the application brought along.
 * - `Empty`: there is none; every flag is unknown.
 *
 * `reason` is what the last try to reach the store failed with, `starting` before the first one ended.
 *
 * @category models
 * @since 0.1.0
 */
export type Readiness =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "FromBackup"; readonly reason: NotFreshReason; readonly writtenAt: number }
  | { readonly _tag: "Bootstrap"; readonly reason: NotFreshReason }
  | { readonly _tag: "Empty"; readonly reason: NotFreshReason }

/**
 * @category models
 * @since 0.1.0
 */
export type NotFreshReason = RefreshReason | "starting"

/**
 * A failure: when, why, and in words, which name no fact, identity, or value of a flag.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  readonly at: number
  readonly age: number
  readonly reason: RefreshReason
  readonly detail: string
}

/**
 * - `failures`: in a row; 0 when the last try succeeded.
 * - `lastError`: the last failure, `null` when the last try succeeded.
 * - `nextIn`: until the next try, `null` while one is under way and when the node is closed.
 * - `fetchMillis`, `applyMillis`: what the last fetch and the last installation took.
 * - `abandoned`: fetches that were given up and have not ended yet.
 *
 * @category models
 * @since 0.1.0
 */
export interface Refreshing {
  readonly state: "waiting" | "running" | "closed"
  readonly attempts: number
  readonly failures: number
  readonly lastError: Failure | null
  readonly nextIn: number | null
  readonly fetchMillis: number | null
  readonly applyMillis: number | null
  readonly abandoned: number
}

/**
 * Whether announcements are heard. Without them, changes are found by polling.
 *
 * - `state`: it is `waiting` for a look at the store that finds a connection, `connecting`, `listening`, `lost` for now,
 *   or `closed`.
 * - `failures`: losses in a row, and `reason`: why it was last lost; 0 and `null` while it listens.
 *
 * @category models
 * @since 0.1.0
 */
export interface Listening {
  readonly state: "waiting" | "connecting" | "listening" | "lost" | "closed"
  readonly failures: number
  readonly reason: FeedError["reason"] | "ended" | "silent" | null
}

/**
 * - `off`: none is configured. `empty`: there was nothing to load.
 * - `loaded`, `written`: what is served was there, or is there now; `at` is when what is there was written, or found to
 *   be there by a save, `version` which it is.
 * - `failed`: the last read or write failed; writes are tried again.
 * - `readOnly`: it is loaded from, and never written to.
 *
 * @category models
 * @since 0.1.0
 */
export interface BackingUp {
  readonly state: "off" | "loading" | "empty" | "loaded" | "written" | "failed"
  readonly at: number | null
  readonly version: number | null
  readonly readOnly: boolean
  readonly quarantined: ReadonlyArray<Fault>
  readonly detail: string | null
}

/**
 * Since the node started.
 *
 * - `missing`: questions for flags that the snapshot does not have; `unready`: questions before there was one.
 * - `unmet`: questions whose answer did not fit the definition that the code has of the flag.
 * - `stale`: questions for a flag that is there, while the snapshot was stale. `decisions` asks once for each flag;
 *   `explain` is no question.
 * - `refused`: answers of the store, backups and bootstraps that were not believed.
 * - `epochs`: databases restored or replaced.
 *
 * @category models
 * @since 0.1.0
 */
export interface Counts {
  readonly missing: number
  readonly unready: number
  readonly unmet: number
  readonly stale: number
  readonly refused: number
  readonly epochs: number
}

/**
 * - `live`: `false` only if starting the process again would help: the node is closed, or its refresh loop has not come
 *   round for twice as long as it ever may. An unreachable store, an empty or a stale snapshot do not make a node dead.
 * - `ready`: requests may be sent here: there is a snapshot to decide from, stale or not.
 * - `stale`: the store has not confirmed the snapshot for longer than `staleAfter`, or not at all yet.
 * - `verifiedAt`, `verifiedAge`: when the store last confirmed the snapshot, whether it changed or not.
 * - `appliedAt`, `appliedAge`: when the snapshot last changed.
 * - `publishedAt`: when it was published, by the clock of whoever published it.
 * - `flags`: how many flags it has.
 * - `telemetry`: events that slow subscribers lost (`dropped`), and that telemetry threw on (`failed`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Health {
  readonly environment: string
  readonly live: boolean
  readonly ready: boolean
  readonly readiness: Readiness
  readonly stale: boolean
  readonly source: Source
  readonly epoch: string | null
  readonly version: number
  readonly digest: string | null
  readonly publishedAt: number | null
  readonly flags: number
  readonly verifiedAt: number | null
  readonly verifiedAge: number | null
  readonly appliedAt: number | null
  readonly appliedAge: number | null
  readonly refresh: Refreshing
  readonly listener: Listening
  readonly backup: BackingUp
  readonly counts: Counts
  readonly telemetry: { readonly dropped: number; readonly failed: number }
}
