/**
 * JSON text that is the same for the same content, in whatever order its fields were written or stored.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => sortFields(part))

/** Whether two JSON values have the same content. */
export const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b)

const sortFields = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    : value
