/**
 * The read side that a node needs, and nothing more: what changed since the snapshot it holds, and a sign that it should
 * look again.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Head, StoredEntry } from "./Snapshot.ts"

/**
 * The feed could not answer.
 *
 * - `unreachable`: no connection, or it was lost.
 * - `denied`: credentials or permissions; retried, but not soon.
 * - `environment_not_found`: the store has no such environment (yet).
 * - `incompatible`: the store's schema is missing, or of a version that this code cannot read.
 * - `timeout`: no answer in time.
 * - `failed`: anything else, defects included.
 *
 * @category errors
 * @since 0.1.0
 */
export class FeedError extends Schema.TaggedError<FeedError>()("FeedError", {
  environment: Schema.String,
  reason: Schema.Literals(["unreachable", "denied", "environment_not_found", "incompatible", "timeout", "failed"]),
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `Snapshot feed of ${this.environment}: ${this.detail} (${this.reason})`
  }
}

/**
 * The snapshot that a node holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Held {
  readonly epoch: string
  readonly version: number
}

/**
 * The head now, and the way there.
 *
 * - `complete: false`: `entries` are the latest states of what changed after the held version; none when the held
 *   version is the head's. Entries without content were removed.
 * - `complete: true`: `entries` are all there is. Answered when nothing is held, when the epoch is another, when the
 *   held version is newer than the head, and when it is older than what the store still remembers.
 *
 * Head and entries are of one moment.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes {
  readonly head: Head
  readonly complete: boolean
  readonly entries: ReadonlyArray<StoredEntry>
}

/**
 * - `Listening`: the subscription is in place (again); whatever was announced before may have been missed.
 * - `Announced`: version `version` was committed. It is a wake-up, not the truth.
 *
 * @category models
 * @since 0.1.0
 */
export type Announcement =
  | { readonly _tag: "Listening" }
  | { readonly _tag: "Announced"; readonly version: number }

/**
 * @category services
 * @since 0.1.0
 */
export class SnapshotFeed extends Context.Service<SnapshotFeed, {
  /** One light query when nothing changed. */
  readonly changesSince: (environment: string, held: Held | undefined) => Effect.Effect<Changes, FeedError>
  /** Fails when the subscription is lost; whoever listens subscribes again. */
  readonly announcements: (environment: string) => Stream.Stream<Announcement, FeedError>
}>()("rulestead/SnapshotFeed") {}
