import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Mirror from "../contract/support/Mirror.ts"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

const retention = 5

/** How many rows an environment has, and from which version on. */
const size = Effect.fnUntraced(function*(schema: string, environment: string) {
  const sql = yield* PgClient.PgClient
  const [found] = yield* sql<Record<string, number>>`
    select
      (select count(*)::int from ${sql(schema)}.snapshots where environment = ${environment}) as versions,
      (select min(version)::int from ${sql(schema)}.snapshots where environment = ${environment}) as oldest,
      (select count(*)::int from ${sql(schema)}.snapshot_entries where environment = ${environment}) as entries`
  return found
})

layer(TestDatabase.layerClient(), { excludeTestServices: true, timeout: "1 minute" })("retention", (it) => {
  it.effect("keeps the rows of a snapshot that is published for ever within bounds", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const environment = yield* Scene.environment
        const flags = yield* Effect.all([Scene.flag, Scene.flag, Scene.flag])
        for (let round = 0; round < 10; round++) {
          for (const flag of flags) yield* Scene.publish(flag, environment, Scene.forced(round % 2 === 0))
        }
        // Five versions and the one before them; three live flags, each with what the remembered versions replaced.
        assert.deepStrictEqual(yield* size(options.schema, environment), { versions: 6, oldest: 25, entries: 8 })
        assert.strictEqual((yield* Mirror.fetch(environment)).entries.size, 3)
      }).pipe(Effect.provide(Postgres.layer({ ...options, retention })))
    }))

  it.effect("forgets removed entries too, and never brings one back", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const environment = yield* Scene.environment
        const [stays, goes] = [yield* Scene.flag, yield* Scene.flag]
        yield* Scene.publish(goes, environment, Scene.forced(true))
        yield* Scene.publish(goes, environment, Scene.forced(false))
        const held = yield* Mirror.fetch(environment)
        yield* Scene.archive(goes)
        for (let round = 0; round < 2 * retention; round++) {
          yield* Scene.publish(stays, environment, Scene.forced(round % 2 === 0))
          assert.deepStrictEqual(Mirror.keys(yield* Mirror.fetch(environment)), [`flag ${stays}`])
          const changes = yield* Mirror.changesSince(held)
          assert.deepStrictEqual(Mirror.keys(Mirror.install(held, changes)), [`flag ${stays}`])
        }
        assert.deepStrictEqual(yield* size(options.schema, environment), { versions: 6, oldest: 8, entries: 6 })
      }).pipe(Effect.provide(Postgres.layer({ ...options, retention })))
    }))

  it.effect("a shorter one takes hold step by step, and costs no commit much", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      const { environment, flag } = yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        for (let version = 2; version <= 270; version++) {
          yield* Scene.publish(flag, environment, Scene.forced(version % 2 === 1))
        }
        return { environment, flag }
      }).pipe(Effect.provide(Postgres.layer(options)))
      assert.deepStrictEqual(yield* size(options.schema, environment), { versions: 270, oldest: 1, entries: 270 })
      yield* Effect.gen(function*() {
        yield* Scene.publish(flag, environment, Scene.forced(true))
        const first = yield* size(options.schema, environment)
        const removed = 2 * 271 - (first?.versions ?? 0) - (first?.entries ?? 0)
        assert.isTrue(removed === 500 || removed === 501, `${removed} rows were removed`)
        const mirror = yield* Mirror.fetch(environment)
        yield* Scene.publish(flag, environment, Scene.forced(false))
        assert.deepStrictEqual(yield* size(options.schema, environment), { versions: 6, oldest: 267, entries: 6 })
        assert.strictEqual((yield* Mirror.follow(mirror)).entries.size, 1)
      }).pipe(Effect.provide(Postgres.layer({ ...options, retention })))
    }))
})
