/**
 * One context of two. Callers without types may pass anything for a context; what cannot be read is left out.
 */
import type { EvaluationContext } from "../EvaluationContext.ts"
import { actorOf } from "./evaluationContext.ts"
import { isFacts, type Named } from "./facts.ts"

export const merge = (base: EvaluationContext, over: EvaluationContext): EvaluationContext => {
  const either = <Name extends keyof EvaluationContext>(name: Name): EvaluationContext[Name] =>
    read(() => over[name]) ?? read(() => base[name])
  return {
    targetingKey: either("targetingKey"),
    tenantKey: either("tenantKey"),
    accountKey: either("accountKey"),
    sessionId: either("sessionId"),
    requestId: either("requestId"),
    environment: either("environment"),
    actor: both(read(() => actorOf(base)), read(() => actorOf(over))),
    attributes: both(read(() => factsOf(base.attributes)), read(() => factsOf(over.attributes)))
  }
}

const read = <A>(what: () => A): A | undefined => {
  try {
    return what()
  } catch {
    return undefined
  }
}

const factsOf = (value: unknown): Named | undefined => isFacts(value) ? value : undefined

const both = (base: Named | undefined, over: Named | undefined): Named | undefined => {
  if (base === undefined || over === undefined) return over ?? base
  return read(() => ({ ...base, ...over })) ?? { ...readable(base), ...readable(over) }
}

const readable = (facts: Named): Named =>
  Object.fromEntries(
    (read(() => Object.keys(facts)) ?? []).flatMap((name) => read(() => [[name, facts[name]] as const]) ?? [])
  )
