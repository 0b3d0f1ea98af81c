/**
 * Contexts of OpenFeature as contexts of Rulestead.
 */
import type * as OpenFeature from "@openfeature/server-sdk"
import type { EvaluationContext, Facts } from "rulestead/EvaluationContext"

/** How deep dates are looked for. */
const maxDepth = 8

export const toContext = (context: OpenFeature.EvaluationContext): EvaluationContext => ({
  targetingKey: identityOf(context.targetingKey),
  tenantKey: identityOf(context["tenantKey"]),
  accountKey: identityOf(context["accountKey"]),
  sessionId: identityOf(context["sessionId"]),
  requestId: identityOf(context["requestId"]),
  environment: typeof context["environment"] === "string" ? context["environment"] : undefined,
  actor: isFacts(context["actor"]) ? withoutDates(context["actor"]) : undefined,
  attributes: withoutDates(context)
})

const identityOf = (value: unknown): string | number | undefined =>
  typeof value === "string" || typeof value === "number" ? value : undefined

const isFacts = (value: unknown): value is Facts => typeof value === "object" && value !== null && !Array.isArray(value)

/** The same object where there is no date in it, as is usual. */
const withoutDates = (facts: Facts): Facts => hasDate(facts, 0) ? convertFacts(facts, 0) : facts

const hasDate = (value: unknown, depth: number): boolean => {
  if (typeof value !== "object" || value === null || depth > maxDepth) return false
  if (value instanceof Date) return true
  for (const name in value) {
    if (hasDate(Reflect.get(value, name), depth + 1)) return true
  }
  return false
}

const convert = (value: unknown, depth: number): unknown => {
  if (!hasDate(value, depth)) return value
  if (value instanceof Date) return value.getTime()
  if (Array.isArray(value)) return value.map((item: unknown) => convert(item, depth + 1))
  return isFacts(value) ? convertFacts(value, depth) : value
}

const convertFacts = (facts: Facts, depth: number): Facts =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, convert(value, depth + 1)]))
