/**
 * What makes things live: publishing, reverting, rolling out, and the kill switch. The next snapshot of an environment is
 * committed in the transaction of the changes that caused it, and announced at commit.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FlagState } from "./FlagState.ts"
import * as Desk from "./internal/authoring/desk.ts"
import { make } from "./internal/authoring/publisher.ts"
import { observePublisher } from "./internal/commandTelemetry.ts"
import type { Head } from "./Snapshot.ts"
import type { ChangeError, ChangeOptions, WriteError, WriteOptions } from "./Store.ts"
import type { StoreBackend } from "./StoreBackend.ts"
import type { FlagArchived, NotFound, StoreUnavailable } from "./StoreError.ts"
import type { Value } from "./Value.ts"

/**
 * The state that a command left behind, and the head of the environment's snapshot with it: `null` inside a transaction,
 * which makes one snapshot of all of its commands when it ends, and answers that ({@link Publisher.together}).
 *
 * @category models
 * @since 0.1.0
 */
export interface Published {
  readonly state: FlagState
  readonly head: Head | null
}

/**
 * What a transaction answers, and the heads with all that its commands made live: one for each environment that they
 * wrote to, in the order of their keys. Inside another transaction there are none yet.
 *
 * @category models
 * @since 0.1.0
 */
export interface Together<A> {
  readonly value: A
  readonly heads: ReadonlyArray<Head>
}

/**
 * For the kill switch, `expected` may be `"any"`: stopping a fire must not lose a race.
 *
 * @category models
 * @since 0.1.0
 */
export interface KillOptions extends WriteOptions {
  readonly expected: number | "any"
}

/**
 * The share that one rule of the live ruleset lets through: `rule` is its key, `percentage` 0 to 100 with at most two
 * decimals.
 *
 * @category models
 * @since 0.1.0
 */
export interface RolloutChange {
  readonly rule: string
  readonly percentage: number
}

/**
 * @category services
 * @since 0.1.0
 */
export class Publisher extends Context.Service<Publisher, {
  /**
   * Makes the draft the live ruleset, with the next version number. Fails with `NotFound` (a `draft`) when there is
   * none. An engaged kill switch stays engaged.
   */
  readonly publish: (
    flag: string,
    environment: string,
    options: ChangeOptions
  ) => Effect.Effect<Published, ChangeError | FlagArchived>
  /**
   * Makes an earlier ruleset live again, as a new version with the old content and the old salts: everybody is in the
   * bucket they were in. The draft stays as it is. Fails with `NotFound` (a `ruleset`) when there is no such version, and
   * with `InvalidInput` when it refers to an audience that is archived. If what is live has the same content, nothing
   * changes.
   */
  readonly revert: (
    flag: string,
    environment: string,
    version: number,
    options: ChangeOptions
  ) => Effect.Effect<Published, ChangeError | FlagArchived>
  /**
   * Sets the share of one rule of the live ruleset, and publishes that at once; the other rules and all salts stay as
   * they are. A draft takes the new share over, too, if its rule of this key had the old one, so that publishing it later
   * does not take the change back.
   *
   * Fails with `NotFound` when nothing is live (a `ruleset`) or there is no such `rule`, and with `InvalidInput` for a rule
   * that has no rollout.
   */
  readonly setRollout: (
    flag: string,
    environment: string,
    rollout: RolloutChange,
    options: ChangeOptions
  ) => Effect.Effect<Published, ChangeError | FlagArchived>
  /** As `setRollout`, and only ever up: a share smaller than the live one is refused with `InvalidInput`. */
  readonly advanceRollout: (
    flag: string,
    environment: string,
    rollout: RolloutChange,
    options: ChangeOptions
  ) => Effect.Effect<Published, ChangeError | FlagArchived>
  /**
   * Serves `value` to everybody: left out, `false` for a boolean flag and the flag's default for any other. Engaging an
   * engaged switch again replaces the value. A flag that was never published is not live, so that nothing changes for
   * nodes before its first publish; from then on it is killed.
   */
  readonly engageKillSwitch: (
    flag: string,
    environment: string,
    options: KillOptions & { readonly value?: Value | undefined }
  ) => Effect.Effect<Published, ChangeError | FlagArchived>
  /** Serves by the rules again. Releasing a switch that is not engaged changes nothing. */
  readonly releaseKillSwitch: (
    flag: string,
    environment: string,
    options: KillOptions
  ) => Effect.Effect<Published, ChangeError | FlagArchived>
  /**
   * Signs the snapshot of an environment as it is, as its next version, with the key of this publisher: where signing
   * begins, where a database was restored, promoted or copied (its epoch is another one), and where rows were tampered
   * with and have been put right. It vouches for what the rows say. A publisher without a key makes the snapshot unsigned
   * again. Costs what there is; every other command costs what it changes.
   */
  readonly sign: (environment: string, options?: WriteOptions) => Effect.Effect<Head, WriteError | NotFound>
  /**
   * As `Store.transaction`, for whoever wants to know what came of it: whatever its commands change in an environment is
   * one version of the snapshot, or none, if what is live is in the end what it was. Only `sign` does not wait for the
   * end: what was done before it in the environment is a version, and so is the signing.
   */
  readonly together: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<Together<A>, E | StoreUnavailable, R>
}>()("rulestead/Publisher") {
  /**
   * The commands over any `StoreBackend`, under the `Policy` that is there when the layer is built, if any. What becomes
   * of them is told to `Telemetry`, if that is there.
   *
   * @category layers
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Publisher, never, StoreBackend> = Layer.effect(
    Publisher,
    Effect.flatMap(Effect.map(Desk.make, make), observePublisher)
  )
}
