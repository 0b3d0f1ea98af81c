import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Audit from "rulestead/Audit"
import type { AuditOptions } from "rulestead/Store"
import type { StoreBackend } from "rulestead/StoreBackend"
import { transaction } from "../transaction.ts"
import type { Rows } from "./rows.ts"

export const make = ({ answer, schema, sql }: Rows): StoreBackend["Service"]["audit"] => {
  const select = (
    { actions, actor, before, correlationId, environment, key, limit, result, since, until }: Page
  ) =>
    sql<Row>`select id, action, key, environment, result, at, document from ${schema}.audit_events where ${
      sql.and([
        ...(key === undefined ? [] : [sql`key = ${key}`]),
        ...(environment === undefined ? [] : [sql`environment = ${environment}`]),
        ...(actor === undefined ? [] : [sql`actor = ${JSON.stringify(actor)}`]),
        ...(actions === undefined ? [] : [sql`action = any(${actions}::text[])`]),
        ...(result === undefined ? [] : [sql`result = ${result}`]),
        ...(correlationId === undefined ? [] : [sql`correlation_id = ${JSON.stringify(correlationId)}`]),
        ...(since === undefined ? [] : [sql`at >= ${PgTypes.timestamptz(since)}`]),
        ...(until === undefined ? [] : [sql`at < ${PgTypes.timestamptz(until)}`]),
        ...(before === undefined ? [] : [sql`id < ${before}`])
      ])
    } order by id desc limit ${limit}`

  // Everything else is looked up by key. Here the best index depends on how rare the wanted values are.
  const planned = <A, E>(statement: Effect.Effect<A, E>) =>
    transaction(
      sql,
      Effect.andThen(sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`, statement)
    )

  return {
    append: ({ action, at, environment, key, result, ...document }) =>
      answer(
        "write the audit event",
        Effect.asVoid(
          sql`insert into ${schema}.audit_events ${
            sql.insert({
              action,
              key,
              environment,
              result,
              actor: JSON.stringify(document.actor.id),
              correlation_id: document.correlationId === null ? null : JSON.stringify(document.correlationId),
              at: PgTypes.timestamptz(at),
              document: PgTypes.json(document)
            })
          }`
        )
      ),
    page: (options) => answer("list audit events", Effect.flatMap(planned(select(options)), Effect.forEach(read)))
  }
}

type Page = AuditOptions & { readonly limit: number }

interface Row {
  readonly id: bigint
  readonly action: string
  readonly key: string | null
  readonly environment: string | null
  readonly result: string
  readonly at: Date
  readonly document: Readonly<Record<string, unknown>>
}

const decode = Schema.decodeUnknownEffect(Audit.StoredEvent)

const read = ({ at, document, id, ...rest }: Row) => decode({ ...document, ...rest, id: Number(id), at: at.getTime() })
