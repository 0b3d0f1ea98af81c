/**
 * What is walked to decide a flag: a step for each rule, but one for a table.
 *
 * A table is what rules in a row amount to that each force a value where the same attribute has a certain value, as
 * limits by plan or texts by country are written. It is looked up at once, however many rules there are.
 */
import * as Arr from "effect/Array"
import type { EvaluationContext } from "../EvaluationContext.ts"
import type { Rule } from "../Rule.ts"
import { allPass, type CompiledCondition, factOf } from "./conditions.ts"
import type { Served } from "./served.ts"
import type { CompiledStrategy, Decide } from "./strategy.ts"

export interface CompiledRule {
  readonly rule: Rule
  readonly conditions: ReadonlyArray<CompiledCondition>
  readonly strategy: CompiledStrategy
}

/**
 * - `serve`: when all conditions pass, this.
 * - `ask`: when all conditions pass, what `decide` answers, if anything.
 * - `table`: what is there for the fact, if anything.
 *
 * When it has no answer, the next step is asked.
 */
export type Step =
  | { readonly kind: "serve"; readonly conditions: ReadonlyArray<CompiledCondition>; readonly served: Served }
  | { readonly kind: "ask"; readonly conditions: ReadonlyArray<CompiledCondition>; readonly decide: Decide }
  | { readonly kind: "table"; readonly fact: CompiledCondition; readonly table: ReadonlyMap<unknown, Served> }

export const make = (rules: ReadonlyArray<CompiledRule>): ReadonlyArray<Step> =>
  Arr.isReadonlyArrayNonEmpty(rules)
    ? Arr.groupWith(Arr.map(rules, toStep), areOneTable).map((steps) => toTable(steps) ?? steps[0])
    : []

const toStep = ({ conditions, strategy }: CompiledRule): Step =>
  strategy.fixed === undefined
    ? { kind: "ask", conditions, decide: strategy.decide }
    : { kind: "serve", conditions: [...conditions, ...strategy.conditions], served: strategy.fixed }

const areOneTable = (a: Step, b: Step): boolean => {
  const row = toRow(a)
  return row !== undefined && row.condition.condition.attribute === toRow(b)?.condition.condition.attribute
}

const toTable = (steps: ReadonlyArray<Step>): Step | undefined => {
  const rows = steps.flatMap((step) => toRow(step) ?? [])
  const [first, second] = rows
  if (first === undefined || second === undefined) return undefined
  // Reversed, because the first rule for a value decides.
  const table = new Map(rows.toReversed().map(({ condition, served }) => [condition.expected, served]))
  return { kind: "table", fact: first.condition, table }
}

interface Row {
  readonly condition: CompiledCondition
  readonly served: Served
}

const toRow = (step: Step): Row | undefined => {
  if (step.kind !== "serve") return undefined
  const { conditions: [condition, ...others], served } = step
  return condition?.kind === "same" && !condition.negated && others.length === 0 ? { condition, served } : undefined
}

/** What a step answers; `undefined` where it does not apply. */
export const take = (step: Step, context: EvaluationContext): Served | undefined => {
  switch (step.kind) {
    case "serve":
      return allPass(step.conditions, context) ? step.served : undefined
    case "ask":
      return allPass(step.conditions, context) ? step.decide(context) : undefined
    case "table":
      return step.table.get(factOf(step.fact, context))
  }
}
