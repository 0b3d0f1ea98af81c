import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Snapshot from "rulestead/Snapshot"
import type { StoreBackend } from "rulestead/StoreBackend"
import * as Announcements from "../announcements.ts"
import * as Heads from "../heads.ts"
import type { Rows } from "./rows.ts"

/** Rows that one commit removes at most, so that it never has much to do. */
const retentionBudget = 500

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
      sql<Pick<Snapshot.StoredEntry, "kind" | "key" | "hash">>`
        select named.kind, named.key, latest.hash
        from unnest(
          ${entries.map(({ kind }) => kind)}::text[],
          ${entries.map(({ key }) => key)}::text[]
        ) as named (kind, key)
        cross join lateral (
          select hash from ${schema}.snapshot_entries
          where environment = ${environment} and kind = named.kind and key = named.key
          order by version desc limit 1
        ) latest
        where latest.hash <> ''`
    ),

  // A removed entry travels as the empty string: no content is empty, and an array of nothing but nulls has no type.
  commit: ({ digest, entries: count, environment, publishedAt, schemaVersion, version }, entries) => {
    const at = PgTypes.timestamptz(publishedAt)
    return answer(
      "commit the snapshot",
      Effect.flatMap(
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
              published_at = ${at}, floor = greatest(floor, ${version - retention})
            where environment = ${environment} and version = ${version - 1}
            returning environment, floor
          )
          select pg_notify(${Announcements.channel(schema.value)}, ${Announcements.encode({ environment, version })}),
            ${schema}.apply_retention(environment, floor, ${retentionBudget})
          from head`,
        ([head]) =>
          head === undefined
            ? Effect.die(new Error(`Version ${version} does not follow the head of ${environment}`))
            : Effect.void
      )
    )
  }
})
