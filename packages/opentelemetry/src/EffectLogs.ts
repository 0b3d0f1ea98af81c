/**
 * Decisions as log records of Effect, which its OTLP exporter takes to a collector.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { ParentSpan } from "effect/Tracer"
import { DecisionObserver } from "rulestead/DecisionObserver"
import { eventName } from "./FlagEvaluation.ts"
import { logEvent } from "./internal/logging.ts"
import * as Sampling from "./Sampling.ts"

/**
 * To be provided to the node, as `Rulestead.layer(…)`. The loggers are those that the layer itself is provided with, so
 * that events may go to the exporter and not to the console. Records belong to the span in which the decision is made.
 *
 * **Example**
 *
 * ```ts
 * import * as EffectLogs from "@rulestead/opentelemetry/EffectLogs"
 * import * as Layer from "effect/Layer"
 * import { FetchHttpClient } from "effect/http"
 * import { OtlpLogger, OtlpSerialization } from "effect/observability"
 * import { Rulestead } from "rulestead/Rulestead"
 *
 * const exporter = OtlpLogger.layer({ url: "http://localhost:4318/v1/logs", mergeWithExisting: false }).pipe(
 *   Layer.provide([OtlpSerialization.layerJson, FetchHttpClient.layer])
 * )
 *
 * export const node = Rulestead.layer({ environment: "prod" }).pipe(
 *   Layer.provide(EffectLogs.layer({ maxPerSecond: 20 }).pipe(Layer.provide(exporter)))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Sampling.Options = {}): Layer.Layer<DecisionObserver> =>
  Layer.effect(
    DecisionObserver,
    Effect.gen(function*() {
      const services = yield* Effect.context()
      const clock = yield* Clock.Clock
      const random = yield* Random.Random
      return Sampling.observer(options, {
        emit: (attributes) => {
          Effect.runForkWith(withSpan(services))(logEvent(eventName, attributes))
        },
        now: () => clock.currentTimeMillisUnsafe(),
        random: () => random.nextDoubleUnsafe()
      })
    })
  )

/** The span of the fiber that is deciding, if one is. */
const withSpan = (services: Context.Context<never>): Context.Context<never> => {
  const span = Fiber.getCurrent()?.cache.span
  return span === undefined ? Context.omit(ParentSpan)(services) : Context.add(services, ParentSpan, span)
}
