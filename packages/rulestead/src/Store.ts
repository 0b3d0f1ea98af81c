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
import { make } from "./internal/authoring/store.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type * as Ruleset from "./Ruleset.ts"
import { StoreBackend } from "./StoreBackend.ts"
import type { AlreadyExists, Conflict, FlagArchived, NotFound, StoreUnavailable } from "./StoreError.ts"

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
export type StoredAudience = Stored<Audience.Audience>

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
 * Goes with every write, into its audit row: `reason` of at most 2000 characters, `correlationId` of at most 255.
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
 * Which audit events to answer, newest first: of one flag or other key, of one environment, older than the event
 * `before`; at most `limit` (default 100, at most 1000).
 *
 * @category models
 * @since 0.1.0
 */
export interface AuditOptions {
  readonly key?: string | undefined
  readonly environment?: string | undefined
  readonly before?: number | undefined
  readonly limit?: number | undefined
}

/**
 * The authored state and the commands that change it.
 *
 * Every command is one transaction: it takes effect with its audit row, or not at all. Commands that change what is
 * already live (archiving a flag, changing an audience in use) commit the new snapshots in the same transaction.
 *
 * @category services
 * @since 0.1.0
 */
export class Store extends Context.Service<Store, {
  readonly createEnvironment: (
    environment: Environment.Input,
    options?: WriteOptions
  ) => Effect.Effect<StoredEnvironment, InvalidInput | AlreadyExists | StoreUnavailable>
  readonly changeEnvironment: (
    key: string,
    change: Environment.Change,
    options: ChangeOptions
  ) => Effect.Effect<StoredEnvironment, InvalidInput | NotFound | Conflict | StoreUnavailable>
  readonly environment: (key: string) => Effect.Effect<StoredEnvironment, NotFound | StoreUnavailable>
  /** All environments, by key. */
  readonly environments: Effect.Effect<ReadonlyArray<StoredEnvironment>, StoreUnavailable>

  readonly createAudience: (
    audience: Audience.Input,
    options?: WriteOptions
  ) => Effect.Effect<StoredAudience, InvalidInput | AlreadyExists | StoreUnavailable>
  /** Takes effect at once in every environment whose published rules use the audience. */
  readonly changeAudience: (
    key: string,
    change: Audience.Change,
    options: ChangeOptions
  ) => Effect.Effect<StoredAudience, InvalidInput | NotFound | Conflict | StoreUnavailable>
  readonly audience: (key: string) => Effect.Effect<StoredAudience, NotFound | StoreUnavailable>
  readonly audiences: (
    options?: PageOptions
  ) => Effect.Effect<ReadonlyArray<StoredAudience>, InvalidInput | StoreUnavailable>

  readonly createFlag: (
    flag: Flag.Input,
    options?: WriteOptions
  ) => Effect.Effect<StoredFlag, InvalidInput | AlreadyExists | StoreUnavailable>
  readonly changeFlag: (
    key: string,
    change: Flag.Change,
    options: ChangeOptions
  ) => Effect.Effect<StoredFlag, InvalidInput | NotFound | Conflict | FlagArchived | StoreUnavailable>
  /** Ends the flag in every environment at once. Archiving an archived flag changes nothing. */
  readonly archiveFlag: (
    key: string,
    options: ChangeOptions
  ) => Effect.Effect<StoredFlag, InvalidInput | NotFound | Conflict | StoreUnavailable>
  readonly flag: (key: string) => Effect.Effect<StoredFlag, NotFound | StoreUnavailable>
  /** Flags by key; archived ones only when asked for. */
  readonly flags: (
    options?: PageOptions & { readonly archived?: boolean | undefined }
  ) => Effect.Effect<ReadonlyArray<StoredFlag>, InvalidInput | StoreUnavailable>

  /**
   * Saves the draft of a flag in an environment. `expected` is the revision of the flag's state there, 0 at first.
   * Salts that the draft leaves out are kept from what is published, else from the draft before.
   */
  readonly saveDraft: (
    flag: string,
    environment: string,
    ruleset: Ruleset.Input,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, InvalidInput | NotFound | Conflict | FlagArchived | StoreUnavailable>
  /** Throws the draft away; what is published stays. Without a draft, nothing changes. */
  readonly discardDraft: (
    flag: string,
    environment: string,
    options: ChangeOptions
  ) => Effect.Effect<FlagState, InvalidInput | NotFound | Conflict | FlagArchived | StoreUnavailable>
  /** The draft, what is published and the kill switch of a flag in an environment. */
  readonly state: (
    flag: string,
    environment: string
  ) => Effect.Effect<FlagState, NotFound | StoreUnavailable>
  /** A published ruleset; without a version, the live one. */
  readonly ruleset: (
    flag: string,
    environment: string,
    version?: number
  ) => Effect.Effect<PublishedRuleset, NotFound | StoreUnavailable>

  /** Audit events, newest first. */
  readonly audit: (
    options?: AuditOptions
  ) => Effect.Effect<ReadonlyArray<Audit.Event>, InvalidInput | StoreUnavailable>
}>()("rulestead/Store") {
  /**
   * The commands over any {@link StoreBackend}.
   *
   * @category layers
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Store, never, StoreBackend> = Layer.effect(Store, Effect.map(StoreBackend, make))
}
