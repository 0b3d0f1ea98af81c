/** What somebody can do who writes to the tables and has no key. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SqlError } from "effect/sql/SqlError"
import { Publisher } from "rulestead/Publisher"
import * as Snapshot from "rulestead/Snapshot"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import type { Store } from "rulestead/Store"
import { pair } from "../../packages/rulestead/test/support/signing.ts"
import * as Believer from "../contract/support/Believer.ts"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

const { signing, verifying } = pair()

const tables = ["snapshot_heads", "snapshots", "snapshot_entries"]

/** A schema with two environments of three flags each, all signed, and a node that holds version 3 of the first. */
const make = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const options = yield* TestSchema.migrated
  const services = Postgres.layer(options).pipe(
    Layer.provide(SnapshotSigning.layer({ key: signing })),
    Layer.fresh
  )
  const published = yield* Effect.gen(function*() {
    const [environment, second] = [yield* Scene.environment, yield* Scene.environment]
    const flags = [yield* Scene.flag, yield* Scene.flag, yield* Scene.flag]
    for (const flag of flags) {
      yield* Scene.publish(flag, environment, Scene.forced(false))
      yield* Scene.publish(flag, second, Scene.forced(true))
    }
    const [flag = "", neighbour = "", untouched = ""] = flags
    const node = yield* Believer.make(environment, verifying)
    assert.strictEqual(yield* node.look, 4)
    return { environment, flag, neighbour, node, second, untouched }
  }).pipe(Effect.provide(services))

  const schema = sql(options.schema)

  /** Without the triggers that keep rows from being changed. */
  const unguarded = <A, E>(self: Effect.Effect<A, E>) =>
    sql.withTransaction(Effect.andThen(sql`set local session_replication_role = replica`, self))

  const within = <A, E>(self: Effect.Effect<A, E, Scene.Services | Store | Publisher>) => Effect.provide(self, services)

  /** Forges an entry of the next version, and the head for it; everything but the signature fits. */
  const forge = (flag: string) =>
    Effect.gen(function*() {
      const { environment } = published
      const [row] = yield* sql<{ readonly content: string; readonly hash: string; readonly digest: string }>`
        select entry.content, entry.hash, head.digest from ${schema}.snapshot_entries entry
        join ${schema}.snapshot_heads head using (environment)
        where environment = ${environment} and kind = 'flag' and key = ${flag} order by entry.version desc limit 1`
      assert.isDefined(row)
      const content = row.content.replaceAll(":false", ":true")
      assert.notStrictEqual(content, row.content)
      const hash = Snapshot.hashEntry("flag", flag, content)
      const digest = Snapshot.adjustDigest(row.digest, { removed: [row.hash], added: [hash] })
      yield* sql`update ${schema}.snapshot_heads set version = version + 1, digest = ${digest}
        where environment = ${environment}`
      yield* sql`insert into ${schema}.snapshot_entries (environment, kind, key, version, hash, content)
        select environment, 'flag', ${flag}, version, ${hash}, ${content} from ${schema}.snapshot_heads
        where environment = ${environment}`
    })

  /** What the node and one that starts now make of changed rows; the rows are then as they were. */
  const lookAt = (change: Effect.Effect<unknown, SqlError>) =>
    Effect.gen(function*() {
      const saved = (table: string) => sql(`saved_${table}`)
      for (const table of tables) {
        yield* sql`create table ${schema}.${saved(table)} as select * from ${schema}.${sql(table)}`
      }
      yield* unguarded(change)
      const found = yield* within(Effect.all([published.node.look, Believer.fresh(published.environment, verifying)]))
      yield* unguarded(Effect.forEach(tables, (table) =>
        Effect.gen(function*() {
          yield* sql`delete from ${schema}.${sql(table)}`
          yield* sql`insert into ${schema}.${sql(table)} select * from ${schema}.${saved(table)}`
          yield* sql`drop table ${schema}.${saved(table)}`
        })))
      return found
    })

  return { ...published, forge, lookAt, options, schema, sql, unguarded, within }
})

type World = Effect.Success<typeof make>

/** What is done to the rows, and what becomes of it at a node that holds the latest version. */
const forgeries: ReadonlyArray<
  readonly [what: string, held: number | string, change: (world: World) => Effect.Effect<unknown, SqlError>]
> = [
  ["a forged next version", "signature", ({ flag, forge }) => forge(flag)],
  ["a changed entry", "digest_mismatch", ({ environment, flag, schema, sql }) =>
    Effect.gen(function*() {
      const rows = yield* sql<{ readonly content: string; readonly hash: string; readonly digest: string }>`
        select content, hash, digest from ${schema}.snapshot_entries join ${schema}.snapshot_heads using (environment)
        where environment = ${environment} and key = ${flag}`
      for (const { content, digest, hash } of rows) {
        const next = content.replaceAll(":false", ":true")
        const changed = Snapshot.hashEntry("flag", flag, next)
        yield* sql`update ${schema}.snapshot_entries set content = ${next}, hash = ${changed}
          where environment = ${environment} and key = ${flag}`
        yield* sql`update ${schema}.snapshot_heads
          set digest = ${Snapshot.adjustDigest(digest, { removed: [hash], added: [changed] })}
          where environment = ${environment}`
      }
    })],
  [
    "a content of which not even the hash fits",
    4,
    ({ environment, flag, schema, sql }) =>
      sql`update ${schema}.snapshot_entries set content = replace(content, ':false', ':true')
      where environment = ${environment} and key = ${flag}`
  ],
  [
    "the entries of another environment",
    "digest_mismatch",
    ({ environment, schema, second, sql }) =>
      Effect.gen(function*() {
        yield* sql`delete from ${schema}.snapshot_entries where environment = ${environment}`
        yield* sql`update ${schema}.snapshot_entries set environment = ${environment} where environment = ${second}`
        yield* sql`update ${schema}.snapshot_heads head set digest = other.digest
        from ${schema}.snapshot_heads other where head.environment = ${environment} and other.environment = ${second}`
      })
  ],
  [
    "head and entries of another environment",
    "signature",
    ({ environment, schema, second, sql }) =>
      Effect.gen(function*() {
        yield* sql`delete from ${schema}.snapshot_entries where environment = ${environment}`
        yield* sql`update ${schema}.snapshot_entries set environment = ${environment} where environment = ${second}`
        yield* sql`update ${schema}.snapshot_heads head
        set digest = other.digest, signature = other.signature, version = other.version, incarnation = other.incarnation,
          published_at = other.published_at
        from ${schema}.snapshot_heads other where head.environment = ${environment} and other.environment = ${second}`
      })
  ],
  [
    "an entry under the key of another",
    4,
    ({ environment, flag, neighbour, schema, sql }) =>
      sql`update ${schema}.snapshot_entries entry set content = other.content, hash = other.hash
      from ${schema}.snapshot_entries other
      where entry.environment = ${environment} and entry.key = ${flag}
        and other.environment = ${environment} and other.key = ${neighbour}`
  ],
  ["an entry less", "signature", ({ environment, flag, schema, sql }) =>
    Effect.gen(function*() {
      yield* sql`delete from ${schema}.snapshot_entries where environment = ${environment} and key = ${flag}`
      yield* sql`update ${schema}.snapshot_heads set entries = entries - 1 where environment = ${environment}`
    })],
  [
    "no signature",
    "signature",
    ({ environment, schema, sql }) =>
      sql`update ${schema}.snapshot_heads set signature = null where environment = ${environment}`
  ],
  [
    "another count",
    "signature",
    ({ environment, schema, sql }) =>
      sql`update ${schema}.snapshot_heads set entries = entries + 1 where environment = ${environment}`
  ],
  [
    "a number of the future",
    "signature",
    ({ environment, schema, sql }) =>
      sql`update ${schema}.snapshot_heads set version = version + 1000 where environment = ${environment}`
  ],
  [
    "another time",
    "signature",
    ({ environment, schema, sql }) =>
      sql`update ${schema}.snapshot_heads set published_at = published_at + interval '1 day'
      where environment = ${environment}`
  ],
  [
    "another epoch, as a restored database has",
    "signature",
    ({ environment, schema, sql }) =>
      sql`update ${schema}.snapshot_heads set incarnation = gen_random_uuid() where environment = ${environment}`
  ]
]

layer(TestDatabase.layerClient(), { excludeTestServices: true, timeout: "1 minute" })("signed rows", (it) => {
  it.effect("that were tampered with are refused, and believed when they are as they were", () =>
    Effect.gen(function*() {
      const world = yield* make
      for (const [what, held, change] of forgeries) {
        assert.deepStrictEqual(yield* world.lookAt(change(world)), [held, "signature"], what)
        assert.deepStrictEqual(yield* world.lookAt(Effect.void), [4, 4], what)
      }
    }))

  it.effect("of one database are not those of another, though the key is the same", () =>
    Effect.gen(function*() {
      const [one, other] = [yield* make, yield* make]
      const { environment, schema, sql } = other
      const found = yield* other.lookAt(Effect.gen(function*() {
        yield* sql`delete from ${schema}.snapshot_entries where environment = ${environment}`
        yield* sql`insert into ${schema}.snapshot_entries (environment, kind, key, version, hash, content)
          select ${environment}, kind, key, version, hash, content from ${one.schema}.snapshot_entries
          where environment = ${one.environment}`
        yield* sql`update ${schema}.snapshot_heads head
          set digest = source.digest, signature = source.signature, version = source.version + 1,
            published_at = source.published_at, incarnation = source.incarnation
          from ${one.schema}.snapshot_heads source
          where head.environment = ${environment} and source.environment = ${one.environment}`
      }))
      assert.deepStrictEqual(found, ["signature", "signature"])
    }))

  it.effect("that are older, and were signed once, are nothing new for who holds newer ones", () =>
    Effect.gen(function*() {
      const { environment, flag, lookAt, schema, sql, within } = yield* make
      const before = yield* sql`select * from ${schema}.snapshot_heads where environment = ${environment}`
      yield* within(Scene.publish(flag, environment, Scene.forced(true)))
      assert.deepStrictEqual(yield* lookAt(Effect.void), [5, 5])
      const [signature] = before.map(({ signature }) => signature)
      const older = sql`update ${schema}.snapshot_heads
        set version = 4, signature = ${String(signature)}, (digest, entries, published_at) = (
          select digest, entries, published_at from ${schema}.snapshots where environment = ${environment} and version = 4
        )
        where environment = ${environment}`
      const [held] = yield* lookAt(older)
      assert.strictEqual(held, "older_version")
      const mixed = sql`delete from ${schema}.snapshot_entries where environment = ${environment} and version = 5`
      assert.deepStrictEqual(yield* lookAt(mixed), [5, "signature"])
    }))

  it.effect("that were forged are not gone on from: what a publisher did not sign, it does not sign later", () =>
    Effect.gen(function*() {
      const { environment, flag, forge, neighbour, node, schema, sql, unguarded, untouched, within } = yield* make
      const publish = within(Scene.publish(neighbour, environment, Scene.forced(true)))
      const refused = { _tag: "StoreUnavailable", reason: "signature" } as const
      const [head] = yield* sql<Record<string, unknown>>`
        select * from ${schema}.snapshot_heads where environment = ${environment}`
      assert.isDefined(head)
      yield* unguarded(forge(flag))
      assert.deepInclude(yield* Effect.flip(publish), refused)
      yield* unguarded(Effect.gen(function*() {
        yield* sql`delete from ${schema}.snapshot_entries where environment = ${environment} and version = 5`
        yield* sql`delete from ${schema}.snapshot_heads where environment = ${environment}`
        yield* sql`insert into ${schema}.snapshot_heads ${sql.insert(head)}`
      }))
      yield* sql`update ${schema}.snapshot_heads set set_hash = other.set_hash
        from ${schema}.snapshot_heads other
        where ${schema}.snapshot_heads.environment = ${environment} and other.environment <> ${environment}`
      assert.deepInclude(yield* Effect.flip(publish), refused)
      yield* sql`update ${schema}.snapshot_heads set set_hash = ${String(head["set_hash"])}
        where environment = ${environment}`
      yield* unguarded(sql`
        insert into ${schema}.snapshot_entries (environment, kind, key, version, hash, content)
        select environment, kind, key, 1000, hash, content from ${schema}.snapshot_entries
        where environment = ${environment} and key = ${neighbour}`)
      assert.deepInclude(yield* Effect.flip(publish), refused)
      yield* unguarded(sql`delete from ${schema}.snapshot_entries where version = 1000`)
      yield* publish
      assert.strictEqual(yield* within(node.look), 5)

      yield* unguarded(sql`update ${schema}.snapshot_entries set hash = ${"0".repeat(64)}
        where environment = ${environment} and key = ${untouched}`)
      yield* within(Scene.publish(untouched, environment, Scene.forced(true)))
      assert.strictEqual(yield* within(node.look), "signature")
      assert.strictEqual(yield* within(Believer.fresh(environment, verifying)), "signature")
      yield* within(Publisher.use(({ sign }) => sign(environment)))
      assert.strictEqual(yield* within(Believer.fresh(environment, verifying)), 7)
    }))

  it.effect("of a database that was restored are believed when somebody has signed them again", () =>
    Effect.gen(function*() {
      const { environment, node, schema, sql, within } = yield* make
      yield* sql`update ${schema}.snapshot_heads set incarnation = gen_random_uuid()`
      assert.strictEqual(yield* within(node.look), "signature")
      yield* within(Publisher.use(({ sign }) => sign(environment)))
      assert.strictEqual(yield* within(node.look), 5)
    }))

  it.effect("are signed however many there are, and whatever removals are among them", () =>
    Effect.gen(function*() {
      const { environment, flag, schema, sql, unguarded, within } = yield* make
      yield* within(Scene.archive(flag))
      const content =
        "{\"key\":\"\",\"valueType\":\"boolean\",\"defaultValue\":true,\"rulesetVersion\":1,\"hashVersion\":1,\"rules\":[]}"
      const rows = Arr.makeBy(2500, (index) => {
        const key = `${index % 2 === 0 ? "a" : "z"}-${index}`
        const text = content.replace("\"key\":\"\"", `"key":"${key}"`)
        return {
          environment,
          kind: "flag",
          key,
          version: 5,
          hash: Snapshot.hashEntry("flag", key, text),
          content: text
        }
      })
      yield* unguarded(sql`insert into ${schema}.snapshot_entries ${sql.insert(rows)}`)
      const [head] = yield* sql<{ readonly digest: string }>`
        select digest from ${schema}.snapshot_heads where environment = ${environment}`
      const digest = Snapshot.adjustDigest(head?.digest ?? "", { removed: [], added: rows.map(({ hash }) => hash) })
      yield* sql`update ${schema}.snapshot_heads set digest = ${digest}, entries = entries + 2500
        where environment = ${environment}`
      assert.strictEqual(yield* within(Believer.fresh(environment, verifying)), "signature")
      yield* within(Publisher.use(({ sign }) => sign(environment)))
      assert.strictEqual(yield* within(Believer.fresh(environment, verifying)), 6)
    }))
})
