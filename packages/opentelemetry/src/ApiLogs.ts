/**
 * Decisions as events of the OpenTelemetry API, for applications that have set up an SDK of it.
 *
 * @since 0.1.0
 */
import { type Logger, logs, SeverityNumber } from "@opentelemetry/api-logs"
import type { DecisionObserver } from "rulestead/DecisionObserver"
import { eventName } from "./FlagEvaluation.ts"
import * as Sampling from "./Sampling.ts"

/**
 * - `logger`: where events go; left out, to the logger `rulestead` of the global provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Sampling.Options {
  readonly logger?: Logger | undefined
}

/**
 * An observer for `createRulestead`. Events belong to the span that is active where the decision is made.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead } from "@rulestead/node"
 * import * as ApiLogs from "@rulestead/opentelemetry/ApiLogs"
 *
 * const rulestead = await createRulestead({
 *   environment: "prod",
 *   url: "postgres://localhost/shop",
 *   observer: ApiLogs.observer({ maxPerSecond: 20 })
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const observer = (options: Options = {}): DecisionObserver["Service"] => {
  const logger = options.logger ?? logs.getLogger("rulestead")
  return Sampling.observer(options, {
    emit: (attributes) =>
      logger.emit({ eventName, severityNumber: SeverityNumber.INFO, attributes: { ...attributes } }),
    now: () => performance.now(),
    random: Math.random
  })
}
