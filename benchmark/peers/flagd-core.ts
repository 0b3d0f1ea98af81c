import type { EvaluationContext, JsonValue } from "@openfeature/core"
import { FlagdCore } from "@openfeature/flagd-core"
import type { Condition, Flag, Rule, User, Value } from "../flags.ts"
import { type Subject, sync } from "../Subject.ts"

const holds = (condition: Condition) => {
  const fact = { var: condition.attribute === "key" ? "targetingKey" : condition.attribute }
  switch (condition.operator) {
    case "equals":
      return { "===": [fact, condition.value] }
    case "in":
      return { in: [fact, condition.values] }
    case "above":
      return { ">": [fact, condition.value] }
  }
}

/** A variant is named by its value, as far as that is text. */
const nameOf = (value: Value): string => typeof value === "object" ? "document" : String(value)

const serve = ({ fallback }: Flag, { serve }: Rule) => {
  switch (serve.to) {
    case "everybody":
      return nameOf(serve.value)
    case "share":
      return { fractional: [[nameOf(serve.value), serve.percentage], [nameOf(fallback), 100 - serve.percentage]] }
    case "split":
      return { fractional: serve.variants.map(({ percentage, value }) => [nameOf(value), percentage]) }
  }
}

const valuesOf = ({ serve }: Rule): ReadonlyArray<Value> =>
  serve.to === "split" ? serve.variants.map(({ value }) => value) : [serve.value]

const definition = (flag: Flag) => {
  const values = flag.rules.flatMap(valuesOf)
  const conditional = flag.rules.filter(({ conditions }) => conditions.length > 0)
  const last = flag.rules.find(({ conditions }) => conditions.length === 0)
  const otherwise = last === undefined ? nameOf(flag.fallback) : serve(flag, last)
  const branches = conditional.flatMap((rule) => [{ and: rule.conditions.map(holds) }, serve(flag, rule)])
  const isStatic = typeof otherwise === "string"
  return {
    state: "ENABLED",
    variants: Object.fromEntries([flag.fallback, ...values].map((value) => [nameOf(value), value])),
    defaultVariant: isStatic ? otherwise : nameOf(flag.fallback),
    ...(branches.length > 0
      ? { targeting: { if: [...branches, otherwise] } }
      : isStatic
      ? {}
      : { targeting: otherwise })
  }
}

const load = (interpreted: boolean) => (flags: ReadonlyArray<Flag>) => {
  const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: interpreted })
  core.setConfigurations(
    JSON.stringify({ flags: Object.fromEntries(flags.map((flag) => [flag.key, definition(flag)])) })
  )
  return {
    context: ({ key, ...attributes }: User): EvaluationContext => ({ targetingKey: key, ...attributes }),
    decide: ({ key, kind }: Flag): (context: EvaluationContext) => JsonValue => {
      switch (kind) {
        case "boolean":
          return (context) => core.resolveBooleanEvaluation(key, false, context).value
        case "string":
          return (context) => core.resolveStringEvaluation(key, "", context).value
        case "json":
          return (context) => core.resolveObjectEvaluation(key, {}, context).value
      }
    },
    all: {
      decide: (context: EvaluationContext) => core.resolveAll(context),
      answer: (decisions: ReturnType<FlagdCore["resolveAll"]>, { key }: Flag) =>
        decisions.find(({ flagKey }) => flagKey === key)?.value
    }
  }
}

const product = { name: "flagd-core", package: "@openfeature/flagd-core" }

export const subjects: ReadonlyArray<Subject> = [
  sync({
    ...product,
    configuration: "fast, default",
    how: "The evaluator inside flagd's provider, called directly; its rules compiled to functions.",
    load: load(false)
  }),
  sync({
    ...product,
    configuration: "interpreter",
    how: "The same without code generation, as edge runtimes need it.",
    load: load(true)
  })
]
