/**
 * How findings are made and put in order.
 */
import type { Finding } from "../../Finding.ts"
import { formatPath } from "../path.ts"

export type Path = ReadonlyArray<PropertyKey>

export const finding = (
  severity: Finding["severity"],
  code: string,
  path: Path,
  message: string,
  fix: string
): Finding => ({ severity, code, path: formatPath(path), message, fix })

/** A flag that is, or may be, there and served to nobody. */
export const unserved = (path: Path, message: string): Finding =>
  finding(
    "warning",
    "not_served",
    path,
    message,
    "to serve its default, write an empty one: ruleset: { rules: [] }"
  )

/** What stands in the way first, then in the order of the document. */
export const byWeight = (a: Finding, b: Finding): number =>
  a.severity === b.severity ? inOrder(a.path, b.path) : a.severity === "error" ? -1 : 1

let collator: Intl.Collator | undefined

/** Makes its collator when there is something to compare: the first one of a process takes 10 ms. */
const inOrder = (a: string, b: string): number => {
  collator ??= new Intl.Collator("en", { numeric: true })
  return collator.compare(a, b)
}
