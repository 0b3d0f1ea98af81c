/**
 * Facts about what nodes and authoring do: small, typed, bounded, and redacted by construction. An event has no place for a fact of
 * a context, an identity, the value of a flag, or the text of an exception.
 *
 * Telemetry is optional: provide {@link Telemetry.layer} to have it. Whatever happens in it changes nothing elsewhere.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Action } from "./Audit.ts"
import { broadcast } from "./internal/broadcast.ts"
import { listen } from "./internal/listen.ts"
import { Fault } from "./SnapshotBackup.ts"
import { FeedError } from "./SnapshotFeed.ts"
import * as SnapshotRefused from "./SnapshotRefused.ts"
import { StoreUnavailable } from "./StoreError.ts"

/**
 * The version of this contract, in every event. Inside a version, events and fields are only added.
 *
 * @category models
 * @since 0.1.0
 */
export const contract = 1

const event = <const Tag extends string, const Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  anywhere(tag, { environment: Schema.String, ...fields })

const anywhere = <const Tag extends string, const Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, { contract: Schema.Literal(contract), at: Schema.Finite, ...fields })

/**
 * Why a refresh brought nothing: what the feed said, or why its answer was refused. A feed that throws or dies has
 * `failed`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RefreshReason = Schema.Literals([
  ...FeedError.fields.reason.literals,
  ...SnapshotRefused.Reason.literals
])

/**
 * @category models
 * @since 0.1.0
 */
export type RefreshReason = typeof RefreshReason.Type

/**
 * Where a snapshot came from.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Origin = Schema.Literals(["live", "backup", "bootstrap"])

/**
 * @category models
 * @since 0.1.0
 */
export type Origin = typeof Origin.Type

/**
 * How a command of authoring ended.
 *
 * - `ok`: it took effect, or there was nothing to change.
 * - `invalid_input`, `not_found`, `already_exists`, `conflict`, `archived`, `in_use`, `not_allowed` (by a policy), or for
 *   whatever else `refused`: it could not be done, and changed nothing.
 * - `unreachable`, `denied`, `incompatible`, `timeout`, `failed`: the store, as `StoreUnavailable` says it; or a defect,
 *   which is `failed`, too.
 * - `interrupted`: by the caller. As with a lost connection, it may have taken effect if that was in the last moment.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CommandOutcome = Schema.Literals([
  "ok",
  "invalid_input",
  "not_found",
  "already_exists",
  "conflict",
  "archived",
  "in_use",
  "not_allowed",
  "refused",
  ...StoreUnavailable.fields.reason.literals,
  "interrupted"
])

/**
 * @category models
 * @since 0.1.0
 */
export type CommandOutcome = typeof CommandOutcome.Type

/**
 * Every event has `contract`, `environment` and `at` (milliseconds since 1970, by the wall clock of the process). Times
 * that end in `Millis` are durations.
 *
 * Snapshots:
 * - `SnapshotApplied`: another snapshot is served. `changed`, `removed`: how many flags decide differently, and how many
 *   are gone; `flags`: how many there are.
 * - `SnapshotVerified`: the store confirmed what is held; nothing changed.
 * - `SnapshotRefused`: an answer was not believed. When it was no complete one, a complete one is asked for at once.
 * - `EpochChanged`: the database was restored or replaced; its snapshot was accepted.
 *
 * Refreshing:
 * - `RefreshFailed`: the `failures`-th in a row; the next try is in `retryMillis`, or when the node
 *   is asked to (0).
 * - `Announced`: the store announced a version; `news` if it is newer than what is held, which starts a refresh.
 * - `AnnouncementUnmet`: the announced version could not be found for a while; it is looked for on, as seldom as by polling.
 * - `ListenerOpened`, `ListenerLost`: announcements are heard (again), or not any more. `silent`: the subscription
 *   stood, but new versions arrived unannounced.
 * - `Faulted`: a part of the runtime itself failed unexpectedly, and was started again.
 *
 * Freshness:
 * - `BecameStale`: the store has not confirmed the snapshot for longer than `staleAfter`. `BecameFresh`: it has again,
 *   or for the first time.
 *
 * Backup:
 * - `BackupLoaded`: a snapshot from the backup is served; it was written `ageMillis` ago, by the wall clock. Nothing is
 *   told of a backup that came later than the store.
 * - `BackupWritten`: a snapshot was saved. Nothing is told when somebody else had saved it already.
 * - `BackupFailed`: loading, saving or setting aside failed, the `failures`-th time in a row.
 * - `BackupQuarantined`: what was saved could not be used and was set aside.
 *
 * Deciding:
 * - `FlagMissing`: a flag was asked for that the snapshot does not have. At most once per flag in
 *   {@link missingInterval}, and for a hundred flags. `flag` is `null` if it was no possible key of a flag.
 * - `DefinitionUnmet`: what a flag serves does not fit the definition that code has of it (`Flag.Definition`), so the
 *   definition's default was served, or no variant. As rarely.
 *
 * Authoring, told by `Store` and `Publisher`, and nothing of it before its transaction has committed:
 * - `SnapshotPublished`: a snapshot was committed. `changed`: how many of its entries are other ones than before, removed
 *   ones included; `entries`: how many there are; `publishMillis`: from the beginning of the transaction to its end.
 * - `CommandEnded`: a command that writes ended. `command`: as in the audit; `key`: the flag, audience or environment that
 *   it was about, `null` if it was no possible key; `environment`: `null` if it belongs to none.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Event = Schema.Union([
  event("SnapshotApplied", {
    source: Origin,
    epoch: Schema.String,
    version: Schema.Natural,
    changed: Schema.Natural,
    removed: Schema.Natural,
    flags: Schema.Natural,
    applyMillis: Schema.Finite
  }),
  event("SnapshotVerified", { epoch: Schema.String, version: Schema.Natural }),
  event("SnapshotRefused", { source: Origin, reason: SnapshotRefused.Reason }),
  event("EpochChanged", {
    from: Schema.String,
    fromVersion: Schema.Natural,
    to: Schema.String,
    toVersion: Schema.Natural
  }),
  event("RefreshFailed", { reason: RefreshReason, failures: Schema.Natural, retryMillis: Schema.Finite }),
  event("Announced", { version: Schema.Finite, news: Schema.Boolean }),
  event("AnnouncementUnmet", { announced: Schema.Finite, version: Schema.Natural }),
  event("ListenerOpened", {}),
  event("ListenerLost", {
    reason: Schema.Literals([...FeedError.fields.reason.literals, "ended", "silent"]),
    failures: Schema.Natural,
    retryMillis: Schema.Finite
  }),
  event("Faulted", { part: Schema.Literals(["refresh", "listener", "freshness", "backup", "metrics"]) }),
  event("BecameStale", { epoch: Schema.String, version: Schema.Natural, ageMillis: Schema.Finite }),
  event("BecameFresh", { epoch: Schema.String, version: Schema.Natural }),
  event("BackupLoaded", { epoch: Schema.String, version: Schema.Natural, ageMillis: Schema.Finite }),
  event("BackupWritten", { epoch: Schema.String, version: Schema.Natural, writeMillis: Schema.Finite }),
  event("BackupFailed", {
    operation: Schema.Literals(["load", "save", "set_aside"]),
    reason: Schema.Literals(["storage", "timeout", "failed"]),
    failures: Schema.Natural
  }),
  event("BackupQuarantined", { reason: Fault }),
  event("FlagMissing", { flag: Schema.NullOr(Schema.String) }),
  event("DefinitionUnmet", { flag: Schema.String }),
  event("SnapshotPublished", {
    epoch: Schema.String,
    version: Schema.Natural,
    changed: Schema.Natural,
    entries: Schema.Natural,
    publishMillis: Schema.Finite
  }),
  anywhere("CommandEnded", {
    environment: Schema.NullOr(Schema.String),
    command: Action,
    key: Schema.NullOr(Schema.String),
    outcome: CommandOutcome,
    commandMillis: Schema.Finite
  })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Event = typeof Event.Type

/**
 * How often, at most, a missing flag, or one that does not fit its definition, is reported.
 *
 * @category models
 * @since 0.1.0
 */
export const missingInterval = "15 seconds"

/**
 * Where events go.
 *
 * - `emit`: never blocks. Should it throw, the event is lost and counted (`Health.telemetry.failed`).
 * - `events`: the events from now on. A subscriber that is too slow loses the oldest; one that fails harms nobody.
 * - `dropped`: how many events a slow subscriber has lost so far.
 *
 * @category services
 * @since 0.1.0
 */
export class Telemetry extends Context.Service<Telemetry, {
  readonly emit: (event: Event) => void
  readonly events: Stream.Stream<Event>
  readonly dropped: () => number
}>()("rulestead/Telemetry") {
  /** Keeps at most `capacity` (default 1024) events for subscribers that are behind. */
  static readonly layer = (options: { readonly capacity?: number | undefined } = {}): Layer.Layer<Telemetry> =>
    Layer.effect(Telemetry, fanOut(options.capacity ?? 1024))

  /** As {@link Telemetry.layer}, and remembers the last `capacity` (default 1024) events, for tests. */
  static readonly layerMemory = (
    options: { readonly capacity?: number | undefined } = {}
  ): Layer.Layer<Telemetry | Recorded> => Layer.effectContext(recording(options.capacity ?? 1024))

  /** No telemetry, said explicitly. */
  static readonly layerNoop: Layer.Layer<Telemetry> = Layer.succeed(Telemetry, {
    emit: () => {},
    events: Stream.never,
    dropped: () => 0
  })
}

/**
 * Calls a listener for every event from now on, for code without Effect; the function returned ends that. A listener that
 * throws, or returns a promise that rejects, changes nothing; what it threw is logged, at most once a minute.
 *
 * @category subscribing
 * @since 0.1.0
 */
export const onEventUnsafe = (
  services: Context.Context<Telemetry>,
  listener: (event: Event) => void
): () => void => listen(services, Context.get(services, Telemetry).events, listener, "events")

/**
 * The events that {@link Telemetry.layerMemory} remembers, oldest first.
 *
 * @category services
 * @since 0.1.0
 */
export class Recorded extends Context.Service<Recorded, {
  readonly events: () => ReadonlyArray<Event>
}>()("rulestead/Telemetry/Recorded") {}

const fanOut = Effect.fnUntraced(function*(capacity: number) {
  const pubsub = yield* Effect.acquireRelease(PubSub.sliding<Event>(capacity), PubSub.shutdown)
  let dropped = 0
  return Telemetry.of({
    emit: (event) => {
      if (broadcast(pubsub, event)) dropped++
    },
    events: Stream.fromPubSub(pubsub),
    dropped: () => dropped
  })
})

const recording = Effect.fnUntraced(function*(capacity: number) {
  const telemetry = yield* fanOut(capacity)
  const events: Array<Event> = []
  return Context.make(Recorded, { events: () => [...events] }).pipe(
    Context.add(Telemetry, {
      ...telemetry,
      emit: (event) => {
        events.push(event)
        if (events.length > capacity) events.shift()
        telemetry.emit(event)
      }
    })
  )
})
