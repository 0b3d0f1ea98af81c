/**
 * Writes the steps of a flag out as JavaScript. It decides as `interpret` does, and sooner: an attribute whose name stands
 * in the code is read in a fraction of the time, and nothing has to be looked up to know what is to be done. What comes
 * of a rule for free plans of more than 21 seats and of a rollout below it:
 *
 *     (c0, c1, c2, c3, c4, c5) => (context, strict) => {
 *       let attributes, fact, served
 *       try {
 *         if ((attributes ??= attributesOf(context))["plan"] === c0
 *           && typeof (fact = (attributes ??= attributesOf(context))["seats"]) === "number" && fact > c1) return c2
 *         if ((served = c3(context)) !== undefined && (strict || served.missing === undefined)) return served
 *         return c4
 *       } catch {
 *         return c5
 *       }
 *     }
 *
 * Of all that a snapshot says, only the names of attributes get into the code, as string literals. The rest is passed to
 * it, so that flags of one form share their code, whatever their values are.
 */
import * as Result from "effect/Result"
import type { EvaluationContext } from "../EvaluationContext.ts"
import { type CompiledCondition, isDeepEqual } from "./conditions.ts"
import { attributesOf } from "./evaluationContext.ts"
import type { Program } from "./program.ts"
import { remember } from "./remember.ts"
import type { Served } from "./served.ts"
import type { Step, Table } from "./steps.ts"

/** What `interpret` does with a program. */
export type Walk = (context: EvaluationContext, strict: boolean) => Served

/** V8 leaves functions that are much longer than that unoptimised. */
const maxConstants = 1000

/** Answers `undefined` where there is too much to write out, or the process does not allow code to be made of strings. */
export const generate = ({ failed, fallthrough, steps }: Program): Walk | undefined => {
  const constants: Array<unknown> = []
  const constant = (value: unknown): string => `c${constants.push(value) - 1}`

  const factOf = ({ name, read }: CompiledCondition): string =>
    name === undefined
      ? `${constant(read)}(context)`
      : `(attributes ??= attributesOf(context))[${JSON.stringify(name)}]`

  const holds = (condition: CompiledCondition): string => {
    const fact = factOf(condition)
    const expected = constant(condition.kind === "in" ? condition.expected.lookup : condition.expected)
    switch (condition.kind) {
      case "same":
        return `${fact} === ${expected}`
      case "equal":
        return `isDeepEqual(${fact}, ${expected})`
      case "in":
        return `${expected}.has(${fact})`
      case "gt":
        return `typeof (fact = ${fact}) === "number" && fact > ${expected}`
      case "gte":
        return `typeof (fact = ${fact}) === "number" && fact >= ${expected}`
      case "lt":
        return `typeof (fact = ${fact}) === "number" && fact < ${expected}`
      case "lte":
        return `typeof (fact = ${fact}) === "number" && fact <= ${expected}`
      case "matches":
        return `typeof (fact = ${fact}) === "string" && ${expected}(fact)`
      case "exists":
        return `(fact = ${fact}) !== undefined && fact !== null`
    }
  }

  const passes = (condition: CompiledCondition): string =>
    condition.negated ? `!(${holds(condition)})` : holds(condition)

  const lookUp = ({ fact, rules }: Table): string => {
    const table = new Map(rules.entries().map(([expected, { served }]) => [expected, served]))
    return returnIf([`(served = ${constant(table)}.get(${factOf(fact)})) !== undefined`], "served")
  }

  const compareAll = ({ fact, rules }: Table): string => {
    const rows = rules.entries().map(([expected, { served }]) =>
      returnIf([`fact === ${constant(expected)}`], constant(served))
    )
    return [`fact = ${factOf(fact)}`, ...rows].join("\n")
  }

  const statement = (step: Step): string => {
    switch (step.kind) {
      case "serve":
        return returnIf(step.conditions.map(passes), constant(step.served))
      case "ask":
        return returnIf([
          ...step.conditions.map(passes),
          `(served = ${constant(step.decide)}(context)) !== undefined`,
          "(strict || served.missing === undefined)"
        ], "served")
      case "table":
        return step.rules.size > fewRows ? lookUp(step) : compareAll(step)
    }
  }

  const statements = steps.map(statement)
  if (constants.length > maxConstants) return undefined
  const body = [...statements, returnIf([], constant(fallthrough))].join("\n")
  const code = `(context, strict) => {
    let attributes, fact, served
    try {
      ${body}
    } catch {
      ${returnIf([], constant(failed))}
    }
  }`
  const make = makerOf(`(${constants.map((_, index) => `c${index}`).join(", ")}) => ${code}`)
  const walk: unknown = make?.(...constants)
  return isWalk(walk) ? walk : undefined
}

const returnIf = (tests: ReadonlyArray<string>, answer: string): string =>
  tests.length === 0 ? `return ${answer}` : `if (${tests.join(" && ")}) return ${answer}`

const isWalk = (value: unknown): value is Walk => typeof value === "function"

/** Fewer are compared one after the other before a look-up would have found its place. */
const fewRows = 12

type Maker = (...constants: ReadonlyArray<unknown>) => unknown

const isMaker = (value: unknown): value is Maker => typeof value === "function"

const makerOf = remember((code): Maker | undefined => {
  const made = Result.try((): unknown => {
    // oxlint-disable-next-line typescript/no-implied-eval -- what this module is for
    const bind: unknown = new Function("attributesOf", "isDeepEqual", `return ${code}`)
    return isMaker(bind) ? bind(attributesOf, isDeepEqual) : undefined
  })
  return Result.isSuccess(made) && isMaker(made.success) ? made.success : undefined
})
