/**
 * Whether a value is of the type that was asked for.
 */
export const isBoolean = (value: unknown): value is boolean => typeof value === "boolean"

export const isString = (value: unknown): value is string => typeof value === "string"

export const isNumber = (value: unknown): value is number => typeof value === "number"

/** Objects where the default is an object, lists where it is a list, and any of them or `null` where it is `null`. */
export const isLike = <T>(otherwise: T) => (value: unknown): value is T => {
  if (typeof value !== "object") return false
  return otherwise === null || (value !== null && Array.isArray(value) === Array.isArray(otherwise))
}
