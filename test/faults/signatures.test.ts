import * as PgClient from "@effect/sql-pg/PgClient"
import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { SqlError } from "effect/sql/SqlError"
import { strict as assert } from "node:assert"
import { adjustDigest, hashEntry } from "rulestead/Snapshot"
import { pair } from "../../packages/rulestead/test/support/signing.ts"
import { PostgresServer } from "../support/PostgresServer.ts"
import { matrix } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import { family, type Faults } from "./support/family.ts"
import { flag } from "./support/Node.ts"
import * as PostgresWorld from "./support/PostgresWorld.ts"

interface SignedWorld extends PostgresWorld.PostgresWorld {
  readonly sql: PgClient.PgClient
}

const { signing, verifying } = pair()

/** A world in which publishers sign, and nodes ask for it; or neither. */
const world = (isSigned: boolean) =>
  Effect.gen(function*() {
    const { url } = yield* PostgresServer
    const sql = yield* PgClient.PgClient
    const owner = Redacted.value(url)
    const keys = isSigned ? { sign: { key: signing }, verify: [verifying] } : {}
    return { ...(yield* PostgresWorld.make({ owner, ...keys })), sql }
  })

const headColumns = ["version", "digest", "signature", "incarnation"] as const

/** Changes the head and what belongs to it, and puts the head back. */
const tamper = (
  { publishSurely, schema, sql }: SignedWorld,
  change: Effect.Effect<unknown, SqlError>
): Fault & { readonly end: Effect.Effect<void> } => {
  const [heads, saved] = [sql`${sql(schema)}.snapshot_heads`, sql`${sql(schema)}.saved_heads`]
  const whole = (self: Effect.Effect<unknown, SqlError>) => Effect.orDie(Effect.asVoid(sql.withTransaction(self)))
  return {
    prepare: publishSurely,
    begin: whole(Effect.andThen(sql`create table ${saved} as select * from ${heads}`, change)),
    end: whole(Effect.gen(function*() {
      yield* sql`update ${heads} head set ${
        sql.csv(headColumns.map((column) => sql`${sql(column)} = saved.${sql(column)}`))
      } from ${saved} saved`
      yield* sql`set local session_replication_role = replica`
      yield* sql`delete from ${
        sql(schema)
      }.snapshot_entries entry using ${heads} head where entry.version > head.version`
    }))
  }
}

/** Puts the value before as the next version; digest and hash are as they should be. */
const forge = ({ schema, sql }: SignedWorld) =>
  Effect.gen(function*() {
    const [row] = yield* sql<{ readonly content: string; readonly hash: string; readonly digest: string }>`
      select content, hash, digest from ${sql(schema)}.snapshot_heads
      join ${sql(schema)}.snapshot_entries using (environment, version)`
    assert.ok(row !== undefined)
    const content = row.content.replace(/"value":(\d+)/, (_, value) => `"value":${Number(value) - 1}`)
    const hash = hashEntry("flag", flag, content)
    const digest = adjustDigest(row.digest, { removed: [row.hash], added: [hash] })
    yield* sql`update ${sql(schema)}.snapshot_heads set version = version + 1, digest = ${digest}`
    yield* sql`
      insert into ${sql(schema)}.snapshot_entries (environment, kind, key, version, hash, content)
      select environment, 'flag', ${flag}, version, ${hash}, ${content} from ${sql(schema)}.snapshot_heads`
  })

const faults: Omit<Faults<typeof matrix.signatures, SignedWorld>, typeof unsigned> = {
  "forged rows": (world) => tamper(world, forge(world)),
  "unsigned rows": (world) =>
    tamper(world, world.sql`update ${world.sql(world.schema)}.snapshot_heads set signature = null`),
  "signed rows of another database": (world) =>
    tamper(world, world.sql`update ${world.sql(world.schema)}.snapshot_heads set incarnation = gen_random_uuid()`)
}

const unsigned = "forged rows where nobody signs"

const services = Layer.unwrap(Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url }))).pipe(
  Layer.provideMerge(PostgresServer.layer())
)

layer(services, { excludeTestServices: true, timeout: "1 minute" })("signed rows", (it) => {
  const { [unsigned]: believing, ...signed } = matrix.signatures
  family(it, signed, faults, () => world(true), { concurrent: true })
  family(
    it,
    { [unsigned]: believing },
    { [unsigned]: (world: SignedWorld) => ({ prepare: world.publishSurely, begin: Effect.orDie(forge(world)) }) },
    () => world(false)
  )
})
