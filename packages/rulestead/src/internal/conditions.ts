/**
 * Conditions, ready to be tested.
 *
 * They are data that one loop interprets, all of the same fields, and not a function each: calls of functions that V8
 * does not know ahead would cost more than the tests.
 */
import * as Result from "effect/Result"
import type { Read } from "../AttributePath.ts"
import type { Condition } from "../Condition.ts"
import type { EvaluationContext } from "../EvaluationContext.ts"
import type { ConditionExplanation, Options } from "../Explanation.ts"
import type * as Pattern from "../Pattern.ts"
import * as AttributePath from "./attributePath.ts"
import { attributesOf } from "./evaluationContext.ts"
import { compile as compilePattern } from "./pattern.ts"
import { remember } from "./remember.ts"
import { Texts } from "./texts.ts"

export type CompiledCondition = Fact & Test

interface Fact {
  /** Set where the fact is an attribute, which the loop reads itself. */
  readonly name: string | undefined
  readonly read: Read
}

type Test =
  | { readonly kind: "same"; readonly negated: boolean; readonly expected: unknown }
  | { readonly kind: "equal"; readonly negated: boolean; readonly expected: unknown }
  | { readonly kind: "in"; readonly negated: boolean; readonly expected: Values }
  | { readonly kind: "gt" | "gte" | "lt" | "lte"; readonly negated: boolean; readonly expected: number }
  | { readonly kind: "matches"; readonly negated: boolean; readonly expected: Pattern.Test }
  | { readonly kind: "exists"; readonly negated: boolean; readonly expected: undefined }

/** Written out field by field, because there are very many of them, and what is spread takes V8 more time and memory. */
export const compile = (condition: Condition): CompiledCondition => {
  const { name, read } = factNamed(condition.attribute)
  switch (condition.operator) {
    case "equals":
    case "not_equals": {
      const { operator, value: expected } = condition
      const kind = typeof expected === "object" ? "equal" : "same"
      return { name, read, kind, negated: operator === "not_equals", expected }
    }
    case "in":
    case "not_in":
      return {
        name,
        read,
        kind: "in",
        negated: condition.operator === "not_in",
        expected: new Values(condition.values)
      }
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return { name, read, kind: condition.operator, negated: false, expected: condition.value }
    case "regex": {
      const expected = Result.getOrElse(compilePattern(condition.pattern, condition.flags), () => () => false)
      return { name, read, kind: "matches", negated: false, expected }
    }
    case "exists":
      return { name, read, kind: "exists", negated: false, expected: undefined }
  }
}

const factNamed = remember((path): Fact => ({
  name: AttributePath.attributeName(path),
  read: AttributePath.compile(path)
}))

/** Whether both are known to look at the same fact. */
export const haveOneFact = (a: Fact, b: Fact): boolean => a.name === undefined ? a.read === b.read : a.name === b.name

type Lookup = Pick<ReadonlySet<unknown>, "has">

/** A list, which becomes a set when it is first looked up in. Most lists of most flags never are. */
class Values {
  private readonly values: ReadonlyArray<unknown>
  private made: Lookup | undefined = undefined

  constructor(values: ReadonlyArray<unknown>) {
    this.values = values
  }

  get lookup(): Lookup {
    return this.made ??= lookupOf(this.values)
  }
}

/** Fewer stay in the caches of a processor, where a `Set` is as fast. */
const veryMany = 10_000

const lookupOf = (values: ReadonlyArray<unknown>): Lookup =>
  values.length >= veryMany && values.every((value) => typeof value === "string") ? new Texts(values) : new Set(values)

/** Whether all of them pass; those after the first that fails are not looked at. */
export const allPass = (conditions: ReadonlyArray<CompiledCondition>, context: EvaluationContext): boolean => {
  for (const condition of conditions) {
    if (holds(condition, factOf(condition, context)) === condition.negated) return false
  }
  return true
}

export const factOf = ({ name, read }: CompiledCondition, context: EvaluationContext): unknown =>
  name === undefined ? read(context) : attributesOf(context)[name]

const holds = (test: Test, fact: unknown): boolean => {
  switch (test.kind) {
    case "same":
      return fact === test.expected
    case "equal":
      return isDeepEqual(fact, test.expected)
    case "in":
      return test.expected.lookup.has(fact)
    case "gt":
      return typeof fact === "number" && fact > test.expected
    case "gte":
      return typeof fact === "number" && fact >= test.expected
    case "lt":
      return typeof fact === "number" && fact < test.expected
    case "lte":
      return typeof fact === "number" && fact <= test.expected
    case "matches":
      return typeof fact === "string" && test.expected(fact)
    case "exists":
      return isPresent(fact)
  }
}

const isPresent = (fact: unknown): boolean => fact !== undefined && fact !== null

/** Bounded by `expected`, which is finite JSON; `actual` may be anything, cyclic included. */
export const isDeepEqual = (actual: unknown, expected: unknown): boolean => {
  if (typeof expected !== "object" || expected === null) return actual === expected
  if (Array.isArray(expected)) {
    return Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => isDeepEqual(actual[index], item))
  }
  if (!isPlainObject(actual)) return false
  const entries = Object.entries(expected)
  return Object.keys(actual).length === entries.length &&
    entries.every(([name, value]) => Object.hasOwn(actual, name) && isDeepEqual(Reflect.get(actual, name), value))
}

/** Made by a literal, by `JSON.parse` or without a prototype, in whichever realm. */
const isPlainObject = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Total: a fact that cannot be read is missing and passes nothing. */
export const explain = (
  condition: Condition,
  compiled: CompiledCondition,
  context: EvaluationContext,
  options: Options
): ConditionExplanation => {
  const explained = (actual: unknown, passed: boolean): ConditionExplanation => ({
    attribute: condition.attribute,
    operator: condition.operator,
    passed,
    present: isPresent(actual),
    ...(options.reveal === true ? { actual, expected: expectedOf(condition) } : {})
  })
  try {
    const actual = factOf(compiled, context)
    return explained(actual, holds(compiled, actual) !== compiled.negated)
  } catch {
    return explained(undefined, false)
  }
}

const expectedOf = (condition: Condition): unknown => {
  switch (condition.operator) {
    case "in":
    case "not_in":
      return condition.values
    case "regex":
      return `/${condition.pattern}/${condition.flags ?? ""}`
    case "exists":
      return undefined
    default:
      return condition.value
  }
}
