/**
 * Somebody who is told of every decision as it is made, as an exporter of events is.
 *
 * Without one, deciding costs what it always does. With one, it costs what the observer takes: it is called from inside
 * `enabled`, `value`, `variant` and `evaluate`, and must not block.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { Decision, Provenance } from "./Decision.ts"
import type { EvaluationContext } from "./EvaluationContext.ts"
import type { ErrorCode } from "./Vocabulary.ts"

/**
 * The caller got its default, or a typed error, instead of an answer. `flag` is what was asked for, and may be any text.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure {
  readonly flag: string
  readonly code: ErrorCode
  readonly snapshot: Provenance
}

/**
 * - `decided`: an answer was served. The decision is the same object as long as it is the same answer from the same
 *   snapshot.
 * - `failed`: there was no answer.
 *
 * Not told: `explain`, and `decisions`, which asks for all flags at once. Should an observer throw, that is counted in
 * the metric `rulestead_observer_failures_total`, and changes nothing else.
 *
 * @category services
 * @since 0.1.0
 */
export class DecisionObserver extends Context.Service<DecisionObserver, {
  readonly decided: (decision: Decision, context: EvaluationContext) => void
  readonly failed: (failure: Failure, context: EvaluationContext) => void
}>()("rulestead/DecisionObserver") {}
