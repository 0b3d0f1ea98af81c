import { assert, describe, it } from "@effect/vitest"
import * as EffectLogs from "@rulestead/opentelemetry/EffectLogs"
import * as HealthMetrics from "@rulestead/opentelemetry/HealthMetrics"
import * as NodeEvents from "@rulestead/opentelemetry/NodeEvents"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import { Otlp, OtlpExporter, PrometheusMetrics } from "effect/observability"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import * as StoreMemory from "rulestead/StoreMemory"
import { Telemetry } from "rulestead/Telemetry"
import { catalogue } from "./support/catalogue.ts"
import { Collector } from "./support/Collector.ts"

const user = { targetingKey: "user-1", attributes: { plan: "secret-plan" } }

const collector = Effect.acquireDisposable(Effect.promise(() => Collector.start()))

/** An application that exports everything. Metrics of other tests are none of its own. */
const applicationOf = ({ url }: Collector) => {
  const exporter = Otlp.layerJson({
    baseUrl: url,
    resource: { serviceName: "shop" },
    loggerMergeWithExisting: false
  }).pipe(Layer.provide(FetchHttpClient.layer))
  const store = Layer.tap(
    StoreMemory.layer(),
    (store) => Effect.provide(Manifest.apply(catalogue, { environment: "prod" }), store)
  )
  const telemetry = Layer.provideMerge(NodeEvents.layer, Telemetry.layer())
  return HealthMetrics.layer().pipe(
    Layer.provideMerge(Rulestead.layer({ environment: "prod" })),
    Layer.provide([EffectLogs.layer(), store]),
    Layer.provide(telemetry),
    Layer.provideMerge(exporter),
    Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
  )
}

const flush = Effect.flatMap(OtlpExporter.Flusher, ({ flush }) => flush)

const arrives = (condition: () => boolean): Effect.Effect<void, never, OtlpExporter.Flusher> =>
  Effect.suspend(() =>
    condition() ? Effect.void : Effect.andThen(Effect.andThen(flush, Effect.yieldNow), arrives(condition))
  )

describe("an Effect application at a collector", () => {
  it.live("has its decisions there, each in the span in which it was made", () =>
    Effect.gen(function*() {
      const at = yield* collector
      yield* Effect.gen(function*() {
        const spanId = yield* Effect.gen(function*() {
          yield* Rulestead.enabled("checkout", user)
          return (yield* Effect.currentSpan).spanId
        }).pipe(Effect.withSpan("request"))
        const { variantUnsafe } = yield* Rulestead
        variantUnsafe("banner", user)
        yield* Effect.ignore(Rulestead.evaluate("no-such-flag", user))
        yield* arrives(() => at.events("feature_flag.evaluation").length === 3)
        const events = at.events("feature_flag.evaluation")
        assert.deepStrictEqual(events.map(({ attributes }) => attributes["feature_flag.key"]), [
          "checkout",
          "banner",
          "no-such-flag"
        ])
        assert.deepInclude(events[0]?.attributes, {
          "event.name": "feature_flag.evaluation",
          "feature_flag.result.reason": "static",
          "feature_flag.result.value": true,
          "feature_flag.set.id": "prod",
          "feature_flag.provider.name": "rulestead"
        })
        assert.deepInclude(events[1]?.attributes, {
          "feature_flag.result.variant": "b",
          "feature_flag.result.reason": "split"
        })
        assert.deepInclude(events[2]?.attributes, { "error.type": "flag_not_found" })
        assert.strictEqual(events[0]?.spanId, spanId)
      }).pipe(Effect.provide(applicationOf(at)))
      const arrived = at.raw.join()
      for (const secret of ["user-1", "secret"]) assert.notInclude(arrived, secret)
    }).pipe(Effect.scoped))

  it.live("has its refreshes, snapshots and publishes there", () =>
    Effect.gen(function*() {
      const at = yield* collector
      yield* Effect.gen(function*() {
        const { version } = yield* Rulestead.health
        yield* Rulestead.refresh
        yield* arrives(() => at.events("rulestead.snapshot_verified").length > 0)
        const [applied] = at.events("rulestead.snapshot_applied")
        assert.deepInclude(applied?.attributes, {
          "event.name": "rulestead.snapshot_applied",
          "feature_flag.set.id": "prod",
          "feature_flag.version": String(version),
          "rulestead.source": "live",
          "rulestead.flags": 3
        })
        assert.isAtLeast(Number(applied?.attributes["rulestead.apply.duration"]), 0)
        const published = at.events("rulestead.snapshot_published")
        assert.deepInclude(published.at(-1)?.attributes, {
          "feature_flag.version": String(version),
          "rulestead.entries": 3
        })
      }).pipe(Effect.provide(applicationOf(at)))
    }).pipe(Effect.scoped))

  it.live("has its metrics and its health there, and in the text of Prometheus", () =>
    Effect.gen(function*() {
      const at = yield* collector
      const of = (name: string) => at.metrics.filter((metric) => metric.name === name)
      const text = yield* Effect.gen(function*() {
        yield* Rulestead.enabled("checkout", user)
        yield* arrives(() => of("rulestead.snapshot.age").length > 0 && of("rulestead_refreshes_total").length > 0)
        return yield* PrometheusMetrics.format()
      }).pipe(Effect.provide(applicationOf(at)))
      const [live] = of("rulestead.node.live")
      assert.deepInclude(live, { value: 1, unit: "1" })
      assert.deepInclude(live?.attributes, { "feature_flag.set.id": "prod" })
      assert.deepInclude(of("rulestead.snapshot.flags")[0], { value: 3, unit: "{flag}" })
      assert.deepInclude(of("rulestead.snapshot.stale")[0], { value: 0 })
      assert.strictEqual(of("rulestead.snapshot.age")[0]?.unit, "s")
      for (const line of ["rulestead_node_ready", "rulestead_snapshot_age", "rulestead_refreshes_total"]) {
        assert.match(text, new RegExp(`^${line}\\{.*prod.*\\} [\\d.]+$`, "m"))
      }
    }).pipe(Effect.scoped))
})
