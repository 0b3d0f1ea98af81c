/**
 * What is walked to decide a flag: its rules, but a single step for those that are a table.
 *
 * A table is what rules in a row amount to that each force a value where the same attribute has a certain value, as
 * limits by plan or texts by country are written. It is looked up at once, however many rules there are.
 */
import type { EvaluationContext } from "../EvaluationContext.ts"
import { allPass, type CompiledCondition, factOf, haveOneFact } from "./conditions.ts"
import type { CompiledRule, ServingRule } from "./rules.ts"
import type { Served } from "./served.ts"

/** When it has no answer, the next step is asked. */
export type Step = CompiledRule | Table

/** Serves what its rule for the fact does, if there is one. */
export class Table {
  readonly kind = "table"
  readonly fact: CompiledCondition
  readonly rules = new Map<unknown, ServingRule>()

  constructor({ condition, rule }: Row) {
    this.fact = condition
    this.rules.set(condition.expected, rule)
  }

  /** The first rule for a value decides. */
  add({ condition, rule }: Row): void {
    if (!this.rules.has(condition.expected)) this.rules.set(condition.expected, rule)
  }
}

export const make = (rules: ReadonlyArray<CompiledRule>): ReadonlyArray<Step> => {
  const steps: Array<Step> = []
  for (const rule of rules) {
    const table = join(steps.at(-1), rule)
    if (table === undefined) steps.push(rule)
    else steps[steps.length - 1] = table
  }
  return steps.length === rules.length ? rules : steps
}

/** The table that the rule makes with the step before it. */
const join = (step: Step | undefined, rule: CompiledRule): Table | undefined => {
  const row = toRow(rule)
  if (row === undefined) return undefined
  const table = toTable(step)
  if (table === undefined || !haveOneFact(table.fact, row.condition)) return undefined
  table.add(row)
  return table
}

const toTable = (step: Step | undefined): Table | undefined => {
  if (step?.kind === "table") return step
  const row = toRow(step)
  return row && new Table(row)
}

interface Row {
  readonly condition: CompiledCondition
  readonly rule: ServingRule
}

const toRow = (step: Step | undefined): Row | undefined => {
  if (step?.kind !== "serve" || step.conditions.length !== 1) return undefined
  const [condition] = step.conditions
  return condition?.kind === "same" && !condition.negated ? { condition, rule: step } : undefined
}

/** What a step answers; `undefined` where it does not apply. */
export const take = (step: Step, context: EvaluationContext): Served | undefined => {
  switch (step.kind) {
    case "serve":
      return allPass(step.conditions, context) ? step.served : undefined
    case "ask":
      return allPass(step.conditions, context) ? step.decide(context) : undefined
    case "table":
      return step.rules.get(factOf(step.fact, context))?.served
  }
}
