/**
 * Where something is in a document, as people read it: `rules[1].rollout.percentage`, `flags["new-checkout"].ruleset`.
 */

export const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    const name = String(key)
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === "" ? name : `${text}.${name}`
  }, "")

/** The way back from {@link formatPath}. */
export const parsePath = (path: string): ReadonlyArray<string | number> =>
  path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([A-Za-z_$][\w$]*)/g).map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index)
    return quoted === undefined ? name ?? "" : String(JSON.parse(quoted))
  }).toArray()
