/**
 * The rows underneath `Store` and `Publisher`: transactions, and reads and writes by key. It knows no rule of the domain;
 * an implementation is a database, or memory.
 *
 * Documents come back exactly as they went in: every string, NUL and lone surrogates included, and the order of lists.
 * Keys that are looked up are well formed; no other text is.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Audit from "./Audit.ts"
import type { FlagState } from "./FlagState.ts"
import { observeBackend } from "./internal/commandTelemetry.ts"
import type { Ruleset } from "./Ruleset.ts"
import type { Head, Kind, StoredEntry } from "./Snapshot.ts"
import type {
  AuditOptions,
  HistoryOptions,
  PublishedRuleset,
  StoredAudience,
  StoredEnvironment,
  StoredFlag
} from "./Store.ts"
import type { StoreUnavailable } from "./StoreError.ts"

type Answer<A> = Effect.Effect<A, StoreUnavailable>

/**
 * Documents with a key of their own. Inside a transaction, `lock` says what must not happen to the row before the
 * transaction ends: `"share"` that somebody changes it, `"update"` that somebody even locks it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Table<A> {
  readonly get: (key: string, lock?: "share" | "update") => Answer<A | undefined>
  /** Answers `false`, and changes nothing, when the key is taken. */
  readonly insert: (row: A) => Answer<boolean>
  readonly update: (row: A) => Answer<void>
}

/**
 * Keys greater than `after` (all of them, when it is empty), in the order of their UTF-16 units; at most `limit`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page {
  readonly after: string
  readonly limit: number
}

/**
 * Without archived flags, unless `archived`; only flags that have all `tags`, and, where one is named, the `owner` with
 * this `ref`.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlagPage extends Page {
  readonly archived: boolean
  readonly tags: ReadonlyArray<string>
  readonly owner: string | null
}

/**
 * An entry that a snapshot has, without its content.
 *
 * @category models
 * @since 0.1.0
 */
export type HashedEntry = Pick<StoredEntry, "kind" | "key" | "version" | "hash">

/**
 * A head, and what its signature is made of, where it is signed: a text of a few thousand characters that is kept for the
 * publisher of the next one. Nodes are not told.
 *
 * @category models
 * @since 0.1.0
 */
export type CommittedHead = Head & { readonly setHash?: string }

/**
 * A flag whose rules in an environment refer to an audience: those of the live ruleset, or of the draft.
 *
 * @category models
 * @since 0.1.0
 */
export interface UseRow {
  readonly flag: string
  readonly environment: string
  readonly draft: boolean
  readonly ruleset: Ruleset
}

/**
 * How many commands the next transaction is made of; 1 unless provided. An implementation that bounds what a transaction
 * may take gives it the more time, the more commands there are.
 *
 * @category references
 * @since 0.1.0
 */
export const Commands = Context.Reference<number>("rulestead/StoreBackend/Commands", { defaultValue: () => 1 })

/**
 * @category services
 * @since 0.1.0
 */
export class StoreBackend extends Context.Service<StoreBackend, {
  /**
   * Runs `self` in a transaction: all of its writes take effect together when it succeeds, none when it fails, dies or is
   * interrupted. Committed data survives the process. What one transaction locked, another waits for. A transaction
   * inside another is a part of it: it takes effect with the outer one, and alone it can only fail.
   */
  readonly transaction: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreUnavailable, R>

  readonly environments: Table<StoredEnvironment> & {
    readonly all: Answer<ReadonlyArray<StoredEnvironment>>
  }
  readonly audiences: Table<StoredAudience> & {
    /** Those that exist, by key, locked in this order. */
    readonly named: (keys: ReadonlyArray<string>, lock?: "share") => Answer<ReadonlyArray<StoredAudience>>
    /** Without archived audiences, unless `archived`. */
    readonly page: (page: Page & { readonly archived: boolean }) => Answer<ReadonlyArray<StoredAudience>>
  }
  readonly flags: Table<StoredFlag> & {
    /** The flag, locked as by `get(key, "share")`, and an environment, in one step. */
    readonly withEnvironment: (
      key: string,
      environment: string
    ) => Answer<{ readonly flag: StoredFlag | undefined; readonly environment: StoredEnvironment | undefined }>
    /** Those that exist, by key. */
    readonly named: (keys: ReadonlyArray<string>) => Answer<ReadonlyArray<StoredFlag>>
    readonly page: (page: FlagPage) => Answer<ReadonlyArray<StoredFlag>>
  }

  readonly states: {
    readonly get: (flag: string, environment: string, lock?: "update") => Answer<FlagState | undefined>
    /** Every environment in which the flag has a state. */
    readonly ofFlag: (flag: string) => Answer<ReadonlyArray<FlagState>>
    /** Those of the named flags in an environment that exist, by flag. */
    readonly named: (environment: string, flags: ReadonlyArray<string>) => Answer<ReadonlyArray<FlagState>>
    /** Writes the state of revision `previous + 1`; answers `false`, and changes nothing, unless `previous` is current (0: no row). */
    readonly put: (state: FlagState, previous: number) => Answer<boolean>
  }

  readonly rulesets: {
    readonly get: (flag: string, environment: string, version: number) => Answer<PublishedRuleset | undefined>
    /** Those that are live of the named flags in an environment, by flag. */
    readonly live: (environment: string, flags: ReadonlyArray<string>) => Answer<ReadonlyArray<PublishedRuleset>>
    /** Versions lower than `before`, newest first. */
    readonly page: (
      flag: string,
      environment: string,
      page: HistoryOptions & { readonly limit: number }
    ) => Answer<ReadonlyArray<PublishedRuleset>>
    /** Answers the ruleset of the version before. */
    readonly insert: (ruleset: PublishedRuleset) => Answer<PublishedRuleset | undefined>
  }

  /** Which rulesets refer to which audiences: the live ones, and drafts. */
  readonly uses: {
    /** Every use of the audience by a flag that is not archived, by environment, flag, and the live one first. */
    readonly of: (audience: string) => Answer<ReadonlyArray<UseRow>>
    /** The environments in which some live flag uses the audience. */
    readonly environmentsOf: (audience: string) => Answer<ReadonlyArray<string>>
    /** Those of `audiences` that some live flag of the environment uses. */
    readonly among: (environment: string, audiences: ReadonlyArray<string>) => Answer<ReadonlyArray<string>>
    /** Replaces the uses of a flag in an environment, those that are given; answers the `live` ones before, sorted. */
    readonly replace: (
      flag: string,
      environment: string,
      uses: { readonly live?: ReadonlyArray<string>; readonly draft?: ReadonlyArray<string> }
    ) => Answer<ReadonlyArray<string>>
  }

  readonly snapshots: {
    /** Creates the head of a new environment, at version 0 without entries. */
    readonly create: (environment: string, at: number) => Answer<void>
    /** The head, which no other transaction can move before this one ends. */
    readonly lock: (environment: string) => Answer<Head | undefined>
    /** Those of the named entries that the snapshot has, without their contents. */
    readonly hashes: (
      environment: string,
      entries: ReadonlyArray<{ readonly kind: Kind; readonly key: string }>
    ) => Answer<ReadonlyArray<HashedEntry>>
    /**
     * Some of the entries that the snapshot has, without their contents: those that come after one of them, or the first;
     * none after the last.
     */
    readonly page: (environment: string, after: HashedEntry | undefined) => Answer<ReadonlyArray<HashedEntry>>
    /** The `setHash` that the head was committed with, if any. */
    readonly setHash: (environment: string) => Answer<string | undefined>
    /**
     * Commits the next snapshot: the entries that changed (of the head's version), and the head. Listeners hear of it
     * when, and only if, the transaction commits. Drops what is older than the retention, a number of versions: the
     * changes since a held version can be told as long as it is at most that many versions behind the head.
     */
    readonly commit: (head: CommittedHead, entries: ReadonlyArray<StoredEntry>) => Answer<void>
  }

  readonly audit: {
    readonly append: (event: Audit.NewEvent) => Answer<void>
    readonly page: (
      options: AuditOptions & { readonly limit: number }
    ) => Answer<ReadonlyArray<Audit.StoredEvent>>
  }
}>()("rulestead/StoreBackend") {
  /**
   * An implementation, as it should be provided: the snapshots that it commits are told to `Telemetry`, if there is one,
   * and counted.
   *
   * @category layers
   * @since 0.1.0
   */
  static readonly layer = (make: () => StoreBackend["Service"]): Layer.Layer<StoreBackend> =>
    Layer.effect(StoreBackend, Effect.suspend(() => observeBackend(make())))
}
