/**
 * What a flag amounts to: the steps that are walked to decide it, and the outcomes that they lead to.
 */
import type { Outcome, Reason } from "../Decision.ts"
import type { FlagEntry } from "../Snapshot.ts"
import type { Value } from "../Value.ts"
import * as Rules from "./rules.ts"
import { Served } from "./served.ts"
import * as Steps from "./steps.ts"
import { isEnabled } from "./value.ts"

export interface Program {
  /** Known without looking at any context, as of a flag that is killed. */
  readonly fixed: Served | undefined
  readonly steps: ReadonlyArray<Steps.Step>
  /** Those that the steps were made of, as many as were written, to explain what the steps decide. */
  readonly rules: ReadonlyArray<Rules.CompiledRule>
  readonly fallthrough: Served
  readonly failed: Served
  /** Those that were made so far. What a rule leads to is made when it is first served. */
  readonly outcomes: ReadonlyArray<Served>
}

type Flag = Pick<FlagEntry, "key" | "defaultValue" | "rulesetVersion">

const outcomeOf = (flag: Flag, reason: Reason, value: Value, by: Partial<Outcome> = {}): Outcome => ({
  flag: flag.key,
  value: freeze(value),
  enabled: reason === "killed" ? value === true : isEnabled(value),
  variant: null,
  reason,
  rule: null,
  selection: null,
  rulesetVersion: flag.rulesetVersion,
  holdout: false,
  ...by
})

const freeze = (value: Value): Value => {
  if (typeof value !== "object" || value === null) return value
  Object.values(value).forEach(freeze)
  return Object.freeze(value)
}

/** The same for everybody. */
export const always = (outcome: Outcome): Program => {
  const served = new Served(outcome, undefined)
  return { fixed: served, steps: [], rules: [], fallthrough: served, failed: served, outcomes: [served] }
}

/** Of a flag that cannot be compiled. */
export const failing = (flag: Flag): Program => ({
  ...always(outcomeOf(flag, "error", flag.defaultValue)),
  fixed: undefined
})

export const compile = (entry: FlagEntry, audiences: ReadonlyMap<string, Rules.CompiledAudience>): Program =>
  new Compiled(entry, audiences)

/** Keeps nothing of the entry but what deciding needs. */
class Compiled implements Program, Rules.Flag {
  readonly key: string
  readonly salt: string
  readonly defaultValue: Value
  readonly rulesetVersion: number
  readonly rules: ReadonlyArray<Rules.CompiledRule>
  readonly steps: ReadonlyArray<Steps.Step>
  readonly fixed: Served | undefined
  readonly fallthrough: Served
  readonly failed: Served
  outcomes: ReadonlyArray<Served> = []

  constructor(entry: FlagEntry, audiences: ReadonlyMap<string, Rules.CompiledAudience>) {
    const { defaultValue, key, killSwitch, rules, rulesetVersion, salt = "" } = entry
    this.key = key
    this.salt = salt
    this.defaultValue = defaultValue
    this.rulesetVersion = rulesetVersion
    this.fallthrough = this.serve("default", defaultValue)
    this.failed = this.serve("error", defaultValue)
    this.rules = rules.map((rule, index) => Rules.compile(this, rule, index, audiences))
    this.steps = Steps.make(this.rules)
    this.fixed = killSwitch === undefined ? this.forAll(this.steps[0]) : this.serve("killed", killSwitch.value)
  }

  match(value: Value, by: Partial<Outcome>): Served {
    return this.serve("rule_match", value, by)
  }

  private serve(reason: Reason, value: Value, by?: Partial<Outcome>): Served {
    const served = new Served(outcomeOf(this, reason, value, by), undefined)
    this.outcomes = [...this.outcomes, served]
    return served
  }

  private forAll(first: Steps.Step | undefined): Served | undefined {
    if (first === undefined) return this.fallthrough
    return first.kind === "serve" && first.conditions.length === 0 ? first.served : undefined
  }
}
