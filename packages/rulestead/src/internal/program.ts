/**
 * What a flag amounts to: every outcome that it can have, and the steps that lead to one.
 */
import type { Outcome, Reason } from "../Decision.ts"
import type { FlagEntry } from "../Snapshot.ts"
import * as Value from "../Value.ts"
import * as Conditions from "./conditions.ts"
import { selectionOf } from "./selection.ts"
import { Served } from "./served.ts"
import * as Steps from "./steps.ts"
import * as Strategy from "./strategy.ts"

export interface Program {
  /** Known without looking at any context, as of a flag that is killed. */
  readonly fixed: Served | undefined
  readonly steps: ReadonlyArray<Steps.Step>
  /** As they were written, to explain what the steps decide. */
  readonly rules: ReadonlyArray<Steps.CompiledRule>
  readonly fallthrough: Served
  readonly failed: Served
  readonly outcomes: ReadonlyArray<Served>
}

type Flag = Pick<FlagEntry, "key" | "defaultValue" | "rulesetVersion">

const outcomeOf = (flag: Flag, reason: Reason, value: Value.Value, by: Partial<Outcome> = {}): Outcome => ({
  flag: flag.key,
  value,
  enabled: reason === "killed" ? value === true : Value.isEnabled(value),
  variant: null,
  reason,
  rule: null,
  selection: null,
  rulesetVersion: flag.rulesetVersion,
  holdout: false,
  ...by
})

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

/** Lists become sets, rules that spell out a table a map, salts a prepared hash, and outcomes one object each. */
export const compile = (
  entry: FlagEntry,
  audiences: ReadonlyMap<string, Strategy.CompiledAudience>
): Program => {
  const outcomes: Array<Served> = []
  const outcome = (reason: Reason, value: Value.Value, by?: Partial<Outcome>): Outcome =>
    outcomeOf(entry, reason, freeze(value), by)
  const serve = (...of: Parameters<typeof outcome>): Served => {
    const served = new Served(outcome(...of), undefined)
    outcomes.push(served)
    return served
  }
  const fallthrough = serve("default", entry.defaultValue)
  const failed = serve("error", entry.defaultValue)
  const killed = entry.killSwitch === undefined ? undefined : serve("killed", entry.killSwitch.value)
  const rules = entry.rules.map((rule, index): Steps.CompiledRule => ({
    rule,
    conditions: rule.conditions.map(Conditions.compile),
    strategy: Strategy.compile(entry, rule, audiences, {
      value: (value, variant = null, holdout = false) =>
        serve("rule_match", value, { rule: rule.key, selection: selectionOf(rule, index), variant, holdout }),
      missing: (bucketBy) =>
        new Served(outcome("default", entry.defaultValue), { flag: entry.key, rule: rule.key, bucketBy })
    })
  }))
  const steps = Steps.make(rules)
  return { fixed: killed ?? fixedBy(steps[0], fallthrough), steps, rules, fallthrough, failed, outcomes }
}

const fixedBy = (first: Steps.Step | undefined, fallthrough: Served): Served | undefined => {
  if (first === undefined) return fallthrough
  return first.kind === "serve" && first.conditions.length === 0 ? first.served : undefined
}

const freeze = (value: Value.Value): Value.Value => {
  if (typeof value !== "object" || value === null) return value
  Object.values(value).forEach(freeze)
  return Object.freeze(value)
}
