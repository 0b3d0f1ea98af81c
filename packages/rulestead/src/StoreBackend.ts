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
import type * as Effect from "effect/Effect"
import type * as Audit from "./Audit.ts"
import type { FlagState } from "./FlagState.ts"
import type { Head, Kind, StoredEntry } from "./Snapshot.ts"
import type { AuditOptions, PublishedRuleset, StoredAudience, StoredEnvironment, StoredFlag } from "./Store.ts"
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
    readonly page: (page: Page) => Answer<ReadonlyArray<StoredAudience>>
  }
  readonly flags: Table<StoredFlag> & {
    /** Without archived flags, unless `archived`. */
    readonly page: (page: Page & { readonly archived: boolean }) => Answer<ReadonlyArray<StoredFlag>>
  }

  readonly states: {
    readonly get: (flag: string, environment: string, lock?: "update") => Answer<FlagState | undefined>
    /** Every environment in which the flag has a state. */
    readonly ofFlag: (flag: string) => Answer<ReadonlyArray<FlagState>>
    /** Writes the state of revision `previous + 1`; answers `false`, and changes nothing, unless `previous` is current (0: no row). */
    readonly put: (state: FlagState, previous: number) => Answer<boolean>
  }

  readonly rulesets: {
    readonly get: (flag: string, environment: string, version: number) => Answer<PublishedRuleset | undefined>
    readonly insert: (ruleset: PublishedRuleset) => Answer<void>
  }

  /** Which published rulesets refer to which audiences. */
  readonly uses: {
    readonly ofFlag: (flag: string, environment: string) => Answer<ReadonlyArray<string>>
    /** The environments in which some live flag uses the audience. */
    readonly environmentsOf: (audience: string) => Answer<ReadonlyArray<string>>
    /** Those of `audiences` that some live flag of the environment uses. */
    readonly among: (environment: string, audiences: ReadonlyArray<string>) => Answer<ReadonlyArray<string>>
    /** Replaces the uses of a flag in an environment. */
    readonly replace: (flag: string, environment: string, audiences: ReadonlyArray<string>) => Answer<void>
  }

  readonly snapshots: {
    /** Creates the head of a new environment, at version 0 without entries. */
    readonly create: (environment: string, at: number) => Answer<void>
    /** The head, which no other transaction can move before this one ends. */
    readonly lock: (environment: string) => Answer<Head | undefined>
    /** The hashes of those of the named entries that the snapshot has. */
    readonly hashes: (
      environment: string,
      entries: ReadonlyArray<{ readonly kind: Kind; readonly key: string }>
    ) => Answer<ReadonlyArray<{ readonly kind: Kind; readonly key: string; readonly hash: string }>>
    /**
     * Commits the next snapshot: the entries that changed (of the head's version), and the head. Listeners hear of it
     * when, and only if, the transaction commits. Drops what is older than the retention, a number of versions: the
     * changes since a held version can be told as long as it is at most that many versions behind the head.
     */
    readonly commit: (head: Head, entries: ReadonlyArray<StoredEntry>) => Answer<void>
  }

  readonly audit: {
    readonly append: (event: Audit.NewEvent) => Answer<void>
    readonly page: (
      options: AuditOptions & { readonly limit: number }
    ) => Answer<ReadonlyArray<Audit.Event>>
  }
}>()("rulestead/StoreBackend") {}
