/**
 * The health of a node as metrics, in the style of OpenTelemetry's semantic conventions.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import type { Health } from "rulestead/Health"
import { Rulestead } from "rulestead/Rulestead"

const gauge = (name: string, unit: string, description: string, read: (health: Health) => number | null) => ({
  metric: Metric.gauge(`rulestead.${name}`, { description, attributes: { unit } }),
  read
})

const gauges = [
  gauge("node.live", "1", "1 unless starting the process again would help", ({ live }) => Number(live)),
  gauge("node.ready", "1", "1 if there is a snapshot to decide from", ({ ready }) => Number(ready)),
  gauge(
    "node.listening",
    "1",
    "1 if announcements are heard",
    ({ listener }) => Number(listener.state === "listening")
  ),
  gauge("snapshot.stale", "1", "1 if the store has not confirmed the snapshot lately", ({ stale }) => Number(stale)),
  gauge("snapshot.flags", "{flag}", "Flags in the snapshot", ({ flags }) => flags),
  gauge(
    "snapshot.age",
    "s",
    "Since the store last confirmed the snapshot",
    ({ verifiedAge }) => toSeconds(verifiedAge)
  ),
  gauge("snapshot.applied.age", "s", "Since the snapshot last changed", ({ appliedAge }) => toSeconds(appliedAge)),
  gauge("refresh.failures", "{failure}", "Failed looks at the store, in a row", ({ refresh }) => refresh.failures),
  gauge("refresh.fetch.duration", "s", "What the last fetch took", ({ refresh }) => toSeconds(refresh.fetchMillis)),
  gauge(
    "refresh.apply.duration",
    "s",
    "What the last installation took",
    ({ refresh }) => toSeconds(refresh.applyMillis)
  )
]

const toSeconds = (millis: number | null): number | null => millis === null ? null : millis / 1000

/**
 * Keeps gauges of the node's health in Effect's registry, from where its OTLP exporter and `PrometheusMetrics` take them.
 * What is not known yet is not there. All have the attribute `feature_flag.set.id`, the environment.
 *
 * - `interval` (10 seconds): how often the health is looked at, besides whenever what is served changes, and at the end.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: { readonly interval?: Duration.Input | undefined } = {}
): Layer.Layer<never, never, Rulestead> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { changes, health } = yield* Rulestead
    const look = Effect.flatMap(health, update)
    const looks = Stream.merge(Stream.tick(options.interval ?? "10 seconds"), changes)
    yield* look
    yield* Effect.addFinalizer(() => look)
    yield* Effect.forkScoped(Stream.runForEach(looks, () => look), { startImmediately: true })
  }))

const update = (health: Health): Effect.Effect<void> =>
  Effect.forEach(gauges, ({ metric, read }) => {
    const value = read(health)
    const attributes = { "feature_flag.set.id": health.environment }
    return value === null ? Effect.void : Metric.update(Metric.withAttributes(metric, attributes), value)
  }, { discard: true })
