/**
 * How the fact is read that a path names. See `AttributePath`, whose schema deciding can do without.
 */
import type { Read } from "../AttributePath.ts"
import { actorOf, attributesOf, identity, targetingKey, untrimmedIdentity } from "./evaluationContext.ts"
import * as Facts from "./facts.ts"

export const fields: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["targetingKey", targetingKey],
  ["tenantKey", (context) => identity(context.tenantKey)],
  ["accountKey", (context) => untrimmedIdentity(context.accountKey)],
  ["sessionId", (context) => identity(context.sessionId)],
  ["requestId", (context) => identity(context.requestId)],
  ["environment", (context) => identity(context.environment)]
])

export const compile = (path: string): Read => {
  const field = fields.get(path)
  if (field !== undefined) return field
  const [head = "", ...names] = path.split(".")
  if (head === "attributes") return walk(attributesOf, names)
  if (head === "actor") return walk(actorOf, names)
  return names.length === 0 ? walk(attributesOf, [head]) : () => undefined
}

const walk = (root: Read, names: ReadonlyArray<string>): Read => {
  const readers = names.map(Facts.reader)
  return (context) => {
    let fact: unknown = root(context)
    for (const read of readers) fact = read(fact)
    return fact
  }
}

/**
 * The name of the attribute, where a path is `plan` or `attributes.plan` and its fact can be read from the attributes
 * like any property.
 */
export const attributeName = (path: string): string | undefined => {
  const [head = "", ...names] = path.split(".")
  const [name, ...deeper] = head === "attributes" ? names : fields.has(head) || head === "actor" ? [] : [head, ...names]
  return name === undefined || deeper.length > 0 || Facts.isInherited(name) ? undefined : name
}
