import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Snapshot from "rulestead/Snapshot"
import type { StoreBackend } from "rulestead/StoreBackend"
import { StoreUnavailable } from "rulestead/StoreError"
import * as Announcements from "../announcements.ts"
import * as Heads from "../heads.ts"
import type { Rows } from "./rows.ts"

/** Rows that one commit removes at most, so that it never has much to do. */
const retentionBudget = 500

/** Entries that are read at once, without their contents. */
const pageSize = 1000

const commitOperation = "commit the snapshot"

interface NamedRow {
  readonly kind: Snapshot.Kind
  readonly key: string
  readonly version: bigint
  readonly hash: string
}

const toNamed = ({ version, ...named }: NamedRow) => ({ ...named, version: Number(version) })

export interface Options {
  /** Versions that are kept behind the head. */
  readonly retention: number
}

export const make = (
  { answer, schema, sql }: Rows,
  { retention }: Options
): StoreBackend["Service"]["snapshots"] => ({
  create: (environment, at) =>
    answer(
      "create the snapshot head",
      Effect.asVoid(
        sql`insert into ${schema}.snapshot_heads ${
          sql.insert({
            environment,
            schema_version: Snapshot.schemaVersion,
            version: 0,
            digest: Snapshot.emptyDigest,
            entries: 0,
            published_at: PgTypes.timestamptz(at)
          })
        }`
      )
    ),

  lock: (environment) =>
    answer(
      "lock the snapshot head",
      Effect.map(
        sql<Heads.HeadRow>`
          select ${sql.literal(Heads.columns)}, ${schema}.epoch(incarnation) as epoch
          from ${schema}.snapshot_heads where environment = ${environment} for no key update`,
        ([row]) => row === undefined ? undefined : Heads.fromRow(row)
      )
    ),

  hashes: (environment, entries) =>
    answer(
      "read the snapshot's hashes",
      Effect.map(
        sql<NamedRow>`
        select named.kind, named.key, latest.version, latest.hash
        from unnest(
          ${entries.map(({ kind }) => kind)}::text[],
          ${entries.map(({ key }) => key)}::text[]
        ) as named (kind, key)
        cross join lateral (
          select version, hash from ${schema}.snapshot_entries
          where environment = ${environment} and kind = named.kind and key = named.key
          order by version desc limit 1
        ) latest
        where latest.hash <> ''`,
        (rows) => rows.map(toNamed)
      )
    ),

  page: (environment, after) =>
    answer(
      "read the snapshot's hashes",
      Effect.map(
        sql<NamedRow>`
          select kind, key, version, hash from (
            select distinct on (kind, key) kind, key, version, hash
            from ${schema}.snapshot_entries
            where environment = ${environment} and (kind, key) > (${after?.kind ?? ""}, ${after?.key ?? ""})
            order by kind, key, version desc
          ) latest
          where hash <> ''
          limit ${pageSize}`,
        (rows) => rows.map(toNamed)
      )
    ),

  setHash: (environment) =>
    answer(
      "read the hash of the snapshot's entries",
      Effect.map(
        sql<{ readonly set_hash: string | null }>`
          select set_hash from ${schema}.snapshot_heads where environment = ${environment}`,
        ([row]) => row?.set_hash ?? undefined
      )
    ),

  // A removed entry travels as the empty string: no content is empty, and an array of nothing but nulls has no type.
  commit: (
    { digest, entries: count, environment, publishedAt, schemaVersion, setHash, signature, version },
    entries
  ) => {
    const at = PgTypes.timestamptz(publishedAt)
    return Effect.flatMap(
      answer(
        commitOperation,
        sql`
          with entry as (
            insert into ${schema}.snapshot_entries (environment, version, kind, key, hash, content)
            select ${environment}, ${version}, kind, key, hash, nullif(content, '')
            from unnest(
              ${entries.map(({ kind }) => kind)}::text[],
              ${entries.map(({ key }) => key)}::text[],
              ${entries.map(({ hash }) => hash)}::text[],
              ${entries.map(({ content }) => content ?? "")}::text[]
            ) as changed (kind, key, hash, content)
          ), snapshot as (
            insert into ${schema}.snapshots (environment, version, schema_version, digest, entries, published_at)
            values (${environment}, ${version}, ${schemaVersion}, ${digest}, ${count}, ${at})
          ), head as (
            update ${schema}.snapshot_heads
            set version = ${version}, schema_version = ${schemaVersion}, digest = ${digest}, entries = ${count},
              published_at = ${at}, floor = greatest(floor, ${version - retention}),
              signature = ${signature ?? null}::text, set_hash = ${setHash ?? null}::text
            where environment = ${environment} and version = ${version - 1}
            returning environment, floor
          )
          select pg_notify(${Announcements.channel(schema.value)}, ${Announcements.encode({ environment, version })}),
            ${schema}.apply_retention(environment, floor, ${retentionBudget})
          from head`
      ),
      ([head]) => head === undefined ? doesNotFollow(environment, version) : Effect.void
    )
  }
})

/** Somebody has written to the rows meanwhile, or before, and it was no number to go on from. */
const doesNotFollow = (environment: string, version: number): Effect.Effect<never, StoreUnavailable> =>
  Effect.fail(
    new StoreUnavailable({
      operation: commitOperation,
      reason: "failed",
      detail: `version ${version} does not follow the head of ${environment}`
    })
  )
