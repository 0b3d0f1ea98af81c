/**
 * One environment's snapshot, compiled in memory, and kept current by a node that survives everything around it.
 *
 * What is served is replaced in one step or not at all, and stays when the store is away, answers nonsense, or is slow.
 * A node says how current it is, and never pretends: see `Health`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import type { Provenance } from "./Decision.ts"
import type { CompiledFlag } from "./Evaluator.ts"
import type { Health, Readiness } from "./Health.ts"
import * as Node from "./internal/node.ts"
import * as Settings from "./internal/settings.ts"
import type { DecisionCount } from "./internal/tally.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { NotFresh, NotRefreshed } from "./RulesteadError.ts"
import type { SigningKey } from "./SigningKey.ts"
import type { Changes, SnapshotFeed } from "./SnapshotFeed.ts"

/**
 * Durations are `"15 seconds"`, a number of milliseconds, or anything else that Effect takes for one.
 *
 * - `environment`: whose snapshot.
 * - `bootTimeout` (5 seconds, may be 0): how long a start waits for the store.
 * - `whenNotFresh` (`serve`): what to do when that was not long enough: go on with the backup, the bootstrap, or nothing,
 *   or `fail` to start.
 * - `bootstrap`: a complete snapshot that the application brings along, served until there is a better one.
 * - `verify`: keys. Whatever is not signed with one of them is refused, wherever it comes from; see `SnapshotSigning`.
 *   Without keys, signatures are not looked at.
 * - `fetchTimeout` (10 seconds): how long the store may take to answer.
 * - `pollInterval` (15 seconds, at least 1): how often to ask the store when nothing was announced, give or take half.
 * - `staleAfter` (4 times `pollInterval`, at least twice): how long a snapshot may go unconfirmed before it is stale.
 * - `retry` (250 milliseconds to 30 seconds): the backoff when the store fails; see `min` and `max` as bounds of the
 *   longest pause, of which any part may be waited.
 * - `background` (`true`): whether to keep the snapshot current behind the scenes. `false` is for scripts, and for
 *   functions that are frozen between requests: the node looks at the store once at the start, and afterwards when
 *   `refresh` or `refreshIfOlderThan` is called. It listens to no announcements, has no timers, and saves its backup when
 *   `flush` is called.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly environment: string
  readonly bootTimeout?: Duration.Input | undefined
  readonly whenNotFresh?: "serve" | "fail" | undefined
  readonly bootstrap?: Changes | undefined
  readonly verify?: ReadonlyArray<SigningKey> | undefined
  readonly fetchTimeout?: Duration.Input | undefined
  readonly pollInterval?: Duration.Input | undefined
  readonly staleAfter?: Duration.Input | undefined
  readonly retry?: {
    readonly min?: Duration.Input | undefined
    readonly max?: Duration.Input | undefined
  } | undefined
  readonly background?: boolean | undefined
}

/**
 * Fails for the options that {@link SnapshotCache.layer} would refuse, without a store: for those who would rather know
 * before they open one.
 *
 * @category decoding
 * @since 0.1.0
 */
export const check = (options: Options): Effect.Effect<void, InvalidInput> => Effect.asVoid(Settings.decode(options))

/**
 * What is served changed: another snapshot (with the keys of the flags that decide differently, and of those that are
 * gone), or another freshness or source of the same one (without).
 *
 * @category models
 * @since 0.1.0
 */
export interface Change extends Provenance {
  readonly changed: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
}

export type {
  /**
   * How often an answer was served: by flag, variant (if there is one), and reason.
   *
   * @category models
   * @since 0.1.0
   */
  DecisionCount
}

/**
 * - `find`: the flag, ready to be decided, and only for that: it is counted as missing when it is not there.
 * - `findAll`: all flags, ready to be decided, and only for that: each is a question, as far as health counts them.
 * - `flags`: all flags. None of these is to be held across a turn of the event loop: the next snapshot changes them in
 *   place.
 * - `unmet`: counts and reports that what a flag serves does not fit the definition that code has of it.
 * - `provenance`: of everything decided now; another object as soon as anything in it is different.
 * - `fresh`: waits until the snapshot is confirmed by the store.
 * - `refresh`: looks at the store now, and waits until that has ended.
 * - `refreshIfOlderThan`: does so if the store has not confirmed the snapshot within that time, by the clock of the wall
 *   or the monotonic one, whichever says longer. Never fails, and answers whether the snapshot is that young now. What is
 *   no time, as callers without types may pass it, counts as 0.
 * - `flush`: writes what is otherwise written behind the scenes: the backup, if there is one, and the metrics. Never fails;
 *   a backup that cannot be written is reported.
 * - `changes`: from now on. A subscriber that is too slow loses the oldest.
 * - `decisionCounts`: since the start, exact at any moment. `Metric` has the same numbers, a few seconds late.
 *
 * @category services
 * @since 0.1.0
 */
export class SnapshotCache extends Context.Service<SnapshotCache, {
  readonly environment: string
  readonly find: (flag: string) => CompiledFlag | undefined
  readonly findAll: () => ReadonlyMap<string, CompiledFlag>
  readonly flags: () => ReadonlyMap<string, CompiledFlag>
  readonly unmet: (flag: string) => void
  readonly provenance: () => Provenance
  readonly readiness: () => Readiness
  readonly health: () => Health
  readonly fresh: Effect.Effect<void>
  readonly refresh: Effect.Effect<void, NotRefreshed>
  readonly refreshIfOlderThan: (age: Duration.Input) => Effect.Effect<boolean>
  readonly flush: Effect.Effect<void>
  readonly changes: Stream.Stream<Change>
  readonly decisionCounts: () => ReadonlyArray<DecisionCount>
}>()("rulestead/SnapshotCache") {
  /**
   * Starts a node for one environment, and ends it with the scope: at once, even while the store hangs. An unreachable
   * store never makes it fail; wrong options do, and so does a store that is late if `whenNotFresh` is `fail`. It dies
   * of a Node.js that is too old (`NodeVersion`).
   *
   * `Telemetry` and `SnapshotBackup` are used if they are provided.
   */
  static readonly layer = (options: Options): Layer.Layer<SnapshotCache, InvalidInput | NotFresh, SnapshotFeed> =>
    Layer.effect(SnapshotCache, Node.make(options))
}
