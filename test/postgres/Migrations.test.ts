import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { latest, migrations } from "../../packages/postgres/src/internal/migrations.ts"
import * as Clocks from "../../packages/rulestead/test/support/Clocks.ts"
import * as Mirror from "../contract/support/Mirror.ts"
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

/** What later code would do: something is added, and it says which older code need not know. */
const migrateFurther = Effect.fnUntraced(function*(
  schema: string,
  oldest: { readonly readable_by: number; readonly writable_by: number }
) {
  const sql = yield* PgClient.PgClient
  yield* sql.withTransaction(Effect.gen(function*() {
    const [row] = yield* sql<{ readonly next: number }>`select max(version) + 1 as next from ${sql(schema)}.migrations`
    assert.isDefined(row)
    yield* sql`alter table ${sql(schema)}.snapshot_heads add column ${sql(`later_${row.next}`)} text default 'more'`
    yield* sql`insert into ${sql(schema)}.migrations ${sql.insert({ version: row.next, ...oldest })}`
  }))
})

/** What older code did, which knew that many migrations. */
const migrateTo = Effect.fnUntraced(function*(schema: string, version: number) {
  const sql = yield* PgClient.PgClient
  if (version === 0) return
  yield* sql`create schema ${sql(schema)}`
  yield* sql`create table ${sql(schema)}.migrations (
    version integer primary key,
    applied_at timestamptz not null default now()
  )`
  for (const [index, { migration }] of migrations.slice(0, version).entries()) {
    for (const statement of migration(sql, sql(schema))) yield* statement.unprepared
    yield* sql`insert into ${sql(schema)}.migrations (version) values (${index + 1})`
  }
})

/** When a publisher that was there before has to look again whether it may write. */
const later = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Clock.clockWith((clock) =>
    Effect.provideService(
      self,
      Clock.Clock,
      Clocks.like(clock, { currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + 10_000) })
    )
  )

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
        const detail = `the schema is at version ${
          latest + 2
        }, and this code works with version ${latest}; newer code is needed`
        const refused = yield* Effect.flip(Store.use((store) => store.environments))
        assert.deepInclude(refused, { _tag: "StoreUnavailable", reason: "incompatible", detail })
        const unfed = yield* Effect.flip(SnapshotFeed.use((feed) => feed.changesSince("prod", undefined)))
        assert.deepInclude(unfed, { _tag: "FeedError", reason: "incompatible", detail })
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("older code reads on beside a later migration that nodes need not know, and does not write", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        yield* migrateFurther(options.schema, { readable_by: latest, writable_by: latest + 1 })
        const { head } = yield* Mirror.fetch(environment)
        assert.strictEqual(head.version, 1)
        const refused = yield* Effect.flip(later(Scene.publish(flag, environment, Scene.forced(false))))
        assert.deepInclude(refused, { _tag: "StoreUnavailable", reason: "incompatible" })
        assert.strictEqual((yield* Mirror.fetch(environment)).head.version, 1)
      }).pipe(Effect.provide(Postgres.layer(options)))
      const error = yield* Effect.flip(Postgres.migrate(options))
      assert.deepInclude(error, { _tag: "SchemaTooNew", database: latest + 1, code: latest })
    }))

  it.effect("older code writes on beside a later migration that nobody need know, and leaves it as it is", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* migrateFurther(options.schema, { readable_by: 2, writable_by: 2 })
      yield* migrateFurther(options.schema, { readable_by: latest, writable_by: latest })
      const before = yield* inventory(options.schema)
      assert.deepStrictEqual(yield* Postgres.migrate(options), { from: latest + 2, to: latest + 2 })
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        const mirror = yield* Mirror.fetch(environment)
        yield* later(Scene.publish(flag, environment, Scene.forced(false)))
        assert.strictEqual((yield* Mirror.follow(mirror)).head.version, 2)
      }).pipe(Effect.provide(Postgres.layer(options)))
      assert.deepStrictEqual(yield* inventory(options.schema), before)
    }))

  it.effect("of several later migrations, the strictest counts", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* migrateFurther(options.schema, { readable_by: latest + 1, writable_by: latest + 1 })
      yield* migrateFurther(options.schema, { readable_by: latest, writable_by: latest })
      yield* Effect.gen(function*() {
        const refused = yield* Effect.flip(Store.use((store) => store.environments))
        assert.deepInclude(refused, { _tag: "StoreUnavailable", reason: "incompatible" })
        const unfed = yield* Effect.flip(SnapshotFeed.use((feed) => feed.changesSince("prod", undefined)))
        assert.deepInclude(unfed, { _tag: "FeedError", reason: "incompatible" })
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("a database says of every migration who need not know it, whatever version it was brought up from", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      for (let from = 0; from < latest; from++) {
        const options = yield* TestSchema.absent
        yield* migrateTo(options.schema, from)
        assert.deepStrictEqual(yield* Postgres.migrate(options), { from, to: latest })
        const declared = yield* sql`
          select version, readable_by, writable_by from ${sql(options.schema)}.migrations
          where version > ${from} order by version`
        assert.deepStrictEqual(
          declared,
          migrations.slice(from).map(({ readableBy, writableBy }, index) => ({
            version: from + index + 1,
            readable_by: readableBy,
            writable_by: writableBy
          }))
        )
        yield* Effect.provide(Scene.live(Scene.forced(true)), Postgres.layer(options))
      }
    }))

  it.effect("what was audited and drafted before can be looked up after, and still cannot be changed", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* TestSchema.absent
      yield* migrateTo(options.schema, 2)
      const s = sql(options.schema)
      const at = "2026-01-01T00:00:00Z"
      const audience = { key: "staff", description: "", definition: { everyone: true } }
      const place = { key: "prod", name: "Production", description: "", protected: false }
      const rules = [{ key: "a", strategy: "segment_match", audience: "staff", conditions: [], value: true }]
      const document = (id: string, text: string, correlationId: string | null) =>
        JSON.stringify({ before: null, after: { text }, actor: { id, kind: "person" }, reason: null, correlationId })
      for (const key of ["banner", "other"]) {
        const flag = { key, valueType: "boolean", defaultValue: false, purpose: "release", description: "", tags: [] }
        yield* sql`insert into ${s}.flags values (${key}, 1, ${JSON.stringify(flag)}::json, ${at}, ${at}, null)`
      }
      yield* sql`insert into ${s}.environments values ('prod', 1, ${JSON.stringify(place)}::json, ${at}, ${at})`
      yield* sql`insert into ${s}.audiences values ('staff', 1, ${JSON.stringify(audience)}::json, ${at}, ${at})`
      const draft = JSON.stringify({ rules, hashVersion: 1 })
      yield* sql`insert into ${s}.flag_states values ('banner', 'prod', 1, ${draft}::json, 0, null, null)`
      yield* sql`insert into ${s}.flag_states values ('other', 'prod', 1, 'null'::json, 0, null, null)`
      for (const row of [document("ada", "plain", "request \"1\""), document("bob", "nul\0l", "request 2")]) {
        yield* sql`insert into ${s}.audit_events (action, key, environment, at, document)
          values ('draft.save', 'banner', 'prod', ${at}, ${row}::json)`
      }
      yield* Postgres.migrate(options)
      yield* Effect.gen(function*() {
        const store = yield* Store
        const [found] = yield* store.audit({ actor: "ada", correlationId: "request \"1\"" })
        assert.deepInclude(found, { result: "ok", action: "draft.save", key: "banner", after: { text: "plain" } })
        assert.strictEqual((yield* store.audit({ key: "banner" })).length, 2)
        assert.deepInclude(yield* store.flag("banner"), { owner: null, lifecycle: null })
        const { uses } = yield* store.audienceImpact("staff")
        assert.deepStrictEqual(uses, [
          { environment: "prod", protected: false, flag: "banner", stage: "draft", rules: ["a"] }
        ])
      }).pipe(Effect.provide(Postgres.layer(options)))
      yield* Effect.flip(sql`update ${s}.audit_events set actor = null`)
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
      assert.deepStrictEqual(exported, migrations.map(({ migration }) => [migration]))
    }))
})
