/**
 * The order in which manifests are printed: the same content is the same text.
 */
import type { Manifest } from "../../Manifest.ts"
import { byKey } from "../byKey.ts"

/** A manifest with everything that has no order of its own in order. */
export const sorted = ({ audiences, flags, schemaVersion }: Manifest): unknown =>
  ordered({
    schemaVersion,
    audiences: audiences.toSorted(byKey),
    flags: flags.toSorted(byKey).map((flag) => ({ ...flag, tags: flag.tags.toSorted() }))
  })

/** Says what something is, so it comes before the rest, which is in alphabetical order. */
const first = ["schemaVersion", "key", "strategy", "attribute", "operator"]

/** A copy of a JSON value with the fields of its objects in order. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map(([name, member]) => [name, ordered(member)])
  )
}

const rank = (name: string): number => {
  const index = first.indexOf(name)
  return index === -1 ? first.length : index
}
