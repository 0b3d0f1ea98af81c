/**
 * What `Telemetry` tells as log records of Effect: refreshes, snapshots, freshness, backups, publishes.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type Event, Telemetry } from "rulestead/Telemetry"
import { logEvent } from "./internal/logging.ts"

/**
 * The name of an event, as `rulestead.snapshot_applied`.
 *
 * @category names
 * @since 0.1.0
 */
export const nameOf = ({ _tag }: Event): string => `rulestead.${toSnakeCase(_tag)}`

/**
 * The attributes of an event. The environment is `feature_flag.set.id`, the version of a snapshot `feature_flag.version`,
 * a flag `feature_flag.key`; every other field has its own name, as `rulestead.failures`. Times are in seconds:
 * `applyMillis` is `rulestead.apply.duration`. What is `null` is left out.
 *
 * @category names
 * @since 0.1.0
 */
export const attributesOf = (event: Event): Readonly<Record<string, unknown>> => {
  const { _tag: _, at: __, contract: ___, ...fields } = event
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => value === null ? [] : [toAttribute(field, value)])
  )
}

const toAttribute = (field: string, value: string | number | boolean): readonly [name: string, value: unknown] => {
  switch (field) {
    case "environment":
      return ["feature_flag.set.id", value]
    case "version":
      return ["feature_flag.version", String(value)]
    case "flag":
      return ["feature_flag.key", value]
  }
  return field.endsWith("Millis")
    ? [`rulestead.${toSnakeCase(field.slice(0, -"Millis".length))}.duration`, Number(value) / 1000]
    : [`rulestead.${toSnakeCase(field)}`, value]
}

const toSnakeCase = (name: string): string => name.replaceAll(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()

/**
 * Logs the events of `Telemetry` to the loggers that it is provided with. Build it before the node, and its first events
 * are logged too.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, Telemetry> = Layer.effectDiscard(
  Effect.flatMap(
    Telemetry,
    ({ events }) =>
      Stream.runForEach(events, (event) => logEvent(nameOf(event), attributesOf(event))).pipe(
        Effect.forkScoped({ startImmediately: true })
      )
  )
)
