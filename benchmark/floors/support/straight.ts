// A flag as somebody would write it by hand: straight-line code, with no telemetry, no reason and no result object.
import { hashPrefix, type Namespace } from "../../expected.ts"
import type { Condition, Flag, Rule, User, Value } from "../../flags.ts"
import { compile } from "./compile.ts"

export type Straight = (user: User) => Value

export type Hash = (prefix: string) => (key: string) => number

export const straight = (flag: Flag, hash: Hash): Straight => {
  const constants: Array<unknown> = []
  const constant = (value: unknown): string => `c${constants.push(value) - 1}`

  const literal = (value: Value): string => typeof value === "object" ? constant(value) : JSON.stringify(value)

  const holds = (condition: Condition): string => {
    const fact = `user.${condition.attribute}`
    switch (condition.operator) {
      case "equals":
        return `${fact} === ${JSON.stringify(condition.value)}`
      case "in":
        return `${constant(new Set(condition.values))}.has(${fact})`
      case "above":
        return `${fact} > ${condition.value}`
    }
  }

  const bucket = (namespace: Namespace, rule: Rule): string =>
    `${constant(hash(hashPrefix(namespace, flag, rule)))}(user.key)`

  const serve = (rule: Rule): string => {
    const { serve } = rule
    switch (serve.to) {
      case "everybody":
        return `return ${literal(serve.value)}`
      case "share":
        return `if (${bucket("rollout", rule)} < ${serve.percentage * 100}) return ${literal(serve.value)}`
      case "split": {
        let end = 0
        const shares = serve.variants.map(({ percentage, value }) =>
          `if (bucket < ${end += percentage * 100}) return ${literal(value)}`
        )
        return [`const bucket = ${bucket("variant", rule)}`, ...shares].join("\n")
      }
    }
  }

  const body = flag.rules.map((rule) => {
    const conditions = rule.conditions.map(holds).join(" && ")
    return conditions === "" ? serve(rule) : `if (${conditions}) { ${serve(rule)} }`
  })
  const source = `return (user) => { ${[...body, `return ${literal(flag.fallback)}`].join("\n")} }`
  const make: (...constants: ReadonlyArray<unknown>) => Straight = compile(
    constants.map((_, index) => `c${index}`),
    source
  )
  return make(...constants)
}
