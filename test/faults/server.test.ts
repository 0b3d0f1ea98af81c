import * as PgClient from "@effect/sql-pg/PgClient"
import { layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { PostgresServer } from "../support/PostgresServer.ts"
import { matrix } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import * as Backups from "./support/Backups.ts"
import { family, type Faults } from "./support/family.ts"
import * as PostgresWorld from "./support/PostgresWorld.ts"

interface ServerWorld extends PostgresWorld.PostgresWorld {
  readonly server: PostgresServer["Service"]
  readonly backups: Backups.Backups
}

const world = Effect.gen(function*() {
  const server = yield* PostgresServer
  const backups = yield* Backups.make
  return { ...(yield* PostgresWorld.make({ owner: Redacted.value(server.url) })), server, backups }
})

/** The backup is taken after the first publish. */
const setBack = ({ backups, ledger, publishSurely }: ServerWorld, how: Effect.Effect<void>): Fault => ({
  prepare: Effect.andThen(publishSurely, backups.take),
  begin: Effect.andThen(how, Effect.sync(() => ledger.rewind(1)))
})

const faults: Faults<typeof matrix.server, ServerWorld> = {
  "connection refused": ({ server }) => ({ begin: server.stopFast, end: server.start }),
  "SIGSTOP": ({ server }) => ({ begin: server.stop, end: server.resume }),
  "kill -9 and restart": ({ server }) => ({ begin: Effect.andThen(server.kill, server.start) }),
  "restored older database": (world) => setBack(world, world.backups.restore),
  // Inside an epoch, a node waits until the versions are ahead of its own again.
  "older data put back by hand": (world) => ({
    ...setBack(world, world.backups.putBack),
    end: Effect.asVoid(Effect.repeat(world.publishSurely, { times: 2 }))
  })
}

const services = Layer.unwrap(Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url, maxConnections: 1 }))).pipe(
  Layer.provideMerge(PostgresServer.layer({ settings: Backups.settings }))
)

layer(services, { excludeTestServices: true, timeout: "1 minute" })("a server", (it) => {
  family(it, matrix.server, faults, () => world)
})
