/**
 * Looks into documents that may have any shape, for checks that span several fields.
 */
import type { Violation } from "../InvalidInput.ts"

/** An own property; `undefined` where there is none. */
export const fieldOf = (input: unknown, name: string): unknown =>
  typeof input === "object" && input !== null && Object.hasOwn(input, name) ? Reflect.get(input, name) : undefined

/** The items of a list; none where there is no list. */
export const listAt = (input: unknown, name: string): ReadonlyArray<unknown> => {
  const list = fieldOf(input, name)
  return Array.isArray(list) ? list : []
}

/** A violation for every item whose key an earlier one has. */
export const repeatedKeys = (
  items: ReadonlyArray<unknown>,
  path: ReadonlyArray<PropertyKey>,
  what: string
): ReadonlyArray<Violation> => {
  const seen = new Set<unknown>()
  return items.flatMap((item, index) => {
    const key = fieldOf(item, "key")
    if (key === undefined || !seen.has(key)) {
      seen.add(key)
      return []
    }
    return [{ path: [...path, index, "key"], rule: "unique_key", allowed: `a key that no earlier ${what} has` }]
  })
}
