/**
 * Reading what frameworks and their plugins leave on a request, which has no type.
 */

export const fieldOf = (holder: unknown, name: string): unknown =>
  typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : undefined

/** Of a session or a user: a property, or what `get` answers. */
export const memberOf = (holder: unknown, name: string): string | number | undefined => {
  const get = fieldOf(holder, "get")
  return identityOf(
    fieldOf(holder, name) ?? (typeof get === "function" ? Reflect.apply(get, holder, [name]) : undefined)
  )
}

export const identityOf = (value: unknown): string | number | undefined =>
  typeof value === "string" || typeof value === "number" ? value : undefined
