import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { inspect } from "node:util"
import { Publisher } from "rulestead/Publisher"
import { type FeedError, SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import * as Listener from "../contract/support/Listener.ts"
import * as Mirror from "../contract/support/Mirror.ts"
import * as Scene from "../contract/support/Scene.ts"
import { PostgresServer } from "../support/PostgresServer.ts"
import * as Proxy from "../support/Proxy.ts"

/** A server of this file's own, which may be stopped and locked up. */
const services = Layer.unwrap(Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url }))).pipe(
  Layer.provideMerge(PostgresServer.layer())
)

const migrated = Effect.gen(function*() {
  const { url } = yield* PostgresServer
  const options = { url, schema: `Test_${randomUUID().replaceAll("-", "")}` }
  yield* Postgres.migrate(options)
  return options
})

/** The same address, with another part of it. */
const urlWith = (url: Redacted.Redacted, part: Partial<Pick<URL, "port" | "username" | "password" | "pathname">>) =>
  Object.assign(new URL(Redacted.value(url)), part).href

/** Reading, writing, fetching and polling fail, for this reason. */
const refused = Effect.fnUntraced(function*(reason: FeedError["reason"]) {
  const { changesSince } = yield* SnapshotFeed
  const read = yield* Effect.flip(Store.use((store) => store.environments))
  const write = yield* Effect.flip(Scene.environment)
  for (const error of [read, write]) {
    assert.isTrue(error._tag === "StoreUnavailable" && error.reason === reason, error.message)
  }
  for (const held of [undefined, { epoch: "epoch", version: 1 }]) {
    assert.deepInclude(yield* Effect.flip(changesSince("prod", held)), {
      _tag: "FeedError",
      environment: "prod",
      reason
    })
  }
})

/** So does listening. */
const unheard = Effect.fnUntraced(function*(reason: FeedError["reason"]) {
  yield* refused(reason)
  const error = yield* Effect.flip(SnapshotFeed.use(({ announcements }) => Stream.runDrain(announcements("prod"))))
  assert.deepInclude(error, { _tag: "FeedError", environment: "prod", reason })
})

layer(services, { excludeTestServices: true, timeout: "1 minute" })("when the database fails", (it) => {
  it.effect("nobody listens there: unreachable", () =>
    Effect.gen(function*() {
      const { url } = yield* PostgresServer
      const store = Postgres.layer({ url: urlWith(url, { port: "1" }) })
      yield* Effect.provide(unheard("unreachable"), store)
    }))

  it.effect("the server was killed, and works again after its restart: unreachable until then", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer
      const options = yield* migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        const mirror = yield* Mirror.fetch(environment)
        yield* Effect.ensuring(
          Effect.gen(function*() {
            yield* server.kill
            yield* unheard("unreachable")
          }),
          server.start
        )
        yield* Scene.publish(flag, environment, Scene.forced(false))
        assert.strictEqual((yield* Mirror.follow(mirror)).head.version, 2)
      }).pipe(Effect.provide(Postgres.layer(options)))
    }))

  it.effect("the server dies in the middle of a transaction: a failure, not a defect", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer
      const { schema, url } = yield* migrated
      yield* Effect.gen(function*() {
        const publisher = yield* Publisher
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        const { revision } = yield* Scene.draft(flag, environment, Scene.forced(false))
        yield* lock(schema)
        const publishing = yield* Effect.forkChild(publisher.publish(flag, environment, { expected: revision }))
        yield* waitingForLock
        yield* server.kill
        const error = yield* Effect.flip(Fiber.join(publishing))
        yield* server.start
        assert.deepInclude(error, { _tag: "StoreUnavailable", reason: "unreachable" })
        assert.strictEqual((yield* Mirror.fetch(environment)).head.version, 1)
      }).pipe(
        Effect.provide(Postgres.layer({ schema, url, lockTimeout: "20 seconds", statementTimeout: "20 seconds" }))
      )
    }))

  it.effect("the server hangs: every wait ends, and it works again when the server does", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer
      const options = yield* migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        yield* Effect.ensuring(
          Effect.gen(function*() {
            yield* server.stop
            yield* unheard("timeout")
          }),
          server.resume
        )
        yield* Effect.eventually(Mirror.fetch(environment))
        yield* Scene.publish(flag, environment, Scene.forced(false))
      }).pipe(Effect.provide(Postgres.layer({ ...options, timeout: "500 millis" })))
    }))

  it.effect("the server hangs: closing ends what is under way, and waits for nothing", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer
      const options = yield* migrated
      const scope = yield* Scope.make()
      const services = yield* Scope.provide(Layer.build(Postgres.layer(options)), scope)
      yield* Effect.ensuring(
        Effect.gen(function*() {
          const { environment, flag } = yield* Scene.live(Scene.forced(true))
          const heard = yield* Listener.listen(environment)
          yield* Scene.publish(flag, environment, Scene.forced(false))
          yield* heard.version
          yield* server.stop
          const { engageKillSwitch } = yield* Publisher
          const killing = engageKillSwitch(flag, environment, { expected: "any" })
          yield* Effect.forkScoped(killing, { startImmediately: true })
          yield* Scope.close(scope, Exit.void)
        }).pipe(Effect.provide(services)),
        server.resume
      )
    }))

  it.effect("the listening connection is lost silently: whoever stops listening is free, and so is the connection", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer
      const options = yield* migrated
      const [proxy, port] = yield* Proxy.make(server.port)
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        for (let round = 0; round < 3; round++) {
          yield* Effect.scoped(
            Effect.andThen(Listener.listen(environment), Effect.sync(() => proxy.deafen()))
          )
        }
        const { version } = yield* Listener.listen(environment)
        yield* Scene.publish(flag, environment, Scene.forced(false))
        assert.strictEqual(yield* version, 2)
      }).pipe(
        Effect.provide(Postgres.layer({ ...options, url: urlWith(server.url, { port: `${port}` }), maxConnections: 2 }))
      )
    }))

  it.effect("the connections are taken: every wait for one ends", () =>
    Effect.gen(function*() {
      const { schema, url } = yield* migrated
      yield* Effect.gen(function*() {
        const { environment, flag } = yield* Scene.live(Scene.forced(true))
        yield* lock(schema)
        const kill = Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, { expected: "any" }))
        const kills = Array.from({ length: 5 }, () => Effect.flip(kill))
        for (const error of yield* Effect.all(kills, { concurrency: "unbounded" })) {
          assert.deepInclude(error, { _tag: "StoreUnavailable", reason: "timeout" })
        }
      }).pipe(Effect.provide(Postgres.layer({ schema, url, maxConnections: 2, timeout: "300 millis" })))
    }))

  it.effect("somebody else holds a lock: timeout, and nothing is half done", () =>
    Effect.gen(function*() {
      const { schema, url } = yield* migrated
      yield* Effect.gen(function*() {
        const { environment, flag, state } = yield* Scene.live(Scene.forced(true))
        yield* lock(schema)
        const kill = Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, { expected: "any" }))
        assert.deepInclude(yield* Effect.flip(kill), { _tag: "StoreUnavailable", reason: "timeout" })
        assert.deepStrictEqual(yield* Store.use((store) => store.state(flag, environment)), state)
      }).pipe(Effect.provide(Postgres.layer({ schema, url, lockTimeout: "100 millis" })))
    }))

  it.effect("the role is unknown, its password wrong, or the tables not its own: denied", () =>
    Effect.gen(function*() {
      const server = yield* PostgresServer
      const sql = yield* PgClient.PgClient
      const options = yield* migrated
      const as = (part: { readonly username: string; readonly password?: string }) =>
        Postgres.layer({ ...options, url: urlWith(options.url, part) })
      yield* Effect.provide(unheard("denied"), as({ username: "nobody" }))
      yield* sql`create role guest login password 'right'`
      const [rules] = yield* sql<{ readonly file: string }>`select current_setting('hba_file') as file`
      yield* sql.unsafe(
        `copy (values ('host all guest all scram-sha-256'), ('host all all all trust')) to '${rules?.file}'`
      )
      yield* server.restart
      yield* Effect.provide(unheard("denied"), as({ username: "guest", password: "wrong" }))
      yield* Effect.provide(refused("denied"), as({ username: "guest", password: "right" }))
    }))

  it.effect("there is no such database: unreachable", () =>
    Effect.gen(function*() {
      const { url } = yield* PostgresServer
      const store = Postgres.layer({ url: urlWith(url, { pathname: "/absent" }) })
      yield* Effect.provide(unheard("unreachable"), store)
    }))

  it.effect("what the database says of values stays out of the error", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const options = yield* migrated
      yield* sql`alter table ${sql(options.schema)}.flags add constraint secretive check (revision > 1)`
      const flag = { key: "flag", valueType: "string", defaultValue: "sesame", description: "sesame" } as const
      const error = yield* Effect.flip(Store.use((store) => store.createFlag(flag))).pipe(
        Effect.provide(Postgres.layer(options))
      )
      assert.deepInclude(error, { _tag: "StoreUnavailable", reason: "failed", operation: "create the flag" })
      assert.include(error.message, "23514")
      assert.notInclude(inspect(error, { depth: 20, showHidden: true }), "sesame")
    }))
})

/** Holds the heads of all snapshots until the scope closes. */
const lock = Effect.fnUntraced(function*(schema: string) {
  const sql = yield* PgClient.PgClient
  const locked = yield* Deferred.make<void>()
  yield* Effect.forkScoped(sql.withTransaction(Effect.gen(function*() {
    yield* sql`select from ${sql(schema)}.snapshot_heads for update`
    yield* Deferred.succeed(locked, undefined)
    return yield* Effect.never
  })))
  yield* Deferred.await(locked)
})

/** Until a statement of a store waits for a lock. */
const waitingForLock = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const waiting = sql`select from pg_stat_activity where application_name = 'rulestead' and wait_event_type = 'Lock'`
  yield* Effect.repeat(waiting, { until: (rows) => rows.length > 0 })
})
