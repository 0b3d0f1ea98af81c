import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Audit from "rulestead/Audit"
import type { StoreBackend } from "rulestead/StoreBackend"
import type { Rows } from "./rows.ts"

export const make = ({ answer, schema, sql }: Rows): StoreBackend["Service"]["audit"] => ({
  append: ({ action, at, environment, key, ...document }) =>
    answer(
      "write the audit event",
      Effect.asVoid(
        sql`insert into ${schema}.audit_events ${
          sql.insert({ action, key, environment, at: PgTypes.timestamptz(at), document: PgTypes.json(document) })
        }`
      )
    ),
  page: ({ before, environment, key, limit }) =>
    answer(
      "list audit events",
      Effect.flatMap(
        sql<Row>`select id, action, key, environment, at, document from ${schema}.audit_events where ${
          sql.and([
            ...(key === undefined ? [] : [sql`key = ${key}`]),
            ...(environment === undefined ? [] : [sql`environment = ${environment}`]),
            ...(before === undefined ? [] : [sql`id < ${before}`])
          ])
        } order by id desc limit ${limit}`,
        Effect.forEach(read)
      )
    )
})

interface Row {
  readonly id: bigint
  readonly action: string
  readonly key: string
  readonly environment: string | null
  readonly at: Date
  readonly document: Readonly<Record<string, unknown>>
}

const decode = Schema.decodeUnknownEffect(Audit.Event)

const read = ({ at, document, id, ...rest }: Row) => decode({ ...document, ...rest, id: Number(id), at: at.getTime() })
