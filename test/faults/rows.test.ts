import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { SqlError } from "effect/sql/SqlError"
import { adjustDigest, emptyDigest, hashEntry } from "rulestead/Snapshot"
import { PostgresServer } from "../support/PostgresServer.ts"
import { matrix } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import { family, type Faults } from "./support/family.ts"
import { environment, flag } from "./support/Node.ts"
import * as PostgresWorld from "./support/PostgresWorld.ts"

interface RowsWorld extends PostgresWorld.PostgresWorld {
  readonly sql: PgClient.PgClient
}

const world = Effect.gen(function*() {
  const { url } = yield* PostgresServer
  const sql = yield* PgClient.PgClient
  return { ...(yield* PostgresWorld.make({ owner: Redacted.value(url) })), sql }
})

/** What would be published next: the content of the entry, its hash, and what the digest becomes with it. */
interface Next {
  readonly content: string
  readonly hash: string
  readonly digest: string
}

const nextOf = Effect.fnUntraced(function*({ schema, sql }: RowsWorld) {
  const [row] = yield* sql<Next>`
    select digest, hash, content from ${sql(schema)}.snapshot_heads
    join ${sql(schema)}.snapshot_entries using (environment, version)`
  assert.isDefined(row)
  const content = row.content.replace(/"value":\d+/, `"value":1000000`)
  const hash = hashEntry("flag", flag, content)
  return { content, hash, digest: adjustDigest(row.digest, { removed: [row.hash], added: [hash] }) }
})

const tables = ["snapshot_heads", "snapshots", "snapshot_entries"]

/** Without the triggers that keep the rows from being changed. */
const unguarded = <A, E>(sql: PgClient.PgClient, self: Effect.Effect<A, E>) =>
  Effect.asVoid(
    Effect.orDie(sql.withTransaction(Effect.andThen(sql`set local session_replication_role = replica`, self)))
  )

/** Changes rows, and puts them back. */
const tamper = (
  world: RowsWorld,
  change: (next: Next) => Effect.Effect<unknown, SqlError>
): Fault => {
  const { schema, sql } = world
  const saved = (table: string) => sql(`saved_${table}`)
  return {
    prepare: world.publishSurely,
    begin: unguarded(
      sql,
      Effect.gen(function*() {
        for (const table of tables) {
          yield* sql`create table ${sql(schema)}.${saved(table)} as select * from ${sql(schema)}.${sql(table)}`
        }
        yield* change(yield* nextOf(world))
      })
    ),
    end: unguarded(
      sql,
      Effect.forEach(tables, (table) =>
        Effect.andThen(
          sql`delete from ${sql(schema)}.${sql(table)}`,
          sql`insert into ${sql(schema)}.${sql(table)} select * from ${sql(schema)}.${saved(table)}`
        ))
    )
  }
}

/** Puts the next version in place: `head` is its digest, `entry` its only entry, which may be missing. */
const advance = (
  { schema, sql }: RowsWorld,
  { digest, entry }: { readonly digest: string; readonly entry?: Omit<Next, "digest"> }
) =>
  Effect.gen(function*() {
    yield* sql`update ${sql(schema)}.snapshot_heads set version = version + 1, digest = ${digest}`
    if (entry === undefined) return
    yield* sql`
      insert into ${sql(schema)}.snapshot_entries (environment, kind, key, version, hash, content)
      select environment, 'flag', ${flag}, version, ${entry.hash}, ${entry.content}
      from ${sql(schema)}.snapshot_heads where environment = ${environment}`
  })

const faults: Faults<typeof matrix.rows, RowsWorld> = {
  "half-written snapshot": (world) => tamper(world, ({ digest }) => advance(world, { digest })),
  "foreign snapshot": (world) => tamper(world, (next) => advance(world, { digest: emptyDigest, entry: next })),
  "truncated snapshot": (world) =>
    tamper(world, () => world.sql`delete from ${world.sql(world.schema)}.snapshot_entries`),
  "empty snapshot": (world) =>
    tamper(world, () =>
      Effect.gen(function*() {
        const { schema, sql } = world
        yield* sql`delete from ${sql(schema)}.snapshot_entries`
        yield* sql`delete from ${sql(schema)}.snapshots`
        yield* sql`
          update ${sql(schema)}.snapshot_heads
          set incarnation = gen_random_uuid(), version = 0, floor = 0, digest = ${emptyDigest}, entries = 0`
      })),
  "corrupt snapshot": (world) =>
    tamper(
      world,
      ({ content, digest, hash }) =>
        advance(world, { digest, entry: { hash, content: content.replace("1000000", "2000000") } })
    ),
  "snapshot of an unknown format": (world) =>
    tamper(world, () => world.sql`update ${world.sql(world.schema)}.snapshot_heads set schema_version = 2`),
  "older snapshot in the same epoch": (world) =>
    tamper(world, () =>
      world.sql`
        update ${world.sql(world.schema)}.snapshot_heads head
        set version = first.version, digest = first.digest, entries = first.entries
        from ${world.sql(world.schema)}.snapshots first
        where first.environment = head.environment and first.version = 1`)
}

const services = Layer.unwrap(Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url }))).pipe(
  Layer.provideMerge(PostgresServer.layer())
)

layer(services, { excludeTestServices: true, timeout: "1 minute" })("the rows", (it) => {
  family(it, matrix.rows, faults, () => world, { concurrent: true })
})
