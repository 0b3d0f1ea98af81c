/**
 * Kills a Postgres server again and again while flags are published on it, and looks after every restart whether something
 * is there by half, is missing although it was acknowledged, or was announced although it is not there.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { strict as assert } from "node:assert"
import { Publisher } from "rulestead/Publisher"
import * as Snapshot from "rulestead/Snapshot"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { PostgresServer } from "./PostgresServer.ts"

export interface Report {
  readonly kills: number
  /** Publishes that the store acknowledged. */
  readonly acknowledged: number
  /** Publishes that took effect: those and some whose acknowledgement was lost. */
  readonly committed: number
  /** Publishes and drafts that failed because the server died. */
  readonly failed: number
  /** Announcements that were heard. */
  readonly announced: number
}

const environment = "prod"
const audiences = ["beta", "staff"]
const flags = ["flag-0", "flag-1", "flag-2", "flag-3"]

/** What happened up to now. */
interface Log {
  acknowledged: number
  failed: number
  announced: number
  /** The highest versions that were acknowledged and announced. */
  acknowledgedVersion: number
  announcedVersion: number
}

/** Kills the server `times` times. `onKill` is called after each look at what is left. */
export const run = Effect.fnUntraced(function*(times: number, onKill: (report: Report) => void = () => {}) {
  const server = yield* PostgresServer
  yield* author
  const log: Log = { acknowledged: 0, failed: 0, announced: 0, acknowledgedVersion: 0, announcedVersion: 0 }
  let report: Report = { kills: 0, committed: 0, ...log }
  while (report.kills < times) {
    yield* Effect.scoped(Effect.gen(function*() {
      yield* listen(log)
      const busy = yield* Latch.make(false)
      const publish = (flag: string) => Effect.forkScoped(publishUntilFailure(flag, log, busy.open))
      const publishers = yield* Effect.forEach(flags, publish)
      yield* Effect.raceFirst(busy.await, Fiber.awaitAll(publishers))
      yield* Effect.sleep(yield* Random.nextIntBetween(0, 60))
      yield* server.kill
      yield* Fiber.awaitAll(publishers)
    }))
    yield* server.start
    const committed = yield* inspect(log)
    const { acknowledged, announced, failed } = log
    report = { kills: report.kills + 1, acknowledged, committed, failed, announced }
    onKill(report)
  }
  return report
})

const author = Effect.gen(function*() {
  const store = yield* Store
  yield* store.createEnvironment({ key: environment, name: "Production" })
  for (const key of audiences) yield* store.createAudience({ key, definition: { everyone: true } })
  for (const key of flags) yield* store.createFlag({ key, valueType: "number", defaultValue: 0 })
})

/** Publishes a flag over and over, each time with another value and audience, until something fails. */
const publishUntilFailure = Effect.fnUntraced(function*(flag: string, log: Log, onPublish: Effect.Effect<unknown>) {
  const store = yield* Store
  const publisher = yield* Publisher
  const publish = Effect.gen(function*() {
    const { revision } = yield* store.state(flag, environment)
    const audience = audiences[revision % audiences.length] ?? ""
    const value = yield* Random.nextIntBetween(1, 2 ** 31)
    const rule = { key: "members", strategy: "segment_match", audience, value } as const
    const draft = yield* store.saveDraft(flag, environment, { rules: [rule] }, { expected: revision })
    return yield* publisher.publish(flag, environment, { expected: draft.revision })
  })
  const failure = yield* publish.pipe(
    Effect.flatMap(({ head }) => {
      log.acknowledged++
      log.acknowledgedVersion = Math.max(log.acknowledgedVersion, head?.version ?? 0)
      return onPublish
    }),
    Effect.forever,
    Effect.flip
  )
  log.failed++
  assert.equal(failure._tag, "StoreUnavailable", failure.message)
})

/** Notes what is announced until the connection is lost; answers when the subscription is in place. */
const listen = Effect.fnUntraced(function*(log: Log) {
  const { announcements } = yield* SnapshotFeed
  const listening = yield* Latch.make(false)
  const noted = Stream.runForEach(announcements(environment), (announcement) => {
    if (announcement._tag === "Listening") return listening.open
    log.announced++
    log.announcedVersion = Math.max(log.announcedVersion, announcement.version)
    return Effect.void
  })
  yield* Effect.forkScoped(Effect.flip(noted))
  yield* listening.await
})

/** Fails unless all that was committed is whole. Answers how many publishes that is. */
const inspect = Effect.fnUntraced(function*(log: Log) {
  const { entries, head } = yield* SnapshotFeed.use((feed) => feed.changesSince(environment, undefined))
  assert.equal(head.entries, entries.length)
  const added = entries.map(({ hash }) => hash)
  assert.equal(head.digest, Snapshot.adjustDigest(Snapshot.emptyDigest, { removed: [], added }))
  for (const { content, hash, key, kind } of entries) assert.equal(hash, Snapshot.hashEntry(kind, key, content ?? ""))

  const sql = yield* PgClient.PgClient
  const [counts] = yield* sql`
    select
      (select version::int from rulestead.snapshot_heads) as head,
      (select count(*)::int from rulestead.snapshots) as snapshots,
      (select coalesce(max(version), 0)::int from rulestead.snapshots) as "lastSnapshot",
      (select count(distinct version)::int from rulestead.snapshot_entries) as "versionsWithEntries",
      (select coalesce(max(version), 0)::int from rulestead.snapshot_entries) as "lastEntry",
      (select count(*)::int from rulestead.rulesets) as rulesets,
      (select coalesce(sum(ruleset_version), 0)::int from rulestead.flag_states) as "liveRulesets",
      (select count(*)::int from rulestead.audit_events where action = 'ruleset.publish') as "auditEvents"`
  const version = head.version
  assert.deepEqual({ ...counts }, {
    head: version,
    snapshots: version,
    lastSnapshot: version,
    versionsWithEntries: version,
    lastEntry: version,
    rulesets: version,
    liveRulesets: version,
    auditEvents: version
  })
  assert.ok(log.acknowledgedVersion <= version, `version ${log.acknowledgedVersion} was acknowledged and is not there`)
  assert.ok(log.announcedVersion <= version, `version ${log.announcedVersion} was announced and is not there`)
  return version
})

/** A restart would otherwise spend most of its time to write each file of the data on its own. */
const settings: Readonly<Record<string, string>> = process.platform === "linux"
  ? { recovery_init_sync_method: "syncfs" }
  : {}

/** A server whose commits reach the disk, and the store on it. */
export const layer = Layer.unwrap(Effect.map(PostgresServer, ({ url }) =>
  Layer.merge(
    Postgres.layerMigrated({ url, retention: Number.MAX_SAFE_INTEGER }),
    PgClient.layer({ url, maxConnections: 1 })
  ))).pipe(Layer.provideMerge(PostgresServer.layer({ fsync: true, settings })))
