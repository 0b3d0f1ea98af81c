import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { latest, migrations } from "../../packages/postgres/src/internal/migrations.ts"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

/** Everything in a schema, by the identities that the database gave it. */
const inventory = Effect.fnUntraced(function*(schema: string) {
  const sql = yield* PgClient.PgClient
  return yield* sql`
    select 'relation' as kind, c.oid, c.relname as name from pg_class c
      where c.relnamespace = to_regnamespace(${`"${schema}"`})
    union all
    select 'function', p.oid, p.proname from pg_proc p where p.pronamespace = to_regnamespace(${`"${schema}"`})
    union all
    select 'trigger', t.oid, t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where c.relnamespace = to_regnamespace(${`"${schema}"`})
    order by 1, 2`
})

const setVersion = Effect.fnUntraced(function*(schema: string, version: number) {
  const sql = yield* PgClient.PgClient
  yield* sql`delete from ${sql(schema)}.migrations`
  yield* sql`insert into ${sql(schema)}.migrations (version) values (${version})`
})

layer(TestDatabase.layerClient(), { excludeTestServices: true, timeout: "1 minute" })("migrations", (it) => {
  it.effect("ten nodes that start at once create the schema once, and all can use it", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.absent
      const versions = yield* Effect.all(Array.from({ length: 10 }, () => Postgres.migrate(options)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(
        versions.toSorted((a, b) => a.from - b.from),
        Array.from({ length: 10 }, (_, index) => ({ from: index === 0 ? 0 : latest, to: latest }))
      )
      yield* Effect.provide(Scene.live(Scene.forced(true)), Postgres.layer(options))
    }))

  it.effect("running them again changes nothing", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      const before = yield* inventory(options.schema)
      assert.isNotEmpty(before)
      assert.deepStrictEqual(yield* Postgres.migrate(options), { from: latest, to: latest })
      assert.deepStrictEqual(yield* inventory(options.schema), before)
    }))

  it.effect("stores in two schemas of a database know nothing of each other", () =>
    Effect.gen(function*() {
      const [one, other] = [yield* TestSchema.migrated, yield* TestSchema.migrated]
      const { environment } = yield* Effect.provide(Scene.live(Scene.forced(true)), Postgres.layer(one))
      const environments = Store.use((store) => store.environments).pipe(Effect.map((all) => all.map(({ key }) => key)))
      assert.deepStrictEqual(yield* Effect.provide(environments, Postgres.layer(one)), [environment])
      assert.deepStrictEqual(yield* Effect.provide(environments, Postgres.layer(other)), [])
    }))

  it.effect("nothing outside the schema is touched", () =>
    Effect.gen(function*() {
      const before = yield* inventory("public")
      yield* TestSchema.migrated
      assert.deepStrictEqual(yield* inventory("public"), before)
    }))

  it.effect("a database newer than the code is refused, by migrations, commands and fetches alike, with both versions", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* setVersion(options.schema, latest + 2)
      const error = yield* Effect.flip(Postgres.migrate(options))
      assert.deepInclude(error, { _tag: "SchemaTooNew", schema: options.schema, database: latest + 2, code: latest })
      assert.include(error.message, `is at version ${latest + 2}; this code knows versions up to ${latest}`)
      yield* Effect.gen(function*() {
        const detail = `the schema is at version ${latest + 2}, and this code works with version ${latest}`
        const refused = yield* Effect.flip(Store.use((store) => store.environments))
        assert.deepInclude(refused, { _tag: "StoreUnavailable", reason: "incompatible", detail })
        const unfed = yield* Effect.flip(SnapshotFeed.use((feed) => feed.changesSince("prod", undefined)))
        assert.deepInclude(unfed, { _tag: "FeedError", reason: "incompatible", detail })
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("a database that was never migrated is incompatible until it is", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.absent
      yield* Effect.gen(function*() {
        const refused = yield* Effect.flip(Store.use((store) => store.environments))
        assert.deepInclude(refused, { _tag: "StoreUnavailable", reason: "incompatible" })
        const unfed = yield* Effect.flip(SnapshotFeed.use((feed) => feed.changesSince("prod", undefined)))
        assert.deepInclude(unfed, { _tag: "FeedError", reason: "incompatible" })
        yield* Postgres.migrate(options)
        yield* Scene.live(Scene.forced(true))
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("a migration that fails leaves nothing behind", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* TestSchema.absent
      yield* sql`create schema ${sql(options.schema)}`
      yield* sql`create table ${sql(options.schema)}.audit_events (id int)`
      const before = yield* inventory(options.schema)
      const error = yield* Effect.flip(Postgres.migrate(options))
      assert.deepInclude(error, { _tag: "StoreUnavailable", reason: "failed" })
      assert.deepStrictEqual(yield* inventory(options.schema), before)
    }))

  it.effect("where nothing is missing, no right to create anything is needed", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* TestSchema.migrated
      const role = `role_${options.schema}`
      yield* Effect.acquireRelease(
        sql`create role ${sql(role)} login`,
        () => Effect.orDie(Effect.andThen(sql`drop owned by ${sql(role)}`, sql`drop role ${sql(role)}`))
      )
      yield* sql`grant usage on schema ${sql(options.schema)} to ${sql(role)}`
      yield* sql`grant select on all tables in schema ${sql(options.schema)} to ${sql(role)}`
      const url = new URL(Redacted.value(options.url))
      url.username = role
      assert.deepStrictEqual(yield* Postgres.migrate({ ...options, url: url.href }), { from: latest, to: latest })
    }))

  it.effect("a name that is no plain identifier is refused before anything is asked of the database", () =>
    Effect.gen(function*() {
      const { url } = yield* TestDatabase
      const names = ["", " ", "a b", "a\"b", "a.b", "1a", "a;drop table x", "ä", "a\u0000", "pg_rules", "a".repeat(64)]
      for (const schema of [...names, `x"; drop schema public cascade; --`]) {
        const error = yield* Effect.flip(Postgres.migrate({ url, schema }))
        assert.deepInclude(error, { _tag: "InvalidInput" })
      }
      yield* Postgres.migrate({ url, schema: "a".repeat(63) })
      yield* Postgres.migrate({ url, schema: "select" })
      yield* Postgres.migrate({ url, schema: "_Rules2" })
    }))

  it.effect("their files are numbered without gaps, in the order in which they run", () =>
    Effect.gen(function*() {
      const folder = Path.join(import.meta.dirname, "../../packages/postgres/src/internal/migrations")
      const files = (yield* Effect.promise(() => Fs.readdir(folder))).filter((file) => /^\d/.test(file)).sort()
      assert.deepStrictEqual(
        files.map((file) => Number.parseInt(file)),
        Array.from({ length: latest }, (_, index) => index + 1)
      )
      const exported = yield* Effect.forEach(files, (file) =>
        Effect.map(
          Effect.promise((): Promise<Record<string, unknown>> => import(Path.join(folder, file))),
          Object.values
        ))
      assert.deepStrictEqual(exported, migrations.map((migration) => [migration]))
    }))
})
