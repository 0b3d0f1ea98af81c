import * as AttributePath from "rulestead/AttributePath"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import { fieldOf, isGiven, isRecord } from "./referenceShapes.ts"

const fields: ReadonlyMap<string, string> = new Map([
  ["actor", "actor"],
  ["targeting_key", "targetingKey"],
  ["tenant_key", "tenantKey"],
  ["environment", "environment"],
  ["request_id", "requestId"],
  ["session_id", "sessionId"]
])

type Named = Readonly<Record<string, unknown>>

export const toContext = (context: unknown): EvaluationContext => {
  const actor = toActor(firstTruthy(fieldOf(context, "actor"), fieldOf(context, "subject")))
  const attributes = { ...toFacts(fieldOf(context, "traits")), ...toFacts(fieldOf(context, "attributes")) }
  return {
    targetingKey: toTargetingKey(fieldOf(context, "targeting_key"), actor),
    tenantKey: scalar(fieldOf(context, "tenant_key")),
    sessionId: scalar(fieldOf(context, "session_id")),
    requestId: scalar(fieldOf(context, "request_id")),
    environment: scalar(fieldOf(context, "environment")),
    accountKey: toAccountKey(firstTruthy(attributes["account_key"], attributes["account_id"])),
    actor,
    attributes
  }
}

export const isStrict = (context: unknown): boolean => {
  const strict = fieldOf(context, "strict") ?? fieldOf(context, "strict?")
  return strict === true || strict === "true"
}

/** Empty segments do not count, and a field in oddly dotted form, as `tenant_key.`, falls back to the attributes. */
export const toPath = (context: EvaluationContext) => (attribute: unknown): string => {
  if (typeof attribute !== "string") return unresolvable
  const field = fields.get(attribute)
  if (field !== undefined) return field
  const segments = attribute.split(".").filter((segment) => segment !== "")
  const [head, second] = segments
  if (head === undefined) return unresolvable
  if (second !== undefined || head === "attributes" || head === "actor") return segments.join(".")
  const odd = fields.get(head)
  return odd !== undefined && isGiven(AttributePath.compile(odd)(context)) ? odd : `attributes.${head}`
}

const unresolvable = "nothing.at.all"

const toFacts = (facts: unknown): Named => isRecord(facts) ? facts : {}

const toActor = (actor: unknown): Named | undefined =>
  isRecord(actor) ? actor : isGiven(actor) ? { key: scalar(actor) } : undefined

/** The fallback to the actor is the evaluator's, but a fractional number has another string form in the reference. */
const toTargetingKey = (explicit: unknown, actor: Named | undefined): string | undefined => {
  if (isTruthy(explicit)) return scalar(explicit)
  const key = firstTruthy(actor?.["key"], actor?.["id"])
  return typeof key === "number" && !Number.isInteger(key) ? scalar(key) : undefined
}

const toAccountKey = (account: unknown): string | undefined =>
  typeof account === "string" || typeof account === "number" || account === true ? String(account) : undefined

/** Text, untrimmed; blank for what cannot be text, because the reference does not fall back from it. */
const scalar = (input: unknown): string | undefined => {
  if (!isGiven(input)) return undefined
  if (typeof input === "number" && !Number.isInteger(input)) return scientific(input)
  return typeof input === "string" || typeof input === "number" || typeof input === "boolean" ? String(input) : ""
}

/** `1.5` is `1.50000000000000000000e+00`, as Erlang writes it when told nothing else. */
const scientific = (input: number): string => input.toExponential(20).replace(/e([+-])(\d)$/, "e$10$2")

const isTruthy = (input: unknown): boolean => isGiven(input) && input !== false

const firstTruthy = (a: unknown, b: unknown): unknown => isTruthy(a) ? a : isTruthy(b) ? b : undefined
