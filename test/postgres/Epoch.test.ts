import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import { Rulestead } from "rulestead/Rulestead"
import { Store } from "rulestead/Store"
import { Recorded, Telemetry } from "rulestead/Telemetry"
import { TestDatabase } from "../support/TestDatabase.ts"

layer(TestDatabase.layerClient(), { excludeTestServices: true })("an epoch that is ended by hand", (it) => {
  it.effect("lets nodes go back to an older version", () =>
    Effect.gen(function*() {
      const { url } = yield* TestDatabase
      const sql = yield* PgClient.PgClient
      const context = yield* Layer.build(Postgres.layerMigrated({ url }))
      const store = Context.get(context, Store)
      const publisher = Context.get(context, Publisher)
      const publish = Effect.fnUntraced(function*(value: boolean) {
        const { revision } = yield* store.state("checkout", "prod")
        const rules = [{ key: "all", strategy: "forced_value", value }] as const
        const draft = yield* store.saveDraft("checkout", "prod", { rules }, { expected: revision })
        yield* publisher.publish("checkout", "prod", { expected: draft.revision })
      })
      yield* store.createEnvironment({ key: "prod", name: "Production" })
      yield* store.createFlag({ key: "checkout", valueType: "boolean", defaultValue: false })
      yield* publish(true)
      yield* sql`create table heads as select * from rulestead.snapshot_heads`
      yield* sql`create table entries as select * from rulestead.snapshot_entries`
      yield* publish(false)

      const node = yield* Layer.build(
        Rulestead.layer({ environment: "prod" }).pipe(
          Layer.provideMerge(Telemetry.layerMemory()),
          Layer.provide(Postgres.layerFeed({ url }))
        )
      )
      const rulestead = Context.get(node, Rulestead)
      assert.isFalse(rulestead.enabledUnsafe("checkout", {}))

      yield* sql.withTransaction(Effect.gen(function*() {
        yield* sql`set local session_replication_role = replica`
        yield* sql`delete from rulestead.snapshot_entries`
        yield* sql`delete from rulestead.snapshot_heads`
        yield* sql`insert into rulestead.snapshot_heads select * from heads`
        yield* sql`insert into rulestead.snapshot_entries select * from entries`
      }))
      const { reason } = yield* Effect.flip(rulestead.refresh)
      assert.strictEqual(reason, "older_version")
      assert.isFalse(rulestead.enabledUnsafe("checkout", {}))

      yield* sql`update rulestead.snapshot_heads set incarnation = gen_random_uuid() where environment = 'prod'`
      yield* rulestead.refresh
      assert.isTrue(rulestead.enabledUnsafe("checkout", {}))
      const { counts, version } = rulestead.healthUnsafe()
      assert.deepInclude({ version, epochs: counts.epochs }, { version: 1, epochs: 1 })
      assert.isTrue(Context.get(node, Recorded).events().some(({ _tag }) => _tag === "EpochChanged"))
    }))
})
