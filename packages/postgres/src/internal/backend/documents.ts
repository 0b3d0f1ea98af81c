import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Fragment } from "effect/sql/Statement"
import * as Audience from "rulestead/Audience"
import * as Environment from "rulestead/Environment"
import * as Flag from "rulestead/Flag"
import type { Stored, StoredAudience, StoredEnvironment, StoredFlag } from "rulestead/Store"
import type { StoreBackend, Table } from "rulestead/StoreBackend"
import type { Answer, Rows } from "./rows.ts"

type Documents = Pick<StoreBackend["Service"], "environments" | "audiences" | "flags">

export const make = (rows: Rows): Documents => {
  const { sql } = rows

  const environments = table(rows, {
    name: "environment",
    table: "environments",
    fields: common,
    write: ({ createdAt, revision, updatedAt, ...document }: StoredEnvironment) =>
      writeCommon({ createdAt, document, revision, updatedAt }),
    read: (row) =>
      Effect.map(decodeEnvironment(row.document), (environment) => ({ ...environment, ...readCommon(row) }))
  })

  const audiences = table(rows, {
    name: "audience",
    table: "audiences",
    fields: common,
    write: ({ createdAt, revision, updatedAt, ...document }: StoredAudience) =>
      writeCommon({ createdAt, document, revision, updatedAt }),
    read: (row) => Effect.map(decodeAudience(row.document), (audience) => ({ ...audience, ...readCommon(row) }))
  })

  const flags = table(rows, {
    name: "flag",
    table: "flags",
    fields: `${common}, archived_at`,
    write: ({ archivedAt, createdAt, revision, updatedAt, ...document }: StoredFlag) => ({
      ...writeCommon({ createdAt, document, revision, updatedAt }),
      archived_at: PgTypes.timestamptz(archivedAt)
    }),
    read: (row: Row & { readonly archived_at: Date | null }): Effect.Effect<StoredFlag, Schema.SchemaError> =>
      Effect.map(decodeFlag(row.document), (flag) => ({
        ...flag,
        ...readCommon(row),
        archivedAt: row.archived_at?.getTime() ?? null
      }))
  })

  return {
    environments: { ...environments, all: environments.select(sql`order by key`) },
    audiences: {
      ...audiences,
      page: ({ after, limit }) => audiences.select(sql`where key > ${after} order by key limit ${limit}`)
    },
    flags: {
      ...flags,
      page: ({ after, archived, limit }) =>
        flags.select(sql`where key > ${after} and (${archived} or archived_at is null) order by key limit ${limit}`)
    }
  }
}

const decodeEnvironment = Schema.decodeUnknownEffect(Environment.Environment)
const decodeAudience = Schema.decodeUnknownEffect(Audience.Audience)
const decodeFlag = Schema.decodeUnknownEffect(Flag.Flag)

const common = "document, revision, created_at, updated_at"

interface Row {
  readonly document: unknown
  readonly revision: number
  readonly created_at: Date
  readonly updated_at: Date
}

const readCommon = (row: Row) => ({
  revision: row.revision,
  createdAt: row.created_at.getTime(),
  updatedAt: row.updated_at.getTime()
})

const writeCommon = (row: Stored<{ readonly document: { readonly key: string } }>) => ({
  key: row.document.key,
  revision: row.revision,
  document: PgTypes.json(row.document),
  created_at: PgTypes.timestamptz(row.createdAt),
  updated_at: PgTypes.timestamptz(row.updatedAt)
})

interface Mapping<A, R extends Row> {
  /** What one of them is called. */
  readonly name: string
  readonly table: string
  /** The columns that {@link read} needs. */
  readonly fields: string
  readonly write: (document: A) => Record<string, unknown>
  readonly read: (row: R) => Effect.Effect<A, Schema.SchemaError>
}

interface SelectableTable<A> extends Table<A> {
  readonly select: (which: Fragment) => Answer<ReadonlyArray<A>>
}

const locks = { none: "", share: " for share", update: " for no key update" }

const table = <A extends { readonly key: string }, R extends Row>(
  { answer, schema, sql }: Rows,
  { fields, name, read, table, write }: Mapping<A, R>
): SelectableTable<A> => {
  const rows = sql`${schema}.${sql(table)}`
  const select = sql`select ${sql.literal(fields)} from ${rows}`

  return {
    get: (key, lock) =>
      answer(
        `read the ${name}`,
        Effect.flatMap(
          sql<R>`${select} where key = ${key}${sql.literal(locks[lock ?? "none"])}`,
          ([row]) => row === undefined ? Effect.undefined : read(row)
        )
      ),
    insert: (document) =>
      answer(
        `create the ${name}`,
        Effect.map(
          sql`insert into ${rows} ${sql.insert(write(document))} on conflict do nothing returning key`,
          (inserted) => inserted.length > 0
        )
      ),
    update: (document) =>
      answer(
        `change the ${name}`,
        Effect.asVoid(sql`update ${rows} set ${sql.update(write(document), ["key"])} where key = ${document.key}`)
      ),
    select: (which) => answer(`list ${name}s`, Effect.flatMap(sql<R>`${select} ${which}`, Effect.forEach(read)))
  }
}
