/** What is different, in words. */
import type * as Audit from "rulestead/Audit"
import * as Output from "./Output.ts"
import { printable } from "./table.ts"

/** A line for each part; nothing for what is new or gone as a whole. */
export const lines = (changes: ReadonlyArray<Audit.Change>): ReadonlyArray<string> =>
  changes.flatMap(({ after, before, path }) =>
    path === "" || bookkeeping.has(path) ? [] : [printable(`${path}: ${side(before)} -> ${side(after)}`)]
  )

/** What every write changes; an event has its time already. */
const bookkeeping: ReadonlySet<string> = new Set(["revision", "updatedAt", "publishedAt", "engagedAt", "archivedAt"])

const longest = 120

const side = (value: Audit.Change["before"]): string => {
  if (value === undefined) return "nothing"
  const text = Output.value(value)
  return text.length > longest ? `${text.slice(0, longest)}...` : text
}
