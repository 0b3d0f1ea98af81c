/**
 * Nodes in processes of their own, on a server to which things happen at random while somebody publishes without a pause.
 * At the end every node serves what the database holds, and none ever served anything else than what was committed.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import { strict as assert } from "node:assert"
import { Publisher } from "rulestead/Publisher"
import type { Head } from "rulestead/Snapshot"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { PostgresServer } from "../support/PostgresServer.ts"
import * as Proxy from "../support/Proxy.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import * as Faults from "./support/faults.ts"
import * as Member from "./support/Member.ts"

export interface Options {
  readonly duration: Duration.Input
  /** The same seed brings about the same faults in the same order. */
  readonly seed: string
  readonly nodes?: number
  readonly onProgress?: (progress: string) => void
}

export interface Report {
  readonly faults: Readonly<Record<string, number>>
  /** Publishes that the store acknowledged, and those that it did not. */
  readonly acknowledged: number
  readonly refused: number
  /** The version in the end: acknowledged publishes, and others that took effect. */
  readonly committed: number
  readonly nodes: ReadonlyArray<{
    readonly snapshots: number
    readonly refreshes: number
    /** Megabytes after the warm-up, and in the end. */
    readonly heap: readonly [number, number]
  }>
}

const environment = "prod"
const flags = ["flag-0", "flag-1", "flag-2", "flag-3", "flag-4", "flag-5", "flag-6", "flag-7"]

/** How much more memory a node may need in the end than after the warm-up: what noise there is, and no leak. */
const tolerance = 8

export const run = Effect.fnUntraced(function*({ duration, nodes = 4, onProgress = () => {}, seed }: Options) {
  const server = yield* PostgresServer
  const proxied = Effect.map(Proxy.make(server.port), ([proxy, port]) => ({
    proxy,
    url: Object.assign(new URL(Redacted.value(server.url)), { port: `${port}` }).href
  }))
  const publishing = yield* proxied
  const store = Postgres.layer({ url: publishing.url, retention: Number.MAX_SAFE_INTEGER, timeout: "3 seconds" })
  yield* Postgres.migrate({ url: server.url })
  const directory = yield* TemporaryDirectory.make
  const node = {
    environment,
    fetchTimeout: "2 seconds",
    pollInterval: "1 second",
    staleAfter: "2 seconds",
    retry: { min: "50 millis", max: "1 second" }
  } as const

  return yield* Effect.gen(function*() {
    const log: Log = { acknowledged: new Map(), refused: 0 }
    yield* author
    yield* publishSurely(log)
    const paths = yield* Effect.all(Array.from({ length: nodes }, () => proxied))
    const members = yield* Effect.forEach(
      paths,
      ({ url }) => Member.start({ node, directory, postgres: { url, maxConnections: 4, connectTimeout: "2 seconds" } }),
      { concurrency: "unbounded" }
    )
    const counts: Record<string, number> = {}
    const proxies = [publishing, ...paths].map(({ proxy }) => proxy)
    const onFault = (name: string) => {
      counts[name] = (counts[name] ?? 0) + 1
      onProgress(`${name}; version ${Math.max(0, ...log.acknowledged.keys())}`)
    }
    const publishers = yield* Effect.forkScoped(
      Effect.forEach(flags, (flag) => publishOn(flag, log), { concurrency: "unbounded" })
    )
    const faults = yield* Effect.forkScoped(Random.withSeed(Faults.run(proxies, onFault), seed))

    const total = Duration.toMillis(duration)
    yield* Effect.sleep(total / 4)
    const before = yield* Effect.forEach(members, ({ look }) => look)
    yield* Effect.sleep(total * 3 / 4)
    yield* Fiber.interrupt(faults)
    yield* Fiber.interrupt(publishers)
    yield* publishSurely(log)
    const head = yield* inspect(log, members)
    yield* Effect.forEach(members, (member) => arrives(member, head), { concurrency: "unbounded" })
    const after = yield* Effect.forEach(members, ({ look }) => look)
    const report: Report = {
      faults: counts,
      acknowledged: log.acknowledged.size,
      refused: log.refused,
      committed: head.version,
      nodes: members.map(({ served }, index) => ({
        snapshots: served.length,
        refreshes: after[index]?.attempts ?? 0,
        heap: [megabytes(before[index]), megabytes(after[index])]
      }))
    }
    for (const { heap: [warm, end] } of report.nodes) {
      assert.ok(end - warm < tolerance, `a node's memory went from ${warm} to ${end} megabytes`)
    }
    yield* Effect.forEach(members, ({ close }) => close)
    return report
  }).pipe(Effect.provide(store))
}, Effect.scoped)

interface Log {
  /** The digest of each version that was acknowledged. */
  readonly acknowledged: Map<number, string>
  refused: number
}

const author = Effect.gen(function*() {
  const store = yield* Store
  yield* store.createEnvironment({ key: environment, name: "Production" })
  for (const key of flags) yield* store.createFlag({ key, valueType: "number", defaultValue: 0 })
})

/** Publishes a flag with the next greater value. */
const publish = Effect.fnUntraced(function*(flag: string, log: Log) {
  const store = yield* Store
  const publisher = yield* Publisher
  const { revision } = yield* store.state(flag, environment)
  const rules = [{ key: "everybody", strategy: "forced_value", value: revision + 1 }] as const
  const draft = yield* store.saveDraft(flag, environment, { rules }, { expected: revision })
  const { head } = yield* publisher.publish(flag, environment, { expected: draft.revision })
  assert(head !== null)
  log.acknowledged.set(head.version, head.digest)
})

const publishOn = (flag: string, log: Log) =>
  publish(flag, log).pipe(
    Effect.catch(() =>
      Effect.sync(() => {
        log.refused++
      })
    ),
    Effect.andThen(Effect.sleep("50 millis")),
    Effect.forever
  )

const publishSurely = (log: Log) =>
  bounded("the store does not publish", Effect.eventually(publish(flags[0] ?? "", log)))

/** Fails unless all that was acknowledged is there, and all that was served was committed, in order. Answers the head. */
const inspect = Effect.fnUntraced(function*({ acknowledged }: Log, members: ReadonlyArray<Member.Member>) {
  const sql = yield* PgClient.PgClient
  const { head } = yield* SnapshotFeed.use((feed) => feed.changesSince(environment, undefined))
  const rows = yield* sql<{ readonly version: number; readonly digest: string }>`
    select version::int, digest from rulestead.snapshots`
  const committed = new Map(rows.map(({ digest, version }) => [version, digest]))
  for (const [version, digest] of acknowledged) {
    assert.equal(committed.get(version), digest, `version ${version} was acknowledged and is not there`)
  }
  for (const { served, wrongs } of members) {
    assert.deepEqual(wrongs, [])
    let before = 0
    for (const { digest, epoch, version } of served) {
      assert.equal(epoch, head.epoch)
      assert.equal(committed.get(version), digest, `version ${version} was served and never committed`)
      assert.ok(version >= before, `version ${version} was served after ${before}`)
      before = version
    }
  }
  return head
})

const arrives = ({ look }: Member.Member, { digest, epoch, version }: Head) =>
  bounded(
    "a node does not serve what the database holds",
    Effect.repeat(look, {
      until: (now) => now.version === version && now.digest === digest && now.epoch === epoch
    })
  )

const bounded = <A, E, R>(what: string, self: Effect.Effect<A, E, R>) =>
  Effect.timeoutOrElse(self, { duration: "1 minute", orElse: () => Effect.die(new Error(what)) })

const megabytes = (look: Member.Look | undefined): number => Math.round((look?.heapUsed ?? 0) / 1e5) / 10

/** A server, and somebody who is told nothing of proxies. */
export const layer = Layer.unwrap(
  Effect.map(PostgresServer, ({ url }) => PgClient.layer({ url, maxConnections: 1 }))
).pipe(Layer.provideMerge(PostgresServer.layer()))
