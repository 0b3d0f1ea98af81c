/**
 * What is walked to decide a flag: a step for each rule, but one for a table.
 *
 * A table is what rules in a row amount to that each force a value where the same attribute has a certain value, as
 * limits by plan or texts by country are written. It is looked up at once, however many rules there are.
 */
import * as Arr from "effect/Array"
import type { Rule } from "../Rule.ts"
import { type CompiledCondition, factOf } from "./conditions.ts"
import type { Served } from "./served.ts"
import type { CompiledStrategy, Decide } from "./strategy.ts"

export interface CompiledRule {
  readonly rule: Rule
  readonly conditions: ReadonlyArray<CompiledCondition>
  readonly strategy: CompiledStrategy
}

/** When all conditions pass, `decide` is asked; when that has no answer either, the next step is. */
export interface Step {
  readonly conditions: ReadonlyArray<CompiledCondition>
  readonly decide: Decide
}

export const make = (rules: ReadonlyArray<CompiledRule>): ReadonlyArray<Step> =>
  Arr.isReadonlyArrayNonEmpty(rules) ? Arr.groupWith(rules, areOneTable).map(toStep) : []

const areOneTable = (a: CompiledRule, b: CompiledRule): boolean => {
  const row = toRow(a)
  return row !== undefined && row.condition.condition.attribute === toRow(b)?.condition.condition.attribute
}

const toStep = (rules: Arr.NonEmptyReadonlyArray<CompiledRule>): Step => {
  const [{ conditions, strategy }] = rules
  const rows = rules.flatMap((rule) => toRow(rule) ?? [])
  return Arr.isReadonlyArrayNonEmpty(rows) && rows.length > 1 ? toTable(rows) : { conditions, decide: strategy.decide }
}

interface Row {
  readonly condition: CompiledCondition
  readonly served: Served
}

const toRow = ({ conditions: [condition, ...others], strategy: { fixed } }: CompiledRule): Row | undefined =>
  condition?.kind === "same" && !condition.negated && others.length === 0 && fixed !== undefined
    ? { condition, served: fixed }
    : undefined

const toTable = (rows: Arr.NonEmptyReadonlyArray<Row>): Step => {
  const [{ condition }] = rows
  // Reversed, because the first rule for a value decides.
  const table = new Map(rows.toReversed().map(({ condition, served }) => [condition.expected, served]))
  return { conditions: [], decide: (context) => table.get(factOf(condition, context)) }
}
