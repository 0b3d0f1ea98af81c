import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import { inspect } from "node:util"
import * as Actor from "rulestead/Actor"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import { StoreBackend } from "rulestead/StoreBackend"
import { StoreUnavailable } from "rulestead/StoreError"
import * as StoreMemory from "rulestead/StoreMemory"
import { type Event, Event as EventSchema, Recorded, Telemetry } from "rulestead/Telemetry"

const secret = "s3cr3t"

const everybody = { rules: [{ key: "all", strategy: "forced_value", value: `${secret}-value` }] } as const

type Told = Extract<Event, { readonly _tag: "SnapshotPublished" | "CommandEnded" }>

const isTold = (event: Event): event is Told => event._tag === "SnapshotPublished" || event._tag === "CommandEnded"

/** What was told since the last time, in words. */
const told = () => {
  let seen = 0
  return Effect.map(Recorded, ({ events }) => {
    const all = events().filter(isTold)
    const words = all.slice(seen).map((event) =>
      event._tag === "SnapshotPublished"
        ? `${event.environment} ${event.version}: ${event.changed} of ${event.entries}`
        : `${event.command} ${event.key} ${event.environment}: ${event.outcome}`
    )
    seen = all.length
    return words
  })
}

const commands = Effect.gen(function*() {
  const store = yield* Store
  const publisher = yield* Publisher
  yield* store.createEnvironment({ key: "prod", name: `${secret} name` })
  yield* store.createFlag({ key: "banner", valueType: "string", defaultValue: `${secret}-default` })
  const publish = Effect.gen(function*() {
    const { revision } = yield* store.state("banner", "prod")
    const draft = yield* store.saveDraft("banner", "prod", everybody, { expected: revision, reason: secret })
    return yield* publisher.publish("banner", "prod", { expected: draft.revision, correlationId: secret })
  })
  return { store, publisher, publish, backend: yield* StoreBackend, news: told() }
})

const stores = Layer.merge(Store.layer, Publisher.layer).pipe(Layer.provideMerge(StoreMemory.layerBackend()))

const withTelemetry = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  self.pipe(
    Effect.provideService(Actor.Current, { id: `${secret}@example.com`, kind: "person", name: secret }),
    Effect.provide(Layer.provideMerge(Layer.fresh(stores), Telemetry.layerMemory()))
  )

describe("authoring", () => {
  it.effect("tells what was published, and how each command ended", () =>
    Effect.gen(function*() {
      const { news, publish, publisher, store } = yield* commands
      const { state } = yield* publish
      assert.deepStrictEqual(yield* news, [
        "environment.create prod prod: ok",
        "flag.create banner null: ok",
        "draft.save banner prod: ok",
        "prod 1: 1 of 1",
        "ruleset.publish banner prod: ok"
      ])
      const options = { expected: "any", reason: secret } as const
      yield* publisher.engageKillSwitch("banner", "prod", { ...options, value: `${secret}-killed` })
      yield* publisher.releaseKillSwitch("banner", "prod", options)
      yield* Effect.flip(publisher.publish("banner", "prod", { expected: state.revision }))
      const { revision } = yield* store.flag("banner")
      yield* store.archiveFlag("banner", { expected: revision })
      assert.deepStrictEqual(yield* news, [
        "prod 2: 1 of 1",
        "kill_switch.engage banner prod: ok",
        "prod 3: 1 of 1",
        "kill_switch.release banner prod: ok",
        "ruleset.publish banner prod: conflict",
        "prod 4: 1 of 0",
        "flag.archive banner null: ok"
      ])
    }).pipe(withTelemetry))

  it.effect("tells why a command was refused", () =>
    Effect.gen(function*() {
      const { news, store } = yield* commands
      yield* news
      yield* Effect.flip(store.createFlag({ key: "banner", valueType: "boolean", defaultValue: false }))
      yield* Effect.flip(store.createFlag({ key: "Not A Key", valueType: "boolean", defaultValue: false }))
      yield* Effect.exit(store.createFlag({
        valueType: "boolean",
        defaultValue: false,
        get key(): string {
          throw new Error("boom")
        }
      }))
      yield* Effect.flip(store.changeFlag("other", {}, { expected: 1 }))
      yield* Effect.flip(store.saveDraft("banner", "Nowhere!", everybody, { expected: 0 }))
      assert.deepStrictEqual(yield* news, [
        "flag.create banner null: already_exists",
        "flag.create null null: invalid_input",
        "flag.create null null: failed",
        "flag.change other null: not_found",
        "draft.save banner null: not_found"
      ])
    }).pipe(withTelemetry))

  it.effect("tells of nothing that was rolled back", () =>
    Effect.gen(function*() {
      const { backend, news, publish } = yield* commands
      yield* news
      yield* Effect.exit(backend.transaction(Effect.andThen(publish, Effect.fail("changed my mind"))))
      assert.deepStrictEqual(yield* news, [])
      yield* backend.transaction(Effect.gen(function*() {
        yield* Effect.exit(backend.transaction(Effect.andThen(publish, Effect.fail("changed my mind"))))
        yield* publish
        assert.deepStrictEqual(yield* news, [])
      }))
      assert.deepStrictEqual(yield* news, [
        "draft.save banner prod: ok",
        "prod 1: 1 of 1",
        "ruleset.publish banner prod: ok"
      ])
    }).pipe(withTelemetry))

  const failures = {
    unreachable: Effect.fail(new StoreUnavailable({ operation: secret, reason: "unreachable", detail: secret })),
    failed: Effect.die(new Error(secret)),
    interrupted: Effect.interrupt
  }
  for (const [outcome, failure] of Object.entries(failures)) {
    it.effect(`tells of a store that fails: ${outcome}`, () =>
      Effect.gen(function*() {
        const { backend } = yield* commands
        const broken = yield* Layer.build(
          Layer.provide(
            Layer.fresh(Publisher.layer),
            Layer.succeed(StoreBackend, { ...backend, states: { ...backend.states, get: () => failure } })
          )
        )
        const news = told()
        yield* news
        const publisher = Context.get(broken, Publisher)
        yield* Effect.exit(publisher.publish("banner", "prod", { expected: 1 }))
        assert.deepStrictEqual(yield* news, [`ruleset.publish banner prod: ${outcome}`])
      }).pipe(withTelemetry))
  }

  it.effect("tells nothing of values, identities and texts, in events that are what their schema says", () =>
    Effect.gen(function*() {
      const { publish, publisher, store } = yield* commands
      yield* publish
      yield* publisher.engageKillSwitch("banner", "prod", {
        expected: "any",
        reason: secret,
        value: `${secret}-killed`
      })
      yield* Effect.flip(store.createFlag({ key: `${secret}@example.com`, valueType: "string", defaultValue: secret }))
      const events = (yield* Recorded).events()
      assert.isAbove(events.length, 6)
      for (const event of events) {
        yield* Schema.decodeUnknownEffect(EventSchema)(JSON.parse(JSON.stringify(event)), { onExcessProperty: "error" })
        assert.notInclude(inspect(event), secret)
      }
    }).pipe(withTelemetry))

  it.effect("needs no telemetry, and suffers nothing from one that throws", () =>
    Effect.gen(function*() {
      const throwing = Layer.succeed(Telemetry, {
        ...Telemetry.of(Context.get(yield* Layer.build(Telemetry.layerNoop), Telemetry)),
        emit: () => {
          throw new Error("boom")
        }
      })
      for (const telemetry of [Layer.empty, throwing]) {
        const published = yield* Effect.provide(
          Effect.flatMap(commands, ({ publish }) => publish),
          Layer.fresh(stores).pipe(Layer.provide(telemetry))
        )
        assert.strictEqual(published.head?.version, 1)
      }
    }))

  it.effect("is measured", () =>
    Effect.gen(function*() {
      const registry: Metric.MetricRegistry = new Map()
      const measure = Effect.provideService(Metric.MetricRegistry, registry)
      yield* Effect.gen(function*() {
        const { publish, publisher } = yield* commands
        yield* publish
        yield* publish
        yield* Effect.exit(publisher.publish("banner", "prod", { expected: 1 }))
      }).pipe(Effect.provide(Layer.fresh(stores)), measure)
      const counts = (yield* measure(Metric.snapshot)).flatMap(({ attributes = {}, id, state }) =>
        "count" in state ? [`${id} ${Object.values(attributes).join(" ")}: ${state.count}`] : []
      )
      assert.includeMembers(counts, [
        "rulestead_snapshots_published_total prod: 2",
        "rulestead_commands_total ruleset.publish prod ok: 2",
        "rulestead_commands_total ruleset.publish prod conflict: 1",
        "rulestead_command_milliseconds ruleset.publish: 3"
      ])
    }))
})
