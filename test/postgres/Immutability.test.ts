import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { Publisher } from "rulestead/Publisher"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

const tables = ["rulesets", "snapshots", "snapshot_entries", "audit_events"]

/** A schema in which two versions were published, of which one is all that retention covers. */
const published = Effect.gen(function*() {
  const options = yield* TestSchema.migrated
  const scene = yield* Effect.gen(function*() {
    const { environment, flag } = yield* Scene.live(Scene.forced(true))
    yield* Scene.publish(flag, environment, Scene.forced(false))
    yield* Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, { expected: "any" }))
    return { environment, flag }
  }).pipe(Effect.provide(Postgres.layer(options)))
  return { ...options, ...scene }
})

const contents = Effect.fnUntraced(function*(schema: string) {
  const sql = yield* PgClient.PgClient
  return yield* Effect.forEach(
    tables,
    (table) => sql`select t::text as row from ${sql(schema)}.${sql(table)} t order by 1`
  )
})

layer(TestDatabase.layerClient(), { excludeTestServices: true, timeout: "1 minute" })("what is published", (it) => {
  it.effect("cannot be changed, removed or truncated in SQL", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const { schema } = yield* published
      const before = yield* contents(schema)
      for (const rows of before) assert.isNotEmpty(rows)
      for (const table of tables) {
        const name = sql`${sql(schema)}.${sql(table)}`
        const column = table === "rulesets" ? "published_at" : table === "audit_events" ? "at" : "version"
        for (
          const statement of [
            sql`update ${name} set ${sql(column)} = ${sql(column)}`,
            sql`delete from ${name}`,
            sql`truncate ${name}`,
            sql`truncate ${name} cascade`
          ]
        ) {
          const error = yield* Effect.flip(statement)
          assert.deepInclude(error.reason.cause, { code: "23001" })
        }
      }
      assert.deepStrictEqual(yield* contents(schema), before)
    }))

  it.effect("is kept from what pretends to be retention, for as long as it is live or remembered", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const { environment, schema } = yield* published
      const before = yield* contents(schema)
      const pretend = (statement: Effect.Effect<ReadonlyArray<object>, SqlError>) =>
        Effect.flip(sql.withTransaction(
          Effect.flatMap(sql`select set_config('rulestead.retention', 'on', true)`, () => statement)
        ))
      yield* pretend(sql`delete from ${sql(schema)}.snapshots`)
      yield* pretend(sql`delete from ${sql(schema)}.snapshot_entries`)
      yield* sql`update ${sql(schema)}.snapshot_heads set floor = version where environment = ${environment}`
      yield* pretend(sql`delete from ${sql(schema)}.snapshots where version = 3`)
      yield* pretend(sql`delete from ${sql(schema)}.snapshot_entries where version = 3`)
      yield* sql`delete from ${sql(schema)}.snapshot_entries where version = 1`.pipe(Effect.flip)
      assert.deepStrictEqual(yield* contents(schema), before)
    }))

  it.effect("is what the head says, because rows that contradict each other are refused", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const { environment, flag, schema } = yield* published
      const s = sql(schema)
      const refused = [
        sql`update ${s}.snapshot_heads set version = -1`,
        sql`update ${s}.snapshot_heads set floor = version + 1`,
        sql`insert into ${s}.snapshot_entries values (${environment}, 'segment', 'x', 9, 'hash', '{}')`,
        sql`insert into ${s}.snapshot_entries values (${environment}, 'flag', 'x', 9, 'hash', null)`,
        sql`insert into ${s}.snapshot_entries values (${environment}, 'flag', 'x', 9, '', '{}')`,
        sql`insert into ${s}.snapshot_entries values ('elsewhere', 'flag', 'x', 9, 'hash', '{}')`,
        sql`insert into ${s}.snapshots values (${environment}, 1, 1, '', 0, now())`,
        sql`insert into ${s}.rulesets values (${flag}, ${environment}, 1, '{}', now())`,
        sql`insert into ${s}.rulesets values ('elsewhere', ${environment}, 1, '{}', now())`,
        sql`delete from ${s}.flags`,
        sql`delete from ${s}.environments`
      ]
      for (const statement of refused) {
        const { reason } = yield* Effect.flip(statement)
        assert.include(["ConstraintError", "UniqueViolation"], reason._tag)
      }
    }))
})
