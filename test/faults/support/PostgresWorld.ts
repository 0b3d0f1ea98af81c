/** A world on a Postgres server, in a schema of its own. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomUUID } from "node:crypto"
import type { SigningKey } from "rulestead/SigningKey"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import * as TemporaryDirectory from "../../support/TemporaryDirectory.ts"
import * as Disk from "./Disk.ts"
import * as RemoteNode from "./RemoteNode.ts"
import { live } from "./Time.ts"
import * as World from "./World.ts"

export interface PostgresWorld extends World.World {
  readonly schema: string
}

/**
 * - `owner`, `url`: who owns the tables, and by which publishers and nodes come.
 * - `sign`, `verify`: how publishers sign, and what nodes ask signatures of.
 */
export interface Options {
  readonly owner: string
  readonly url?: string
  readonly sign?: SnapshotSigning.Options
  readonly verify?: ReadonlyArray<SigningKey> | undefined
}

export const make = Effect.fnUntraced(
  function*({ owner, sign, url = owner, verify }: Options) {
    const schema = `faults_${randomUUID().replaceAll("-", "")}`
    yield* Effect.orDie(Postgres.migrate({ url: owner, schema }))
    const directory = yield* TemporaryDirectory.make
    const connection = { url, schema, maxConnections: 4, connectTimeout: "2 seconds" } as const
    const services = yield* Postgres.layer({ ...connection, timeout: "3 seconds" }).pipe(
      Layer.provide(sign === undefined ? Layer.empty : SnapshotSigning.layer(sign)),
      Layer.build,
      Effect.orDie
    )
    const fetching = { ...connection, timeout: "1 second" } as const
    const world = yield* World.make({
      time: live,
      services,
      verify,
      feed: Layer.orDie(Postgres.layerFeed(fetching)),
      backup: Disk.backup({ directory }),
      startApart: RemoteNode.start({ postgres: fetching, directory })
    })
    return { ...world, schema } satisfies PostgresWorld
  }
)
