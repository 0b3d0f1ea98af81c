/** A process with nodes, started by `Receivers.ts`. Its arguments: the URL of the database, and how many nodes. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { Rulestead } from "rulestead/Rulestead"
import { Telemetry } from "rulestead/Telemetry"
import { keyOf, user } from "./catalogue.ts"
import * as Node from "./Node.ts"
import { bareChannel, decided, heard, ready, type Received } from "./Receivers.ts"

const [address = "", count = ""] = process.argv.slice(2)
const url = Redacted.make(address)
const nodes = Number(count)

const now = (): number => performance.timeOrigin + performance.now()

const tell = (received: Received): void => {
  process.send?.(received)
}

const moments = new Map<string, Array<number>>()

/** Tells of an event when all nodes saw it, so that telling does not keep any of them waiting. */
const note = (event: string, at: number): void => {
  const seen = [...moments.get(event) ?? [], at]
  if (seen.length < nodes) moments.set(event, seen)
  else {
    moments.delete(event)
    tell({ event, at: seen })
  }
}

const decide = (node: Rulestead["Service"]): void => {
  const decision = node.evaluateUnsafe(keyOf(0), user(0))
  if (Result.isSuccess(decision)) note(decided(decision.success.snapshot.version), now())
}

/** Decides as soon as a new snapshot is served, which telemetry is told there and then. */
const runNode = Effect.gen(function*() {
  let node: Rulestead["Service"] | undefined = undefined
  const telemetry = Layer.succeed(Telemetry, {
    emit: ({ _tag }) => {
      if (_tag === "SnapshotApplied" && node !== undefined) decide(node)
    },
    events: Stream.never,
    dropped: () => 0
  })
  node = yield* Effect.provide(Node.start(Postgres.layerFeed({ url })), telemetry)
  yield* Effect.repeat(node.health, {
    until: ({ listener }) => listener.state === "listening",
    schedule: Schedule.spaced("20 millis")
  })
})

const listen = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  const notifications = yield* sql.listen(bareChannel)
  tell({ event: ready, at: [] })
  while (true) {
    const { payload } = yield* Queue.take(notifications)
    tell({ event: heard(payload), at: [now()] })
  }
})

Effect.replicateEffect(runNode, nodes, { discard: true }).pipe(
  Effect.andThen(listen),
  Effect.scoped,
  Effect.provide(PgClient.layer({ url, maxConnections: 1 })),
  Effect.provideService(References.MinimumLogLevel, "Error"),
  NodeRuntime.runMain
)
