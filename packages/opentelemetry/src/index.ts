/**
 * What Rulestead does, told to OpenTelemetry.
 *
 * `ApiLogs` needs `@opentelemetry/api-logs`, and is therefore not exported here: import `@rulestead/opentelemetry/ApiLogs`.
 *
 * @since 0.1.0
 */
export * as EffectLogs from "./EffectLogs.ts"
export * as FlagEvaluation from "./FlagEvaluation.ts"
export * as HealthMetrics from "./HealthMetrics.ts"
export * as Identity from "./Identity.ts"
export * as NodeEvents from "./NodeEvents.ts"
export * as Sampling from "./Sampling.ts"
