/**
 * Decisions, metrics and health at a collector: of an Effect application through Effect's exporters, and of a plain one
 * through an SDK of OpenTelemetry. The collector is a small one, in this process.
 *
 *     node --conditions=source scratchpad/opentelemetry.ts
 */
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http"
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs"
import { createRulestead } from "@rulestead/node"
import * as ApiLogs from "@rulestead/opentelemetry/ApiLogs"
import * as EffectLogs from "@rulestead/opentelemetry/EffectLogs"
import * as HealthMetrics from "@rulestead/opentelemetry/HealthMetrics"
import * as Identity from "@rulestead/opentelemetry/Identity"
import * as NodeEvents from "@rulestead/opentelemetry/NodeEvents"
import * as Effect from "effect/Effect"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import { Otlp, PrometheusMetrics } from "effect/observability"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import * as StoreMemory from "rulestead/StoreMemory"
import { Telemetry } from "rulestead/Telemetry"
import { catalogue } from "../test/opentelemetry/support/catalogue.ts"
import { Collector } from "../test/opentelemetry/support/Collector.ts"

const environment = "prod"
const users = ["user-1", "user-2", "user-3"]
const identity = Identity.hashed("the same on all nodes")

const publish = Manifest.apply(catalogue, { environment })
const store = Layer.tap(StoreMemory.layer(), (store) => Effect.provide(publish, store))

const effectApplication = (url: string) => {
  const exporter = Otlp.layerJson({ baseUrl: url, resource: { serviceName: "shop" }, loggerMergeWithExisting: false })
    .pipe(
      Layer.provide(FetchHttpClient.layer)
    )
  const node = HealthMetrics.layer().pipe(
    Layer.provideMerge(Rulestead.layer({ environment })),
    Layer.provide(EffectLogs.layer({ identity })),
    Layer.provide(store),
    Layer.provide(Layer.provideMerge(NodeEvents.layer, Telemetry.layer())),
    Layer.provide(exporter)
  )
  return Effect.gen(function*() {
    yield* Rulestead.refresh
    for (const targetingKey of users) {
      yield* Rulestead.enabled("checkout", { targetingKey })
      yield* Rulestead.variant("banner", { targetingKey })
    }
    return yield* PrometheusMetrics.format()
  }).pipe(Effect.provide(node))
}

const plainApplication = async (url: string) => {
  const exporter = new OTLPLogExporter({ url: `${url}/v1/logs` })
  const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] })
  const observer = ApiLogs.observer({ identity, logger: provider.getLogger("rulestead") })
  const rulestead = await createRulestead({ environment, manifest: catalogue, observer })
  for (const targetingKey of users) rulestead.variant("banner", { targetingKey })
  rulestead.enabled("no-such-flag")
  await rulestead.close()
  await provider.shutdown()
}

await using collector = await Collector.start()
const prometheus = await Effect.runPromise(effectApplication(collector.url))
console.log(`Of the Effect application arrived:`)
console.table(collector.logs.map(({ attributes, event }) => ({
  event,
  flag: attributes["feature_flag.key"],
  reason: attributes["feature_flag.result.reason"],
  variant: attributes["feature_flag.result.variant"],
  "context id": attributes["feature_flag.context.id"]
})))
console.table(
  collector.metrics.filter(({ name }) => name.startsWith("rulestead")).map(({ name, unit, value }) => ({
    name,
    unit,
    value
  }))
)
console.log(
  `And in the text of Prometheus:\n${
    prometheus.split("\n").filter((line) => line.startsWith("rulestead_node")).join("\n")
  }`
)

const before = collector.logs.length
await plainApplication(collector.url)
console.log(`Of the plain application arrived:`)
console.table(
  collector.logs.slice(before).map(({ attributes, event }) => ({
    event,
    flag: attributes["feature_flag.key"],
    reason: attributes["feature_flag.result.reason"],
    variant: attributes["feature_flag.result.variant"],
    error: attributes["error.type"],
    "context id": attributes["feature_flag.context.id"]
  }))
)
