import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Snapshot from "rulestead/Snapshot"
import { type Announcement, SnapshotFeed } from "rulestead/SnapshotFeed"
import * as Backend from "../../packages/postgres/src/internal/backend.ts"
import * as Mirror from "../contract/support/Mirror.ts"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

type Options = Effect.Success<typeof TestSchema.migrated>

/** The rows beneath the store of a schema, on the client of the test. */
const backendOf = ({ schema }: Options) =>
  Effect.map(PgClient.PgClient, (sql) => Backend.make({ sql, schema, retention: 1000, timeout: "10 seconds" }))

/** Commits one version of an environment with these entries. */
const commit = Effect.fnUntraced(function*(
  options: Options,
  environment: string,
  contents: ReadonlyArray<{ readonly key: string; readonly content: string }>
) {
  const backend = yield* backendOf(options)
  return yield* backend.transaction(Effect.gen(function*() {
    const head = yield* backend.snapshots.lock(environment)
    assert.isDefined(head)
    const version = head.version + 1
    const entries = contents.map(({ content, key }) => ({
      kind: "flag" as const,
      key,
      version,
      hash: Snapshot.hashEntry("flag", key, content),
      content
    }))
    const removed = (yield* backend.snapshots.hashes(environment, entries)).map(({ hash }) => hash)
    const added = entries.map(({ hash }) => hash)
    const next = {
      ...head,
      version,
      digest: Snapshot.adjustDigest(head.digest, { removed, added }),
      entries: head.entries - removed.length + added.length
    }
    yield* backend.snapshots.commit(next, entries)
    return next
  }))
})

const many = (count: number, content: string) =>
  Array.from({ length: count }, (_, index) => ({ key: `flag-${index}`, content }))

/** Announcements of an environment, from the moment the subscription is in place. */
const listen = Effect.fnUntraced(function*(environment: string) {
  const { announcements } = yield* SnapshotFeed
  const heard = yield* Queue.unbounded<Announcement>()
  yield* Effect.forkScoped(Stream.runForEach(announcements(environment), (heard_) => Queue.offer(heard, heard_)))
  assert.deepStrictEqual(yield* Queue.take(heard), { _tag: "Listening" })
  return heard
})

layer(TestDatabase.layerClient(), { excludeTestServices: true, timeout: "1 minute" })("the feed on Postgres", (it) => {
  it.effect("what is more than a page comes whole, all at once or as changes", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const { environment } = yield* Scene.live(Scene.forced(true))
        const before = yield* Mirror.fetch(environment)
        yield* commit(options, environment, many(1203, "{}"))
        const after = yield* Mirror.fetch(environment)
        assert.strictEqual(after.entries.size, 1204)
        assert.deepStrictEqual(Mirror.contents(yield* Mirror.follow(before)), Mirror.contents(after))
        yield* commit(options, environment, many(1000, "[]"))
        assert.deepStrictEqual(
          Mirror.contents(yield* Mirror.follow(after)),
          Mirror.contents(yield* Mirror.fetch(environment))
        )
        for (const size of [499, 500, 501]) {
          const held = yield* Mirror.fetch(environment)
          yield* commit(options, environment, many(size, `"${size}"`))
          assert.strictEqual((yield* Mirror.changesSince(held)).entries.length, size)
          yield* Mirror.follow(held)
        }
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("head and entries are of one moment, however much is published meanwhile", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const environment = yield* Scene.environment
        yield* commit(options, environment, many(1203, "{}"))
        const start = yield* Mirror.fetch(environment)
        let round = 0
        const publishing = Effect.forever(
          Effect.suspend(() => commit(options, environment, many(700, `"${round++}"`)))
        )
        const fetching = Effect.gen(function*() {
          let held = start
          while (held.head.version < start.head.version + 10) {
            yield* Mirror.fetch(environment)
            held = yield* Mirror.follow(held)
          }
        })
        yield* Effect.raceFirst(publishing, fetching)
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("a database restored from a dump has another epoch, and is answered whole", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* TestSchema.migrated
      const { environment } = yield* Effect.provide(Scene.live(Scene.forced(true)), Postgres.layer(options))
      const mirror = Effect.provide(Mirror.fetch(environment), Postgres.layer(options))
      const before = yield* mirror
      assert.deepStrictEqual(yield* mirror, before)
      const tables = [
        "environments",
        "flags",
        "flag_states",
        "rulesets",
        "snapshot_heads",
        "snapshots",
        "snapshot_entries"
      ]
      const source = sql(options.schema)
      const dump = sql(`${options.schema}_dump`)
      yield* sql`create schema ${dump}`
      for (const table of tables) {
        yield* sql`create table ${dump}.${sql(table)} as select * from ${source}.${sql(table)}`
      }
      yield* sql`drop schema ${source} cascade`
      yield* Postgres.migrate(options)
      for (const table of tables) {
        yield* sql`insert into ${source}.${sql(table)} select * from ${dump}.${sql(table)}`
      }
      const after = yield* mirror
      assert.notStrictEqual(after.head.epoch, before.head.epoch)
      assert.deepStrictEqual({ ...after, head: { ...after.head, epoch: before.head.epoch } }, before)
      const changes = yield* Effect.provide(Mirror.changesSince(before), Postgres.layer(options))
      assert.isTrue(changes.complete)
      assert.strictEqual(changes.entries.length, 1)
    }))

  it.effect("environments of the same name have epochs of their own", () =>
    Effect.gen(function*() {
      const epochs = yield* Effect.forEach([TestSchema.migrated, TestSchema.migrated], (schema) =>
        Effect.gen(function*() {
          const options = yield* schema
          const backend = yield* backendOf(options)
          const times = { createdAt: 0, updatedAt: 0 }
          const prod = { key: "prod", name: "Production", description: "", protected: true, revision: 1, ...times }
          yield* backend.environments.insert(prod)
          yield* backend.snapshots.create("prod", 0)
          return yield* Effect.provide(Mirror.fetch("prod"), Postgres.layer(options))
        }))
      assert.strictEqual(
        new Set(epochs.map(({ head }) =>
          head.epoch
        )).size,
        2
      )
    }))

  it.effect("the epoch is the same for every role, and known where the cluster may not be asked for its identity", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const { schema, url } = yield* TestSchema.absent
      const role = (name: string) =>
        Effect.acquireRelease(
          sql`create role ${sql(name)} login`,
          () => Effect.orDie(Effect.andThen(sql`drop owned by ${sql(name)} cascade`, sql`drop role ${sql(name)}`))
        )
      const as = (name: string) => ({
        schema,
        url: Object.assign(new URL(Redacted.value(url)), { username: name }).href
      })
      const [owner, reader] = [as(`owner_${schema}`), as(`reader_${schema}`)]
      yield* role(`owner_${schema}`)
      yield* role(`reader_${schema}`)
      const [database] = yield* sql<{ readonly name: string }>`select current_database() as name`
      yield* sql`grant create on database ${sql(database?.name ?? "")} to ${sql(`owner_${schema}`)}`
      yield* Postgres.migrate(owner)
      const { environment } = yield* Effect.provide(Scene.live(Scene.forced(true)), Postgres.layer(owner))
      yield* sql`grant usage on schema ${sql(schema)} to ${sql(`reader_${schema}`)}`
      for (const table of ["migrations", "snapshot_heads", "snapshot_entries"]) {
        yield* sql`grant select on ${sql(schema)}.${sql(table)} to ${sql(`reader_${schema}`)}`
      }
      const epochs = Effect.gen(function*() {
        const mirrors = yield* Effect.forEach(
          [owner, reader],
          (options) => Effect.provide(Mirror.fetch(environment), Postgres.layerFeed(options))
        )
        return new Set(mirrors.map(({ head }) => head.epoch))
      })
      const permitted = yield* epochs
      yield* sql`revoke execute on function pg_control_system() from public`
      const refused = yield* Effect.ensuring(
        epochs,
        Effect.orDie(sql`grant execute on function pg_control_system() to public`)
      )
      assert.strictEqual(permitted.size, 1)
      assert.strictEqual(refused.size, 1)
      assert.notDeepEqual(permitted, refused)
    }))

  it.effect("what cannot be the name of an environment is an environment that is not there", () =>
    Effect.gen(function*() {
      for (const name of ["absent", "", "a\u0000b", "\ud800", "'; drop schema public; --", "e".repeat(100_000)]) {
        const error = yield* Effect.flip(SnapshotFeed.use((feed) => feed.changesSince(name, undefined)))
        assert.strictEqual(error.reason, "environment_not_found")
      }
    }).pipe((self) => Effect.flatMap(TestSchema.migrated, (options) => Effect.provide(self, Postgres.layer(options)))))

  it.effect("a commit is announced to those who listen to its environment, and only when it takes effect", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const backend = yield* backendOf(options)
        const [one, other] = [yield* Scene.environment, yield* Scene.environment]
        const [heard, unheard] = [yield* listen(one), yield* listen(other)]
        const undone = backend.transaction(
          Effect.andThen(commit(options, one, [{ key: "flag", content: "1" }]), Effect.fail("undone"))
        )
        assert.strictEqual(yield* Effect.flip(undone), "undone")
        yield* commit(options, one, [{ key: "flag", content: "2" }])
        assert.deepStrictEqual(yield* Queue.take(heard), { _tag: "Announced", version: 1 })
        yield* commit(options, other, [{ key: "flag", content: "1" }])
        assert.deepStrictEqual(yield* Queue.take(unheard), { _tag: "Announced", version: 1 })
        assert.strictEqual(yield* Queue.size(heard), 0)
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("any number of listeners share one connection, and those who come late are told that they listen", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        const first = yield* Effect.forEach([1, 2, 3], () => listen(environment))
        yield* Scene.publish(flag, environment, Scene.forced(false))
        const late = yield* listen(environment)
        yield* Scene.publish(flag, environment, Scene.forced(true))
        for (const heard of first) {
          assert.deepStrictEqual(yield* Queue.takeN(heard, 2), [
            { _tag: "Announced", version: 2 },
            { _tag: "Announced", version: 3 }
          ])
        }
        const heard: Announcement = yield* Queue.take(late)
        assert.include([2, 3], heard._tag === "Announced" && heard.version)
      }).pipe(Effect.provide(Postgres.layer({ ...options, maxConnections: 2 })))
    }))

  it.effect("what others notify on the channel is passed over", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        const heard = yield* listen(environment)
        const versions = ["", "-1", "1.5", "1e3", "one", "9".repeat(400)]
        for (const noise of ["", "noise", "2", "2 ", ...versions.map((version) => `${version} ${environment}`)]) {
          yield* sql`select pg_notify(${options.schema}, ${noise})`
        }
        yield* Scene.publish(flag, environment, Scene.forced(false))
        assert.deepStrictEqual(yield* Queue.take(heard), { _tag: "Announced", version: 2 })
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("a listener that loses its connection is told, and can listen again", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        const { announcements } = yield* SnapshotFeed
        const cut = sql`select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query like ${`LISTEN "${options.schema}"%`}`
        const error = yield* Effect.flip(Stream.runForEach(announcements(environment), () => cut))
        assert.deepInclude(error, { _tag: "FeedError", reason: "unreachable", environment })
        const heard = yield* listen(environment)
        yield* Scene.publish(flag, environment, Scene.forced(false))
        assert.deepStrictEqual(yield* Queue.take(heard), { _tag: "Announced", version: 2 })
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("who was answered keeps no connection but the one that listens", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const { schema, url } = yield* TestSchema.migrated
      const named = new URL(Redacted.value(url))
      named.searchParams.set("application_name", schema)
      yield* Effect.gen(function*() {
        const environment = yield* Scene.environment
        yield* listen(environment)
        yield* Effect.all(Array.from({ length: 5 }, () => Mirror.fetch(environment)), { concurrency: "unbounded" })
        const statements = Effect.map(
          sql<{ readonly query: string }>`select query from pg_stat_activity where application_name = ${schema}`,
          (rows) => rows.map(({ query }) => query)
        )
        const [left] = yield* Effect.repeat(statements, { until: ({ length }) => length <= 1 })
        assert.match(left ?? "nothing", /^LISTEN /)
      }).pipe(Effect.provide(Postgres.layer({ schema, url: named.href })))
    }))

  it.effect("nobody who stopped listening keeps a connection", () =>
    Effect.gen(function*() {
      const options = yield* TestSchema.migrated
      yield* Effect.gen(function*() {
        const environment = yield* Scene.environment
        for (let round = 0; round < 5; round++) yield* Effect.scoped(listen(environment))
        yield* Effect.all([Scene.environment, Scene.environment], { concurrency: "unbounded" })
      }).pipe(Effect.provide(Postgres.layer({ ...options, maxConnections: 2 })))
    }))
})
