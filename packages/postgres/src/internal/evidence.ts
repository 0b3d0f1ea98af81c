/**
 * `Evidence` on Postgres. Each method is one statement, and so takes effect whole.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Evidence from "rulestead/Evidence"
import type { Rows } from "./backend/rows.ts"

/** How much later a time must be to be worth a write: many nodes tell of the same answers. */
const precision = "10 minutes"

export const make = ({ answer, schema, sql }: Rows): Evidence.Evidence["Service"] => ({
  recordUsage: Effect.fn("Evidence.recordUsage")(function*(environment, told) {
    const { usage } = yield* Evidence.decodeUsage({ environment, usage: told })
    yield* answer(
      "record usage",
      sql`
        with place as (
          insert into ${schema}.usage_observations as known (environment, since, last)
          select key, now(), now() from ${schema}.environments where key = ${environment}
          on conflict (environment) do update set last = greatest(known.last, excluded.last)
          returning environment
        )
        insert into ${schema}.usage as known (environment, flag, reason, variant, served_at)
        select place.environment, told.flag, told.reason, told.variant, max(least(to_timestamp(told.at / 1000), now()))
        from unnest(
          ${usage.map(({ flag }) => flag)}::text[],
          ${usage.map(({ reason }) => reason)}::text[],
          ${usage.map(({ variant }) => variant ?? "")}::text[],
          ${usage.map(({ at }) => at)}::double precision[]
        ) as told (flag, reason, variant, at)
        join ${schema}.flags on flags.key = told.flag
        cross join place
        group by place.environment, told.flag, told.reason, told.variant
        order by told.flag, told.reason, told.variant
        on conflict (environment, flag, reason, variant) do update set served_at = excluded.served_at
        where known.served_at < excluded.served_at - ${precision}::interval`
    )
  }),

  usage: (environment, flags) =>
    answer(
      "read usage",
      Effect.flatMap(
        sql<UsageRow>`
          select flag, reason, nullif(variant, '') as variant, served_at from ${schema}.usage
          where environment = ${environment} and flag = any(${flags}::text[])
          order by flag, reason, variant`,
        Effect.forEach(({ served_at, ...row }) => decodeUsage({ ...row, at: served_at.getTime() }))
      )
    ),

  observation: (environment) =>
    answer(
      "read whether usage is observed",
      Effect.map(
        sql<{ readonly since: Date; readonly last: Date }>`
          select since, last from ${schema}.usage_observations where environment = ${environment}`,
        ([row]) => row === undefined ? null : { since: row.since.getTime(), last: row.last.getTime() }
      )
    ),

  publications: (environment, flags) =>
    answer(
      "read when flags were published",
      Effect.map(
        sql<{ readonly flag: string; readonly published_at: Date }>`
          select flag, published_at from ${schema}.flag_states
          where environment = ${environment} and flag = any(${flags}::text[]) and published_at is not null`,
        (rows) => new Map(rows.map(({ flag, published_at }) => [flag, published_at.getTime()]))
      )
    ),

  recordScan: Effect.fn("Evidence.recordScan")(function*(scan) {
    const { at, references, source } = yield* Evidence.decodeScan(scan)
    yield* answer(
      "record the scan",
      sql`
        with scan as (
          insert into ${schema}.code_scans (source, at, entries)
          values (${source}, least(to_timestamp(${at}::double precision / 1000), now()), ${references.length})
          on conflict (source) do update set at = excluded.at, entries = excluded.entries
        ), replaced as (
          delete from ${schema}.code_references where source = ${source}
        )
        insert into ${schema}.code_references (source, flag, file, line, kind)
        select ${source}, * from unnest(
          ${references.map(({ flag }) => flag)}::text[],
          ${references.map(({ file }) => file)}::text[],
          ${references.map(({ line }) => line)}::integer[],
          ${references.map(({ kind }) => kind)}::text[]
        )`
    )
  }),

  references: (flags) =>
    answer(
      "read code references",
      Effect.flatMap(
        sql<object>`
          select source, flag, file, line, kind from ${schema}.code_references where flag = any(${flags}::text[])
          order by source, file, line, flag`,
        Effect.forEach((row) => decodeReference(row))
      )
    ),

  scans: answer(
    "list scans",
    Effect.map(
      sql<{ readonly source: string; readonly at: Date; readonly entries: number }>`
        select source, at, entries from ${schema}.code_scans order by source`,
      (rows) => rows.map(({ at, entries, source }) => ({ source, at: at.getTime(), references: entries }))
    )
  )
})

interface UsageRow {
  readonly flag: string
  readonly reason: string
  readonly variant: string | null
  readonly served_at: Date
}

const decodeUsage = Schema.decodeUnknownEffect(Evidence.Usage)

const decodeReference = Schema.decodeUnknownEffect(
  Schema.Struct({ source: Schema.String, ...Evidence.Reference.fields })
)
