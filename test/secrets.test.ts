/**
 * Secrets are planted wherever somebody could put one: in contexts, flags, rules, keys, identities, exceptions. Then every
 * channel is searched for them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as EffectLogs from "@rulestead/opentelemetry/EffectLogs"
import * as HealthMetrics from "@rulestead/opentelemetry/HealthMetrics"
import * as NodeEvents from "@rulestead/opentelemetry/NodeEvents"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { Otlp, OtlpExporter, PrometheusMetrics } from "effect/observability"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Result from "effect/Result"
import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import * as Actor from "rulestead/Actor"
import { Evidence } from "rulestead/Evidence"
import * as Flag from "rulestead/Flag"
import * as Manifest from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import * as Policy from "rulestead/Policy"
import { Publisher } from "rulestead/Publisher"
import { Rulestead } from "rulestead/Rulestead"
import * as SerializedContext from "rulestead/SerializedContext"
import * as SigningKey from "rulestead/SigningKey"
import { SnapshotCache } from "rulestead/SnapshotCache"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Store } from "rulestead/Store"
import { StoreUnavailable } from "rulestead/StoreError"
import * as StoreMemory from "rulestead/StoreMemory"
import { Recorded, Telemetry } from "rulestead/Telemetry"
import { UsageReporter } from "rulestead/UsageReporter"
import { Collector } from "./opentelemetry/support/Collector.ts"
import * as TestSchema from "./postgres/support/TestSchema.ts"
import { TestDatabase } from "./support/TestDatabase.ts"

const secret = "s3cr3t"

const conditions = [{ attribute: "plan", operator: "in", values: [`${secret}-plan`, "pro"] }] as const

const manifest = (suffix: string): Manifest.Input => ({
  schemaVersion: 1,
  audiences: [{ key: "members", definition: { conditions } }],
  flags: [
    { key: "banner", valueType: "string", defaultValue: `${secret}-default`, ruleset: { rules: [] } },
    {
      key: "killed",
      valueType: "string",
      defaultValue: `${secret}-default`,
      killSwitch: { value: `${secret}-killed-${suffix}` },
      ruleset: { rules: [] }
    },
    {
      key: "layout",
      valueType: "json",
      defaultValue: { text: secret },
      ruleset: {
        rules: [
          { key: "members", strategy: "segment_match", audience: "members", value: { for: `${secret}-${suffix}` } },
          {
            key: "halves",
            strategy: "variant_split",
            conditions,
            rollout: { percentage: 100 },
            variants: [{ key: "a", weight: 50, value: [secret] }, { key: "b", weight: 50, value: `${secret}-b` }]
          }
        ]
      }
    }
  ]
})

const identity = `${secret}@example.com`

const context = {
  targetingKey: identity,
  tenantKey: secret,
  accountKey: secret,
  sessionId: secret,
  actor: { key: secret, email: identity },
  attributes: { plan: `${secret}-plan`, password: secret, born: new Date(0) }
}

const unreadable = {
  attributes: new Proxy({}, {
    get: () => {
      throw new Error(secret)
    }
  })
}

const hmac = (text: string): SigningKey.SigningKey => ({
  algorithm: "hmac-sha256",
  secret: Redacted.make(`${secret}-${text}`.padEnd(40, "-"))
})

class DirectoryAway extends Data.TaggedError("DirectoryAway")<{ readonly whose: string }> {
  override get message(): string {
    return `Nobody knows ${this.whose}`
  }
}

/** What the policy does with the next questions. */
class Door {
  can: Policy.Can = () => Effect.succeed(Policy.allow)

  readonly layer = Policy.layer((...of) => this.can(...of))
}

/** An application that exports all there is to export, and a store that cannot be told what was served. */
const applicationOf = (
  { url }: Collector,
  door: Door,
  store: ReturnType<typeof StoreMemory.layer>,
  logs: Array<string>
) => {
  const exporter = Otlp.layerJson({
    baseUrl: url,
    resource: { serviceName: "shop" },
    loggerMergeWithExisting: true
  }).pipe(Layer.provide(FetchHttpClient.layer))
  const unwritable = Layer.effect(
    Evidence,
    Effect.map(Evidence, (evidence): Evidence["Service"] => ({
      ...evidence,
      recordUsage: () => Effect.fail(failure)
    }))
  )
  const lines = Logger.make((line) => {
    logs.push(Logger.formatJson.log(line), Logger.formatLogFmt.log(line), inspect([line.message, line.cause]))
  })
  return UsageReporter.layer().pipe(
    Layer.provideMerge(HealthMetrics.layer()),
    Layer.provideMerge(Rulestead.layer({ environment: "prod", verify: [hmac("key")] })),
    Layer.provide(EffectLogs.layer({ repeatAfter: 0 })),
    Layer.provideMerge(unwritable),
    Layer.provideMerge(
      Layer.tap(store, (context) => Effect.provide(Manifest.apply(manifest("0"), { environment: "prod" }), context))
    ),
    Layer.provide([SnapshotSigning.layer({ key: hmac("key") }), door.layer]),
    Layer.provideMerge(Layer.provideMerge(NodeEvents.layer, Telemetry.layerMemory())),
    Layer.provideMerge(exporter),
    Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map())),
    Layer.provide(Logger.layer([lines])),
    Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "Trace")),
    Layer.fresh
  )
}

const failure = new StoreUnavailable({
  operation: "record usage",
  reason: "failed",
  detail: "away",
  cause: new Error(secret)
})

const ask = Effect.gen(function*() {
  const rulestead = yield* Rulestead
  const errors: Array<unknown> = []
  for (const flag of ["banner", "killed", "layout", "unknown", identity]) {
    for (const given of [context, unreadable, {}]) {
      yield* rulestead.enabled(flag, given)
      yield* rulestead.value(flag, given, secret)
      yield* rulestead.variant(flag, given)
      const evaluated = yield* Effect.result(rulestead.evaluate(flag, given))
      // What was asked for is named to whoever asked.
      if (Result.isFailure(evaluated) && flag !== identity) errors.push(evaluated.failure)
    }
  }
  yield* rulestead.value(Flag.number("banner", { default: 1 }), context)
  yield* rulestead.value(Flag.string("killed", { default: "", variants: ["a"] }), context)
  yield* rulestead.decisions(context)
  const explained = yield* Effect.forEach(
    ["killed", "layout"],
    (flag) => Effect.map(rulestead.explain(flag, { ...context, attributes: {} }), ({ rules }) => rules)
  )
  return { errors, explained }
})

/** Commands that work, and commands that fail in every way in which one can. */
const author = Effect.fnUntraced(function*(door: Door) {
  const store = yield* Store
  const publisher = yield* Publisher
  const everybody = { rules: [{ key: "all", strategy: "forced_value", value: `${secret}-new` }] } as const
  const wrong = { rules: [{ key: "all", strategy: "forced_value", value: { secret } }] } as const
  const any = { expected: "any", reason: secret, correlationId: secret } as const
  const { revision } = yield* store.state("banner", "prod")
  const draft = yield* store.saveDraft("banner", "prod", everybody, { ...any, expected: revision })
  yield* publisher.publish("banner", "prod", { ...any, expected: draft.revision })
  yield* publisher.engageKillSwitch("banner", "prod", { ...any, value: `${secret}-off` })
  const refusals = [
    yield* Effect.flip(store.createFlag({ key: identity, valueType: "string", defaultValue: secret })),
    yield* Effect.flip(store.createFlag({ key: "banner", valueType: "string", defaultValue: secret })),
    yield* Effect.flip(store.saveDraft("banner", "prod", wrong, { expected: 1 })),
    yield* Effect.flip(publisher.publish("banner", "prod", { ...any, expected: 1 })),
    yield* Effect.flip(publisher.engageKillSwitch("banner", "prod", { ...any, value: { secret } })),
    yield* Effect.flip(Manifest.apply({
      schemaVersion: 1,
      flags: [{ key: "banner", valueType: "number", defaultValue: 1 }]
    }, { environment: "prod" })),
    yield* Effect.flip(Effect.provideService(
      store.saveDraft("banner", "prod", everybody, { expected: 1 }),
      Actor.Current,
      { id: identity.repeat(100), kind: "person" }
    ))
  ]
  const doors: ReadonlyArray<Policy.Can> = [
    () => Effect.fail(new DirectoryAway({ whose: secret })),
    () => Effect.die(new Error(secret)),
    () => {
      throw new Error(secret)
    }
  ]
  for (const can of doors) {
    door.can = can
    yield* Effect.flip(publisher.releaseKillSwitch("banner", "prod", any))
  }
  door.can = () => Effect.succeed(Policy.allow)
  const denials = yield* store.audit({ result: "denied" })
  assert.lengthOf(denials, doors.length)
  return { refusals, denials: denials.map(({ actor: _, correlationId: __, reason: ___, ...denial }) => denial) }
})

const plan = Effect.gen(function*() {
  const made = yield* Plan.make({ environment: "prod", manifest: manifest("1") })
  const flags = manifest("1").flags ?? []
  const wrong = { schemaVersion: 1, flags: [...flags, { key: identity, valueType: "text", defaultValue: secret }] }
  yield* Manifest.apply(manifest("2"), { environment: "prod" })
  return {
    about: [made.token, made.findings, made.observed, made.unchanged],
    errors: [
      yield* Effect.flip(Plan.apply(made)),
      yield* Effect.flip(Plan.decode({ ...made, request: { environment: "prod", manifest: wrong } })),
      yield* Effect.flip(Manifest.decode(wrong)),
      yield* Effect.flip(Manifest.parse(`{"flags": [{"key": "${secret}", ]}`)),
      yield* Effect.flip(Manifest.parse(JSON.stringify(wrong)))
    ]
  }
})

const serialize = Effect.sync(() => [
  Result.flip(SerializedContext.serialize(context, { attributes: ["plan", "born"] })),
  Result.flip(SerializedContext.serialize(unreadable, { attributes: ["plan"] })),
  Result.flip(SerializedContext.serialize(context, { attributes: ["password"], maxBytes: 10 })),
  Result.flip(SerializedContext.deserialize({ version: 1, targetingKey: { secret }, password: secret })),
  Result.flip(SerializedContext.deserialize(secret))
])

/** Keys that are none, keys of others, and what they do to commands and nodes. */
const sign = Effect.gen(function*() {
  const { privateKey } = generateKeyPairSync("ed25519", {
    publicKeyEncoding: { format: "pem", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8" }
  })
  const broken = privateKey.replace(/\n(.{8})/, `\n${secret}`)
  const short = { algorithm: "hmac-sha256", secret: Redacted.make(secret) } as const
  const [half = short] = SigningKey.fromText(Redacted.make(broken))
  const keys = [hmac("key"), short, half, { ...half, publicKey: "none" }]
  const errors = yield* Effect.forEach(
    keys.slice(1),
    (key) => Effect.flip(Effect.scoped(Layer.build(SnapshotSigning.layer({ key }))))
  )
  const builds = yield* Effect.forEach(
    keys.slice(1),
    (key) => Effect.flip(Effect.scoped(Layer.build(Rulestead.layer({ environment: "prod", verify: [key] }))))
  )
  const stranger = yield* Effect.scoped(Effect.gen(function*() {
    const node = yield* Layer.build(Rulestead.layer({
      environment: "prod",
      bootTimeout: "100 millis",
      verify: [hmac("another")]
    }))
    return yield* Effect.provide(
      Effect.gen(function*() {
        return [yield* Effect.flip(Rulestead.use(({ refresh }) => refresh)), yield* Rulestead.health]
      }),
      node
    )
  }))
  return { keys, errors, builds, stranger }
})

const flush = Effect.flatMap(OtlpExporter.Flusher, ({ flush }) => flush)

const arrives = (condition: () => boolean): Effect.Effect<void, never, OtlpExporter.Flusher> =>
  Effect.suspend(() =>
    condition() ? Effect.void : Effect.andThen(Effect.andThen(flush, Effect.yieldNow), arrives(condition))
  )

const stores = {
  memory: Effect.succeed(StoreMemory.layer()),
  postgres: Effect.map(TestSchema.migrated, (options) => Layer.orDie(Postgres.layer(options)))
}

describe("no secret comes out", () => {
  for (const [name, store] of Object.entries(stores)) {
    it.live(
      `in telemetry, logs, metrics, traces, health, denials or errors, with a store of ${name}`,
      () =>
        Effect.gen(function*() {
          const collector = yield* Effect.acquireDisposable(Effect.promise(() => Collector.start()))
          const door = new Door()
          const logs: Array<string> = []
          const channels = yield* Effect.gen(function*() {
            const asked = yield* ask
            const authored = yield* author(door)
            const planned = yield* plan
            const signed = yield* sign
            const serialized = yield* serialize
            const usage = yield* Effect.flip(UsageReporter.use((reporter) => reporter.flush))
            yield* Rulestead.use(({ refresh }) => refresh)
            yield* ask
            const { health } = yield* Rulestead
            const cache = yield* SnapshotCache
            yield* cache.flush
            yield* arrives(() => collector.events("rulestead.definition_unmet").length > 0)
            const events = (yield* Recorded).events()
            for (
              const tag of ["SnapshotPublished", "CommandEnded", "DefinitionUnmet", "SnapshotRefused", "FlagMissing"]
            ) {
              assert.isTrue(events.some(({ _tag }) => _tag === tag), tag)
            }
            return {
              asked,
              authored,
              planned,
              signed,
              serialized,
              usage: usage.message,
              events,
              health: yield* health,
              counts: cache.decisionCounts(),
              metrics: yield* Metric.snapshot,
              prometheus: yield* PrometheusMetrics.format()
            }
          }).pipe(
            Effect.provideService(Actor.Current, { id: identity, kind: "person", name: secret }),
            Effect.provide(applicationOf(collector, door, yield* store, logs))
          )
          const found = Object.entries({ ...channels, logs, collector: collector.raw }).flatMap(
            ([channel, content]) => {
              const text = `${inspect(content, { depth: 20, maxArrayLength: null })} ${JSON.stringify(content)}`
              assert.isAbove(text.length, 40, channel)
              const at = text.indexOf(secret)
              return at < 0 ? [] : [`${channel}: ${text.slice(Math.max(0, at - 400), at + 50)}`]
            }
          )
          assert.deepStrictEqual(found, [])
          assert.isAbove(collector.events("feature_flag.evaluation").length, 10)
        }).pipe(Effect.provide(TestDatabase.layer)),
      60_000
    )
  }
})
