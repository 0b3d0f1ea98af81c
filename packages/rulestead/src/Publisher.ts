/**
 * What makes things live: publishing a draft, and the kill switch. Each commits the next snapshot of the environment in
 * the transaction of the change that caused it, and announces it at commit.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FlagState } from "./FlagState.ts"
import { make } from "./internal/authoring/publisher.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { Head } from "./Snapshot.ts"
import type { ChangeOptions, WriteOptions } from "./Store.ts"
import { StoreBackend } from "./StoreBackend.ts"
import type { Conflict, FlagArchived, NotFound, StoreUnavailable } from "./StoreError.ts"
import type { Value } from "./Value.ts"

/**
 * The state that a command left behind, and the head of the environment's snapshot with it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Published {
  readonly state: FlagState
  readonly head: Head
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
  ) => Effect.Effect<Published, InvalidInput | NotFound | Conflict | FlagArchived | StoreUnavailable>
  /**
   * Serves `value` to everybody: left out, `false` for a boolean flag and the flag's default for any other. Engaging an
   * engaged switch again replaces the value. A flag that was never published is not live, so that nothing changes for
   * nodes before its first publish; from then on it is killed.
   */
  readonly engageKillSwitch: (
    flag: string,
    environment: string,
    options: KillOptions & { readonly value?: Value | undefined }
  ) => Effect.Effect<Published, InvalidInput | NotFound | Conflict | FlagArchived | StoreUnavailable>
  /** Serves by the rules again. Releasing a switch that is not engaged changes nothing. */
  readonly releaseKillSwitch: (
    flag: string,
    environment: string,
    options: KillOptions
  ) => Effect.Effect<Published, InvalidInput | NotFound | Conflict | FlagArchived | StoreUnavailable>
}>()("rulestead/Publisher") {
  /**
   * The commands over any {@link StoreBackend}.
   *
   * @category layers
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Publisher, never, StoreBackend> = Layer.effect(
    Publisher,
    Effect.map(StoreBackend, make)
  )
}
