import * as PgClient from "@effect/sql-pg/PgClient"
import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import { randomUUID } from "node:crypto"
import { PostgresServer } from "../support/PostgresServer.ts"
import { matrix } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import { family, type Faults } from "./support/family.ts"
import * as PostgresWorld from "./support/PostgresWorld.ts"

interface DatabaseWorld extends PostgresWorld.PostgresWorld {
  readonly sql: PgClient.PgClient
  /** Owns the schema, publishes and decides. */
  readonly role: string
}

const world = Effect.gen(function*() {
  const { url } = yield* PostgresServer
  const sql = yield* PgClient.PgClient
  const role = `role_${randomUUID().replaceAll("-", "")}`
  yield* Effect.orDie(sql.unsafe(`create role ${role} login password 'right' in role owners`))
  const owner = Object.assign(new URL(Redacted.value(url)), { username: role, password: "right" }).href
  return { ...(yield* PostgresWorld.make({ owner })), sql, role }
})

const run = ({ sql }: DatabaseWorld, statement: string) => Effect.asVoid(Effect.orDie(sql.unsafe(statement)))

const terminate = (world: DatabaseWorld) =>
  run(world, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${world.role}'`)

/** Makes a change to the database and takes it back. */
const change = (world: DatabaseWorld, begin: string, end: string): Fault => ({
  begin: run(world, begin),
  end: run(world, end)
})

/** Makes one to which only new connections are subject. */
const lockOut = (world: DatabaseWorld, begin: string, end: string): Fault => ({
  begin: Effect.andThen(run(world, begin), terminate(world)),
  end: run(world, end)
})

const limit = (world: DatabaseWorld, connections: number) =>
  run(world, `alter role ${world.role} connection limit ${connections}`)

/** Others start, and have to become fresh with few connections between them all. */
const crowd = (world: DatabaseWorld, others: number, connections: number): Fault => {
  const crowded = Latch.makeUnsafe()
  const other = Effect.gen(function*() {
    const node = yield* world.start({ backup: false })
    const isFresh = () => node.sight().health.readiness._tag === "Fresh"
    yield* world.time.until(isFresh, node.news, () => "one of the others did not become fresh")
  })
  return {
    begin: Effect.gen(function*() {
      yield* limit(world, connections)
      yield* terminate(world)
      const all = Effect.forEach(Array.from({ length: others }), () => other, {
        concurrency: "unbounded",
        discard: true
      })
      yield* Effect.forkScoped(Effect.andThen(all, crowded.open))
    }),
    end: Effect.andThen(crowded.await, limit(world, -1))
  }
}

const faults: Faults<typeof matrix.database, DatabaseWorld> = {
  "terminated connections": (world, phase) => ({
    begin: phase === "publishing"
      ? Effect.asVoid(Effect.repeat(terminate(world), { until: () => world.ledger.told.size > 0 }))
      : terminate(world)
  }),
  "too many connections": (world) =>
    lockOut(world, `alter role ${world.role} connection limit 0`, `alter role ${world.role} connection limit -1`),
  "fewer connections than nodes": (world) => crowd(world, 24, 12),
  "wrong password": (world) =>
    lockOut(world, `alter role ${world.role} password 'wrong'`, `alter role ${world.role} password 'right'`),
  "missing permission": (world) =>
    change(
      world,
      `revoke select on ${world.schema}.snapshot_heads from ${world.role}`,
      `grant select on ${world.schema}.snapshot_heads to ${world.role}`
    ),
  "missing tables": (world) =>
    change(
      world,
      `alter schema ${world.schema} rename to ${world.schema}_gone`,
      `alter schema ${world.schema}_gone rename to ${world.schema}`
    ),
  "database newer than the code": (world) =>
    change(
      world,
      `insert into ${world.schema}.migrations (version) select max(version) + 1 from ${world.schema}.migrations`,
      `delete from ${world.schema}.migrations where version = (select max(version) from ${world.schema}.migrations)`
    ),
  "database older than the code": (world) =>
    change(
      world,
      `update ${world.schema}.migrations set version = -version
        where version = (select max(version) from ${world.schema}.migrations)`,
      `update ${world.schema}.migrations set version = -version where version < 0`
    ),
  "publishes broken off": (world) => ({
    begin: Effect.gen(function*() {
      const publishing = yield* Effect.forkScoped(Effect.orDie(world.publish), { startImmediately: true })
      yield* Effect.sleep(yield* Random.nextIntBetween(0, 30))
      yield* Fiber.interrupt(publishing)
    }).pipe(Effect.repeat({ times: 49 }), Effect.asVoid)
  }),
  "1,000 publishes in a burst": (world, phase) => {
    const burst = Effect.asVoid(Effect.repeat(Effect.orDie(world.publish), { times: 999 }))
    if (phase === "running") return { begin: burst }
    const over = Latch.makeUnsafe()
    return { begin: Effect.asVoid(Effect.forkScoped(Effect.andThen(burst, over.open))), end: over.await }
  }
}

/** A server on which only its owner needs no password. */
const services = Layer.effectDiscard(Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const [rules] = yield* sql<{ readonly file: string }>`select current_setting('hba_file') as file`
  yield* sql.unsafe(
    `copy (values ('host all postgres all trust'), ('host all all all scram-sha-256')) to '${rules?.file}'`
  )
  yield* sql`select pg_reload_conf()`
  yield* sql`create role owners`
  yield* sql`grant create on database postgres to owners`
})).pipe(
  Layer.provideMerge(Layer.unwrap(Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url, maxConnections: 4 })))),
  Layer.provideMerge(PostgresServer.layer())
)

layer(services, { excludeTestServices: true, timeout: "1 minute" })("a database", (it) => {
  family(it, matrix.database, faults, () => world, { concurrent: true })
})
