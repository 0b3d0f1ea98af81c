/**
 * Telling an observer, whatever it does.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import { DecisionObserver } from "../DecisionObserver.ts"

type Observer = DecisionObserver["Service"]

const failures = Metric.counter("rulestead_observer_failures_total", {
  description: "Decisions that the observer of decisions threw on",
  incremental: true
})

/** The observer that is provided, if there is one, made harmless. */
export const observerIn = (services: Context.Context<never>): Observer | undefined =>
  Option.getOrUndefined(Option.map(
    Context.getOption(services, DecisionObserver),
    (observer) => guard(observer, () => failures.updateUnsafe(1, services))
  ))

const guard = (observer: Observer, onThrow: () => void): Observer => ({
  decided: (decision, context) => {
    try {
      observer.decided(decision, context)
    } catch {
      onThrow()
    }
  },
  failed: (failure, context) => {
    try {
      observer.failed(failure, context)
    } catch {
      onThrow()
    }
  }
})
