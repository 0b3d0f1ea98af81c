/**
 * What people author: environments, audiences, flags and drafts. Commands in, typed errors out; no node reads it to
 * decide.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Audience from "./Audience.ts"
import type * as Audit from "./Audit.ts"
import type * as Environment from "./Environment.ts"
import type * as Flag from "./Flag.ts"
import type { FlagState } from "./FlagState.ts"
import * as Desk from "./internal/authoring/desk.ts"
import { make } from "./internal/authoring/store.ts"
import { observeStore } from "./internal/commandTelemetry.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type * as Rule from "./Rule.ts"
import type * as Ruleset from "./Ruleset.ts"
import type { StoreBackend } from "./StoreBackend.ts"
import type {
  AlreadyExists,
  AudienceArchived,
  AudienceInUse,
  Conflict,
  Denied,
  FlagArchived,
  NotFound,
  StalePreview,
  StoreUnavailable
} from "./StoreError.ts"

/**
 * A document with its revision (1 when created, one more with every change) and times in milliseconds since 1970.
 *
 * @category models
 * @since 0.1.0
 */
export type Stored<A> = A & {
  readonly revision: number
  readonly createdAt: number
  readonly updatedAt: number
}

/**
 * @category models
 * @since 0.1.0
 */
export type StoredEnvironment = Stored<Environment.Environment>

/**
 * @category models
 * @since 0.1.0
 */
export type StoredAudience = Stored<Audience.Audience> & { readonly archivedAt: number | null }

/**
 * @category models
 * @since 0.1.0
 */
export type StoredFlag = Stored<Flag.Flag> & { readonly archivedAt: number | null }

/**
 * A published ruleset: numbered from 1 for its flag and environment, never changed.
 *
 * @category models
 * @since 0.1.0
 */
export type PublishedRuleset = {
  readonly flag: string
  readonly environment: string
  readonly version: number
  readonly ruleset: Ruleset.Ruleset
  readonly publishedAt: number
}

/**
 * A flag in an environment, with the ruleset that is live there, if any.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlagIn {
  readonly flag: StoredFlag
  readonly state: FlagState
  readonly live: PublishedRuleset | null
}

/**
 * Goes with every write, into its audit row: `reason` of at most 2000 characters, `correlationId` of at most 255.
 *
 * A write that touches a protected environment is refused (`InvalidInput`, path `reason`) without a reason, before
 * anything has changed: everything that is written for that environment, drafts included; archiving or unarchiving a flag
 * that was published there; redefining an audience that is live there; changing the environment itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface WriteOptions {
  readonly reason?: string | undefined
  readonly correlationId?: string | undefined
}

/**
 * Goes with every write that changes something: `expected` is the revision that the write is based on. If the thing has
 * another one by then, the write fails with a `Conflict` and changes nothing. A write that finds everything as it would
 * leave it changes nothing either: no revision, no audit row, no snapshot.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChangeOptions extends WriteOptions {
  readonly expected: number
}

/**
 * Which part of a list to answer: keys greater than `after`, at most `limit` (default 100, at most 1000).
 *
 * @category models
 * @since 0.1.0
 */
export interface PageOptions {
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/**
 * Which flags to answer: archived ones only with `archived`, only those that have all `tags`, and only those of an
 * `owner`, which is named by its `ref`.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlagOptions extends PageOptions {
  readonly archived?: boolean | undefined
  readonly tags?: ReadonlyArray<string> | undefined
  readonly owner?: string | undefined
}

/**
 * Which part of the history of a flag to answer: versions lower than `before`, at most `limit` (default 100, at most
 * 1000).
 *
 * @category models
 * @since 0.1.0
 */
export interface HistoryOptions {
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/**
 * Which audit events to answer, newest first; all that is given must hold.
 *
 * - `key`: of one flag, audience or environment.
 * - `environment`: of one environment.
 * - `actor`: the id of who did it.
 * - `actions`: of one of these kinds.
 * - `result`: what took effect (`ok`), or what was `denied`.
 * - `correlationId`: of one request or plan.
 * - `since`, `until`: at or after, and before, these times in milliseconds since 1970.
 * - `before`: older than the event of this id: the last one of the page before.
 * - `limit`: default 100, at most 1000.
 *
 * @category models
 * @since 0.1.0
 */
export interface AuditOptions {
  readonly key?: string | undefined
  readonly environment?: string | undefined
  readonly actor?: string | undefined
  readonly actions?: ReadonlyArray<Audit.Action> | undefined
  readonly result?: Audit.Result | undefined
  readonly correlationId?: string | undefined
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/**
 * For a change of an audience: `impact` is the fingerprint of a preview ({@link Store.audienceImpact}). If what would
 * happen is not what was previewed any more, the change is refused with `StalePreview`. Redefining an audience that is
 * live in a protected environment takes a preview (`InvalidInput`, path `impact`).
 *
 * @category models
 * @since 0.1.0
 */
export interface AudienceChangeOptions extends ChangeOptions {
  readonly impact?: string | undefined
}

/**
 * How any read of what is protected can be refused.
 *
 * @category errors
 * @since 0.1.0
 */
export type ReadError = InvalidInput | NotFound | Denied | StoreUnavailable

/**
 * How any write can be refused.
 *
 * @category errors
 * @since 0.1.0
 */
export type WriteError = InvalidInput | Denied | StoreUnavailable

/**
 * How any change of something that exists can be refused.
 *
 * @category errors
 * @since 0.1.0
 */
export type ChangeError = WriteError | NotFound | Conflict

/**
 * The authored state and the commands that change it.
 *
 * Every command is one transaction: it takes effect with its audit row, or not at all. Commands that change what is
 * already live (archiving a flag, changing an audience in use) commit the new snapshots with it. A
 * `Policy` is asked before every write, and before {@link Store.state} of a protected environment and
 * {@link Store.audit}; other reads are open.
 *
 * @category services
 * @since 0.1.0
 */
export class Store extends Context.Service<Store, {
  /**
   * Runs commands of `Store` and `Publisher` together: all of them take effect at once, with all of their audit rows,
   * when `self` succeeds, and none when it fails, dies or is interrupted. What they read is what they wrote. Only what a
   * policy denied stays in the audit, whatever becomes of the rest. All that they change in what an environment serves is
   * one version of its snapshot, made at the end of the outermost transaction: see `Publisher.together`.
   *
   * Locks are held until the end, and the store bounds how long it may take, as for one command unless more are announced
   * (`StoreBackend.Commands`). Commands inside take their turns, however they are run. Two transactions that write the
   * same flags or audiences in different orders can end each other (`StoreUnavailable`), so write in the order of keys:
   * flags, then audiences. Environments may come in any order.
   */
  readonly transaction: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreUnavailable, R>

  readonly createEnvironment: (
    environment: Environment.Input,
    options?: WriteOptions
  ) => Effect.Effect<StoredEnvironment, WriteError | AlreadyExists>
  readonly changeEnvironment: (
    key: string,
    change: Environment.Change,
    options: ChangeOptions
  ) => Effect.Effect<StoredEnvironment, ChangeError>
  readonly environment: (key: string) => Effect.Effect<StoredEnvironment, NotFound | StoreUnavailable>
  /** All environments, by key, with whether they are protected. */
  readonly environments: Effect.Effect<ReadonlyArray<StoredEnvironment>, StoreUnavailable>

  readonly createAudience: (
    audience: Audience.Input,
    options?: WriteOptions
  ) => Effect.Effect<StoredAudience, WriteError | AlreadyExists>
  /** Takes effect at once in every environment whose published rules use the audience. */
  readonly changeAudience: (
    key: string,
    change: Audience.Change,
    options: AudienceChangeOptions
  ) => Effect.Effect<StoredAudience, ChangeError | AudienceArchived | StalePreview>
  /** What changing the audience would touch: which rules of which flags in which environments. */
  readonly audienceImpact: (key: string) => Effect.Effect<Audience.Impact, NotFound | StoreUnavailable>
  /** Fails with `AudienceInUse` while rules refer to it. Archiving an archived audience changes nothing. */
  readonly archiveAudience: (
    key: string,
    options: ChangeOptions
  ) => Effect.Effect<StoredAudience, ChangeError | AudienceInUse>
  /** Unarchiving an audience that is not archived changes nothing. */
  readonly unarchiveAudience: (key: string, options: ChangeOptions) => Effect.Effect<StoredAudience, ChangeError>
  readonly audience: (key: string) => Effect.Effect<StoredAudience, NotFound | StoreUnavailable>
  /** Audiences by key; archived ones only when asked for. */
  readonly audiences: (
    options?: PageOptions & { readonly archived?: boolean | undefined }
  ) => Effect.Effect<ReadonlyArray<StoredAudience>, InvalidInput | StoreUnavailable>

  /** A flag whose `lifecycle` is left out gets the one that its purpose suggests (see `Lifecycle`). */
  readonly createFlag: (
    flag: Flag.Input,
    options?: WriteOptions
  ) => Effect.Effect<StoredFlag, WriteError | AlreadyExists>
  readonly changeFlag: (
    key: string,
    change: Flag.Change,
    options: ChangeOptions
  ) => Effect.Effect<StoredFlag, ChangeError | FlagArchived>
  /** Ends the flag in every environment at once. Archiving an archived flag changes nothing. */
  readonly archiveFlag: (key: string, options: ChangeOptions) => Effect.Effect<StoredFlag, ChangeError>
  /**
   * Takes the flag up again where it was left: in every environment, the ruleset that was live is live again, a kill
   * switch that was engaged is engaged, and the draft is there. Fails with `InvalidInput` if one of those rulesets refers
   * to an audience that was archived meanwhile. Unarchiving a flag that is not archived changes nothing.
   */
  readonly unarchiveFlag: (key: string, options: ChangeOptions) => Effect.Effect<StoredFlag, ChangeError>
  readonly flag: (key: string) => Effect.Effect<StoredFlag, NotFound | StoreUnavailable>
  /** Flags by key. */
  readonly flags: (
    options?: FlagOptions
  ) => Effect.Effect<ReadonlyArray<StoredFlag>, InvalidInput | StoreUnavailable>

  /**
   * Saves the draft of a flag in an environment. `expected` is the revision of the flag's state there, 0 at first.
   * Salts that the draft leaves out are kept from what is published, else from the draft before, rule by rule: a rule
   * of another key is another rule.
   */
  readonly saveDraft: (
    flag: string,
    environment: string,
    ruleset: Ruleset.Input,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, ChangeError | FlagArchived>
  /**
   * Puts one rule into the draft and leaves the others as they are: in the place of the rule of this key, else at the
   * end. Without a draft, it begins with what is live. A salt that the rule leaves out is kept.
   *
   * Keys are identities: `rule.key` must be `key` (`InvalidInput` otherwise). A rule, or a variant, of another key is
   * another one, with other buckets; to have it instead, put the new one and remove the old one.
   */
  readonly putRule: (
    flag: string,
    environment: string,
    key: string,
    rule: Rule.Input,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, ChangeError | FlagArchived>
  /** Takes one rule out of the draft, which begins with what is live. Fails with `NotFound` when there is no such rule. */
  readonly removeRule: (
    flag: string,
    environment: string,
    key: string,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, ChangeError | FlagArchived>
  /**
   * Moves one rule of the draft, which begins with what is live, so that `position` others are before it: 0 makes it the
   * first; numbers beyond the end make it the last.
   */
  readonly moveRule: (
    flag: string,
    environment: string,
    key: string,
    position: number,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, ChangeError | FlagArchived>
  /** Throws the draft away; what is published stays. Without a draft, nothing changes. */
  readonly discardDraft: (
    flag: string,
    environment: string,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, ChangeError | FlagArchived>
  /**
   * The draft, what is published and the kill switch of a flag in an environment. In a protected environment, a policy is
   * asked (`state.read`).
   */
  readonly state: (flag: string, environment: string) => Effect.Effect<FlagState, ReadError>
  /**
   * What there is of the named flags, at most 1000, in an environment, by key; those that do not exist are left out. It
   * takes a few queries, however many they are. In a protected environment, a policy is asked once, about the environment
   * (`state.read`); in one that does not exist, no flag has a state.
   */
  readonly flagsIn: (
    environment: string,
    flags: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<FlagIn>, InvalidInput | ReadError>
  /** A published ruleset; without a version, the live one. */
  readonly ruleset: (
    flag: string,
    environment: string,
    version?: number
  ) => Effect.Effect<PublishedRuleset, NotFound | StoreUnavailable>
  /** The published rulesets of a flag in an environment, newest first. Who published them, and why, is in the audit. */
  readonly rulesets: (
    flag: string,
    environment: string,
    options?: HistoryOptions
  ) => Effect.Effect<ReadonlyArray<PublishedRuleset>, InvalidInput | NotFound | StoreUnavailable>

  /** Audit events, newest first. A policy is asked (`audit.read`). */
  readonly audit: (
    options?: AuditOptions
  ) => Effect.Effect<ReadonlyArray<Audit.Event>, InvalidInput | Denied | StoreUnavailable>
}>()("rulestead/Store") {
  /**
   * The commands over any `StoreBackend`, under the `Policy` that is there when the layer is built, if any. What becomes
   * of them is told to `Telemetry`, if that is there.
   *
   * @category layers
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Store, never, StoreBackend> = Layer.effect(
    Store,
    Effect.flatMap(Effect.map(Desk.make, make), observeStore)
  )
}
