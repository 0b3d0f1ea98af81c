/** All flags for all requests, from memory. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Rulestead } from "rulestead"
import type { Decision } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"

/** What was decided, flag by flag. */
export interface Decided {
  readonly flags: ReadonlyMap<string, Served>
  readonly requests: number
  readonly seconds: number
}

/** What the requests were served of one flag. */
export class Served {
  on = 0
  readonly answers = new Tally()
  readonly reasons = new Tally()

  add(decision: Decision): void {
    if (decision.enabled) this.on++
    this.answers.add(decision.variant ?? nameOf(decision))
    this.reasons.add(reasons[decision.reason])
  }
}

/** How often each name came up. */
export class Tally {
  private readonly counts = new Map<string, number>()

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }

  /** The most frequent first. */
  ranking(): ReadonlyArray<readonly [name: string, count: number]> {
    return [...this.counts].sort(([, a], [, b]) => b - a)
  }
}

/** Objects are too long to show: they go by what served them. */
const nameOf = ({ reason, rule, value }: Decision): string =>
  typeof value === "object" && value !== null ? rule ?? reason : String(value)

const reasons = { rule_match: "rule", default: "default", killed: "kill switch", error: "error" }

export const decideAll = Effect.fnUntraced(function*(requests: ReadonlyArray<EvaluationContext>) {
  const rulestead = yield* Rulestead
  const decide = Effect.sync(() => requests.map((request) => rulestead.decisionsUnsafe(request)))
  const [duration, decisions] = yield* Effect.timed(decide)
  const decided: Decided = { flags: count(decisions), requests: requests.length, seconds: Duration.toSeconds(duration) }
  return decided
})

const count = (decisions: ReadonlyArray<ReadonlyMap<string, Decision>>): ReadonlyMap<string, Served> => {
  const flags = new Map<string, Served>()
  for (const decision of decisions.flatMap((byFlag) => [...byFlag.values()])) {
    const served = flags.get(decision.flag) ?? new Served()
    served.add(decision)
    flags.set(decision.flag, served)
  }
  return flags
}
