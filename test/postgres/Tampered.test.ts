/** What authoring makes of a snapshot in which somebody has written who does not know what belongs there. */
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { SqlError } from "effect/sql/SqlError"
import { Publisher } from "rulestead/Publisher"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Store } from "rulestead/Store"
import { pair } from "../../packages/rulestead/test/support/signing.ts"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

const signed = SnapshotSigning.layer({ key: pair().signing })

/** A schema in which one flag is live and has a draft, and another is live. */
const make = Effect.fnUntraced(function*(signing: typeof signed | Layer.Layer<never>) {
  const sql = yield* PgClient.PgClient
  const options = yield* TestSchema.migrated
  const services = Postgres.layer(options).pipe(Layer.provide(signing), Layer.fresh)
  const within = Effect.provide(services)
  const schema = sql(options.schema)
  const scene = yield* within(Effect.gen(function*() {
    const { environment, flag } = yield* Scene.live(Scene.forced(true))
    const neighbour = yield* Scene.flag
    yield* Scene.publish(neighbour, environment, Scene.forced(true))
    yield* Scene.draft(flag, environment, Scene.forced(false))
    return { environment, flag, neighbour }
  }))
  return {
    ...scene,
    schema,
    sql,
    within,
    /** Without the triggers that keep rows from being changed. */
    unguarded: <A, E>(self: Effect.Effect<A, E>) =>
      sql.withTransaction(Effect.andThen(sql`set local session_replication_role = replica`, self))
  }
})

type World = Effect.Success<ReturnType<typeof make>>

/** What is in the rows, and how it gets there. */
const rows: ReadonlyArray<readonly [what: string, change: (world: World) => Effect.Effect<unknown, SqlError>]> = [
  ...["hash", "f", "-1", " ".repeat(64), "g".repeat(64), "é\u2028"].map((text) =>
    [
      `an entry has the hash ${JSON.stringify(text)}`,
      ({ flag, schema, sql }: World) => sql`update ${schema}.snapshot_entries set hash = ${text} where key = ${flag}`
    ] as const
  ),
  ...["", "digest", "0".repeat(63)].map((text) =>
    [
      `the head has the digest ${JSON.stringify(text)}`,
      ({ schema, sql }: World) => sql`update ${schema}.snapshot_heads set digest = ${text}`
    ] as const
  ),
  [
    "the head has a version that nobody can count on from",
    ({ schema, sql }) => sql`update ${schema}.snapshot_heads set version = 9007199254740993`
  ],
  ["there is no head", ({ schema, sql }) => sql`delete from ${schema}.snapshot_heads`]
]

layer(TestDatabase.layerClient(), { excludeTestServices: true, timeout: "2 minutes" })(
  "where rows were tampered with:",
  (it) => {
    for (const [how, signing] of [["unsigned", Layer.empty], ["signed", signed]] as const) {
      for (const [what, change] of rows) {
        it.effect(`${what}, ${how}: commands fail by name, and leave nothing half done`, () =>
          Effect.gen(function*() {
            const world = yield* make(signing)
            const { environment, flag, unguarded, within } = world
            const look = within(Store.use((store) => Effect.all([store.state(flag, environment), store.audit()])))
            const before = yield* look
            yield* unguarded(change(world))
            const commands = yield* within(Effect.gen(function*() {
              const publisher = yield* Publisher
              const { revision } = yield* Store.use(({ state }) => state(flag, environment))
              return [
                yield* Effect.flip(publisher.publish(flag, environment, { expected: revision })),
                yield* Effect.flip(publisher.engageKillSwitch(flag, environment, { expected: "any" })),
                yield* Effect.flip(Scene.archive(flag))
              ]
            }))
            for (const error of commands) {
              assert.isTrue(
                error._tag === "StoreUnavailable" && ["failed", "signature"].includes(error.reason),
                error.message
              )
            }
            assert.deepStrictEqual(yield* look, before)
            const beginning = yield* within(Effect.result(Publisher.use(({ sign }) => sign(environment))))
            if (Result.isFailure(beginning)) assert.strictEqual(beginning.failure._tag, "StoreUnavailable")
          }))
      }
    }
  }
)
