/**
 * A copy of a document that nobody can change any more, neither who gave it nor who is given it.
 */
export const keep = <A>(document: A): A => {
  const copy = structuredClone(document)
  freeze(copy)
  return copy
}

const freeze = (value: unknown): void => {
  if (typeof value !== "object" || value === null) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}
