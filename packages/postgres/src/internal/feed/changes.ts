import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { BeginTransaction } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { EnvironmentKey } from "rulestead/Key"
import type { Head, Kind, StoredEntry } from "rulestead/Snapshot"
import type { Changes, FeedError, Held } from "rulestead/SnapshotFeed"
import type { Database } from "../database.ts"
import * as Failure from "../failure.ts"
import * as Heads from "../heads.ts"
import { transaction } from "../transaction.ts"
import * as Version from "../version.ts"

/** Why there are no changes to tell, beside what the database says. */
type Refusal = Pick<FeedError, "reason" | "detail">

/** Entries that are read at once: few enough not to block the event loop, enough to be worth a round trip. */
const pageSize = 500

/** What a node holds that holds nothing: no epoch is empty. */
const nothing: Held = { epoch: "", version: 0 }

export const make = (database: Database) => {
  const { sql } = database
  const schema = sql(database.schema)

  /** The head and, if they can be told, the changes since `held`; one more than a page, if they are more than a page. */
  const look = (environment: string, held: Held) =>
    Effect.flatMap(
      sql<Row>`
        with head as materialized (
          select ${sql.literal(Heads.columns)}, floor, ${schema}.epoch(incarnation) as epoch
          from ${schema}.snapshot_heads where environment = ${environment}
        ), known as materialized (
          select *, epoch = ${held.epoch} and ${held.version}::bigint between floor and version as is_known from head
        )
        select versions.version as migration, versions.readable_by, versions.writable_by, known.*,
          entry.kind, entry.key, entry.version as entry_version, entry.hash, entry.content
        from (select ${sql.literal(Version.columns)} from ${schema}.migrations) versions
        left join known on true
        left join lateral (
          select kind, key, max(version) as version from ${schema}.snapshot_entries
          where known.is_known
            and environment = known.environment and version > ${held.version}::bigint and version <= known.version
          group by kind, key
          limit ${pageSize + 1}
        ) changed on true
        left join ${schema}.snapshot_entries entry on entry.environment = known.environment
          and entry.kind = changed.kind and entry.key = changed.key and entry.version = changed.version`,
      found
    )

  /** The latest states of a page of entries, from the last to the first, which is how the primary key leads to them. */
  const page = (environment: string, since: number, before: StoredEntry | undefined) =>
    Effect.map(
      sql<EntryRow>`
        select distinct on (kind, key) kind, key, version as entry_version, hash, content
        from ${schema}.snapshot_entries
        where environment = ${environment}
          ${since === 0 ? sql`` : sql`and version > ${since}::bigint`}
          ${before === undefined ? sql`` : sql`and (kind, key) < (${before.kind}, ${before.key})`}
        order by kind desc, key desc, version desc
        limit ${pageSize}`,
      (rows) => rows.map(toEntry)
    )

  const pages = Effect.fnUntraced(function*(environment: string, held: Held) {
    // Without statistics, as in a new database, Postgres would rather sort all that is left for every page.
    yield* sql`select set_config('enable_sort', 'off', true)`
    const { head, isKnown } = yield* look(environment, held)
    const since = isKnown ? held.version : 0
    const entries: Array<StoredEntry> = []
    while (true) {
      const next = yield* page(environment, since, entries.at(-1))
      entries.push(...next)
      if (next.length < pageSize) break
      // An embedded Postgres answers without ever letting go of the thread.
      yield* Effect.yieldNow
    }
    return isKnown
      ? changed(head, entries)
      : { head, complete: true, entries: entries.filter(({ content }) => content !== null) }
  })

  const allPages = (environment: string, held: Held) =>
    Effect.provideService(
      transaction(sql, pages(environment, held)),
      BeginTransaction,
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    )

  return (environment: string, held: Held | undefined): Effect.Effect<Changes, Refusal | SqlError> =>
    !isEnvironmentKey(environment)
      ? Effect.fail(environmentNotFound)
      : held === undefined
      ? allPages(environment, nothing)
      : Effect.flatMap(look(environment, held), ({ entries, head, isKnown }) =>
        isKnown && entries.length <= pageSize
          ? Effect.succeed(changed(head, entries))
          : allPages(environment, held))
}

const isEnvironmentKey = Schema.is(EnvironmentKey)

const environmentNotFound: Refusal = { reason: "environment_not_found", detail: "the store has no such environment" }

const changed = (head: Head, entries: ReadonlyArray<StoredEntry>): Changes => ({ head, complete: false, entries })

interface EntryRow {
  readonly kind: Kind
  readonly key: string
  readonly entry_version: bigint
  readonly hash: string
  readonly content: string | null
}

type Row =
  & Omit<Version.VersionRow, "version">
  & { readonly migration: number | null }
  & (
    | { readonly environment: null }
    | Heads.HeadRow & { readonly is_known: boolean } & (EntryRow | { readonly kind: null })
  )

interface Found {
  readonly head: Head
  readonly isKnown: boolean
  readonly entries: ReadonlyArray<StoredEntry>
}

const found = (rows: ReadonlyArray<Row>): Effect.Effect<Found, Refusal> => {
  const [first] = rows
  if (first === undefined || !Version.isReadable({ ...first, version: first.migration })) {
    return Effect.fail(Failure.wrongVersion(first?.migration ?? 0))
  }
  if (first.environment === null) return Effect.fail(environmentNotFound)
  return Effect.succeed({
    head: Heads.fromRow(first),
    isKnown: first.is_known,
    entries: rows.flatMap((row) => row.environment === null || row.kind === null ? [] : [toEntry(row)])
  })
}

const toEntry = ({ content, entry_version, hash, key, kind }: EntryRow): StoredEntry => ({
  kind,
  key,
  version: Number(entry_version),
  hash,
  content
})
