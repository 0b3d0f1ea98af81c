/**
 * What was told already.
 */
import type { Decision } from "rulestead/Decision"
import type { Failure } from "rulestead/DecisionObserver"

/** `until`: when it may be told again. `count`: how often it happened since it was told. */
export interface Repetition {
  until: number
  count: number
}

/** How many failures are told apart; anybody may ask for any flag. */
const maxFailures = 1_000

export class Repetitions {
  private readonly after: number
  // A decision is one object for as long as it is the same answer from the same snapshot.
  private readonly decisions = new WeakMap<Decision, Repetition>()
  private readonly failures = new Map<string, Repetition>()

  constructor(after: number) {
    this.after = after
  }

  ofDecision(decision: Decision): Repetition {
    const known = this.decisions.get(decision)
    if (known !== undefined) return known
    const repetition = fresh()
    this.decisions.set(decision, repetition)
    return repetition
  }

  ofFailure({ code, flag }: Failure): Repetition {
    const key = `${code} ${flag}`
    const known = this.failures.get(key)
    if (known !== undefined) return known
    if (this.failures.size >= maxFailures) this.failures.clear()
    const repetition = fresh()
    this.failures.set(key, repetition)
    return repetition
  }

  /** Answers how many happened since it was last told. */
  tell(repetition: Repetition, time: number): number {
    const { count } = repetition
    repetition.count = 0
    repetition.until = time + this.after
    return count
  }
}

const fresh = (): Repetition => ({ until: -Infinity, count: 0 })
