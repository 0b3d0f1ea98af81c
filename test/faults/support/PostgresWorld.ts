/** A world on a Postgres server, in a schema of its own. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import * as TemporaryDirectory from "../../support/TemporaryDirectory.ts"
import * as Disk from "./Disk.ts"
import * as RemoteNode from "./RemoteNode.ts"
import { live } from "./Time.ts"
import * as World from "./World.ts"

export interface PostgresWorld extends World.World {
  readonly schema: string
}

/** `owner` owns the tables; publishers and nodes come by `url`. */
export const make = Effect.fnUntraced(
  function*({ owner, url = owner }: { readonly owner: string; readonly url?: string }) {
    const schema = `faults_${randomUUID().replaceAll("-", "")}`
    yield* Effect.orDie(Postgres.migrate({ url: owner, schema }))
    const directory = yield* TemporaryDirectory.make
    const connection = { url, schema, maxConnections: 4, connectTimeout: "2 seconds" } as const
    const services = yield* Effect.orDie(Layer.build(Postgres.layer({ ...connection, timeout: "3 seconds" })))
    const fetching = { ...connection, timeout: "1 second" } as const
    const world = yield* World.make({
      time: live,
      services,
      feed: Layer.orDie(Postgres.layerFeed(fetching)),
      backup: Disk.backup({ directory }),
      startApart: RemoteNode.start({ postgres: fetching, directory })
    })
    return { ...world, schema } satisfies PostgresWorld
  }
)
