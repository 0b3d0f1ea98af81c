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
    read: readEnvironment
  })

  const audiences = table(rows, {
    name: "audience",
    table: "audiences",
    fields: archivable,
    write: ({ archivedAt, createdAt, revision, updatedAt, ...document }: StoredAudience) => ({
      ...writeCommon({ createdAt, document, revision, updatedAt }),
      archived_at: PgTypes.timestamptz(archivedAt)
    }),
    read: (row: ArchivableRow): Effect.Effect<StoredAudience, Schema.SchemaError> =>
      Effect.map(decodeAudience(row.document), (audience) => ({ ...audience, ...readArchivable(row) }))
  })

  const flags = table(rows, {
    name: "flag",
    table: "flags",
    fields: archivable,
    write: ({ archivedAt, createdAt, revision, updatedAt, ...document }: StoredFlag) => ({
      ...writeCommon({ createdAt, document, revision, updatedAt }),
      archived_at: PgTypes.timestamptz(archivedAt)
    }),
    read: readFlag
  })

  return {
    environments: { ...environments, all: environments.select(sql`order by key`) },
    audiences: {
      ...audiences,
      named: (keys, lock) =>
        audiences.select(sql`where key = any(${keys}::text[]) order by key${sql.literal(locks[lock ?? "none"])}`),
      page: ({ after, archived, limit }) =>
        audiences.select(sql`where key > ${after} and (${archived} or archived_at is null) order by key limit ${limit}`)
    },
    flags: {
      ...flags,
      withEnvironment: (key, environment) =>
        rows.answer(
          "read the flag and the environment",
          Effect.flatMap(
            sql<ArchivableRow & JoinedRow>`
              select flag.document, flag.revision, flag.created_at, flag.updated_at, flag.archived_at,
                place.document as place, place.revision as place_revision, place.created_at as place_created_at,
                place.updated_at as place_updated_at
              from ${rows.schema}.flags flag left join ${rows.schema}.environments place on place.key = ${environment}
              where flag.key = ${key} for share of flag`,
            ([row]) => readJoined(row)
          )
        ),
      named: (keys) => flags.select(sql`where key = any(${keys}::text[]) order by key`),
      page: ({ after, archived, limit, owner, tags }) =>
        flags.select(sql`
          where key > ${after} and (${archived} or archived_at is null)
            and (${tags.length === 0} or (document -> 'tags')::jsonb @> ${PgTypes.json(tags)}::jsonb)
            and (${owner === null} or document -> 'owner' ->> 'ref' = ${owner})
          order by key limit ${limit}`)
    }
  }
}

const decodeEnvironment = Schema.decodeUnknownEffect(Environment.Environment)
const decodeAudience = Schema.decodeUnknownEffect(Audience.Audience)
const decodeFlag = Schema.decodeUnknownEffect(Flag.Flag)

const common = "document, revision, created_at, updated_at"

const archivable = `${common}, archived_at`

interface Row {
  readonly document: unknown
  readonly revision: number
  readonly created_at: Date
  readonly updated_at: Date
}

interface ArchivableRow extends Row {
  readonly archived_at: Date | null
}

/** A flag, with an environment beside it. */
interface JoinedRow {
  readonly place: unknown
  readonly place_revision: number | null
  readonly place_created_at: Date | null
  readonly place_updated_at: Date | null
}

const readJoined = Effect.fnUntraced(function*(row: (ArchivableRow & JoinedRow) | undefined) {
  if (row === undefined) return { flag: undefined, environment: undefined }
  const { place: document, place_created_at, place_revision: revision, place_updated_at } = row
  const flag = yield* readFlag(row)
  if (revision === null || place_created_at === null || place_updated_at === null) {
    return { flag, environment: undefined }
  }
  const place = { document, revision, created_at: place_created_at, updated_at: place_updated_at }
  return { flag, environment: yield* readEnvironment(place) }
})

const readEnvironment = (row: Row): Effect.Effect<StoredEnvironment, Schema.SchemaError> =>
  Effect.map(decodeEnvironment(row.document), (environment) => ({ ...environment, ...readCommon(row) }))

const readFlag = (row: ArchivableRow): Effect.Effect<StoredFlag, Schema.SchemaError> =>
  Effect.map(decodeFlag(row.document), (flag) => ({ ...flag, ...readArchivable(row) }))

const readArchivable = (row: ArchivableRow) => ({ ...readCommon(row), archivedAt: row.archived_at?.getTime() ?? null })

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
