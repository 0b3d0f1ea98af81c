/**
 * What differs between two documents, told field by field, as far as the reader may see.
 */
import type * as Schema from "effect/Schema"
import { isSame } from "./canonicalJson.ts"

type Json = Schema.Json

export interface Difference {
  readonly path: string
  readonly before?: Json
  readonly after?: Json
}

export const redacted = "[redacted]"

/** How much of a field may be seen: all of it, some fields inside, or only that it is there. */
export type Sight = (path: ReadonlyArray<string>) => "all" | "inside" | "nothing"

const everything: Sight = () => "all"

/** Sight of the fields in the list, each named by its path from the top. */
export const sight = (allow: ReadonlyArray<string>): Sight => {
  const allowed = new Set(allow)
  const above = new Set(allow.flatMap((field) => prefixes(field.split("."))))
  return (path) => {
    const covered = path.length > 0 && [...prefixes(path), path.join(".")].some((field) => allowed.has(field))
    if (covered) return "all"
    return path.length === 0 || above.has(path.join(".")) ? "inside" : "nothing"
  }
}

const prefixes = (path: ReadonlyArray<string>): ReadonlyArray<string> =>
  path.slice(1).map((_, index) => path.slice(0, index + 1).join("."))

/** The document, with a mark for everything that may not be seen. */
export const redact = (document: Json, sight: Sight): Json => hide(document, sight, [])

const hide = (value: Json, sight: Sight, path: ReadonlyArray<string>): Json => {
  const seen = sight(path)
  if (seen === "all" || (value === null && path.length === 0)) return value
  if (seen === "nothing") return redacted
  if (isList(value)) return value.map((item) => hide(item, sight, path))
  if (!isObject(value)) return redacted
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, hide(part, sight, [...path, name])]))
}

/** The differences, in the order in which the documents have their fields. */
export const diff = (before: Json, after: Json, sight: Sight = everything): ReadonlyArray<Difference> =>
  compare({ before: absent(before), after: absent(after), path: "", fields: [] }, sight)

/** What is not there, and what is there without anything in it, are the same at the top. */
const absent = (document: Json): Json | undefined => document ?? undefined

interface Pair {
  readonly before: Json | undefined
  readonly after: Json | undefined
  readonly path: string
  readonly fields: ReadonlyArray<string>
}

const compare = (pair: Pair, sight: Sight): ReadonlyArray<Difference> => {
  const { after, before, fields, path } = pair
  if (isSame(before, after)) return []
  if (isObject(before) && isObject(after) && sight(fields) !== "nothing") {
    return names(before, after).flatMap((name) =>
      compare({
        before: own(before, name),
        after: own(after, name),
        path: path === "" ? name : `${path}.${name}`,
        fields: [...fields, name]
      }, sight)
    )
  }
  if (isList(before) && isList(after) && sight(fields) !== "nothing") return compareItems(pair, before, after, sight)
  const shown = (side: "before" | "after", value: Json | undefined) =>
    value === undefined ? {} : { [side]: hide(value, sight, fields) }
  return [{ path, ...shown("before", before), ...shown("after", after) }]
}

const compareItems = (
  { fields, path }: Pair,
  before: ReadonlyArray<Json>,
  after: ReadonlyArray<Json>,
  sight: Sight
): ReadonlyArray<Difference> => {
  const named = sight([...fields, "key"]) === "all" ? byName : byNumber
  const [held, next] = [named(before), named(after)]
  const differences = [...new Set([...held.keys(), ...next.keys()])].flatMap((name) =>
    compare({ before: held.get(name), after: next.get(name), path: `${path}[${name}]`, fields }, sight)
  )
  const [stayed, now] = [
    [...held.keys()].filter((name) => next.has(name)),
    [...next.keys()].filter((name) => held.has(name))
  ]
  return isSame(stayed, now) ? differences : [...differences, { path, before: stayed, after: now }]
}

/** Items by their keys, where all have one of their own, else by their numbers. */
const byName = (items: ReadonlyArray<Json>): ReadonlyMap<string, Json> => {
  const keyed = new Map(items.flatMap((item) => {
    const key = isObject(item) ? own(item, "key") : undefined
    return typeof key === "string" ? [[key, item] as const] : []
  }))
  return keyed.size === items.length ? keyed : byNumber(items)
}

const byNumber = (items: ReadonlyArray<Json>): ReadonlyMap<string, Json> =>
  new Map(items.map((item, index) => [`${index}`, item]))

interface JsonObject {
  readonly [name: string]: Json
}

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const own = (object: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined

const names = (before: JsonObject, after: JsonObject): ReadonlyArray<string> => [
  ...new Set([...Object.keys(before), ...Object.keys(after)])
]
