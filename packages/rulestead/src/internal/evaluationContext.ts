/**
 * What a context says: the identities and the facts in it. See `EvaluationContext`, whose schemas deciding can do without.
 */
import type { EvaluationContext } from "../EvaluationContext.ts"
import { isFacts, type Named } from "./facts.ts"
import { trim } from "./trim.ts"

export const identity = (value: unknown): string | undefined => {
  if (typeof value === "string") {
    const trimmed = trim(value)
    return trimmed === "" ? undefined : trimmed
  }
  return untrimmedIdentity(value)
}

export const untrimmedIdentity = (value: unknown): string | undefined => {
  switch (typeof value) {
    case "string":
      return value === "" ? undefined : value
    case "number":
      return Number.isFinite(value) ? String(value) : undefined
    case "bigint":
    case "boolean":
      return String(value)
    default:
      return undefined
  }
}

export const targetingKey = (context: EvaluationContext): string | undefined => {
  const explicit: unknown = context.targetingKey
  if (typeof explicit === "string" || isGiven(explicit)) return identity(explicit)
  const actor = actorOf(context)
  if (actor === undefined) return undefined
  const key = actor["key"]
  return identity(isGiven(key) ? key : actor["id"])
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== false

export const attributesOf = (context: EvaluationContext): Named => {
  const attributes: unknown = context.attributes
  return isFacts(attributes) ? attributes : noFacts
}

const noFacts: Named = Object.freeze({})

export const actorOf = (context: EvaluationContext): Named | undefined => {
  const actor: unknown = context.actor
  if (isFacts(actor)) return actor
  return isGiven(actor) ? { key: identity(actor) } : undefined
}
