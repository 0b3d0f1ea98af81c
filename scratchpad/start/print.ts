/** What the tour says: plain text of at most 100 columns. */
import * as Explanation from "rulestead/Explanation"
import type { Health } from "rulestead/Health"
import type { Manifest, Report } from "rulestead/Manifest"
import type { Rollout, Watched } from "./change.ts"
import { type Decided, Served, type Tally } from "./decide.ts"

export const opening = (place: string): string => `${heading("The flags of a web shop")}\n${fact("Store", place)}`

export const catalogue = ({ audiences, environment, flags: { created, published } }: Report): string => {
  if (created.length > 0) {
    const made = `created ${created.length} flags and ${audiences.created.length} audiences`
    return fact("Catalogue", `${made}, published ${published.length} flags to ${environment.key}`)
  }
  const differed = published.length > 3 ? `${published.length} flags` : published.join(", ")
  return [
    fact("Data", "found from an earlier run"),
    fact("Catalogue", published.length === 0 ? "as published" : `differed, published again: ${differed}`)
  ].join("\n")
}

export const node = ({ environment, flags, source, version }: Health): string =>
  fact("Node", `decides ${flags} flags by snapshot ${version} of ${environment} (${source})`)

export const decisions = ({ flags }: Manifest, decided: Decided): string => {
  const total = decided.requests * decided.flags.size
  const rows = flags.map(({ key, valueType }) => {
    const { answers, on, reasons } = decided.flags.get(key) ?? new Served()
    return [
      key,
      valueType,
      `${(100 * on / decided.requests).toFixed(1)}%`,
      shares(answers, decided.requests, served.width),
      shares(reasons, decided.requests, reason.width)
    ]
  })
  return [
    heading(`${number(decided.requests)} requests, ${flags.length} flags`),
    table(columns, rows),
    `\n${number(total)} decisions in ${decided.seconds.toFixed(2)} s, ${number(total / decided.seconds)} per second`
  ].join("\n")
}

const served: Column = { title: "served", width: 32 }
const reason: Column = { title: "decided by", width: 24 }

const columns: ReadonlyArray<Column> = [
  { title: "flag", width: 23 },
  { title: "type", width: 7 },
  { title: "on", width: 6, align: "right" },
  served,
  reason
]

export const explanation = (explained: Explanation.Explanation): string =>
  `${heading("Why one of them got what it got")}\n${Explanation.format(explained)}`

export const change = (
  { flag, percentage, rule }: Rollout,
  { after, before, milliseconds }: Watched
): string => {
  const kept = [...before.users].filter((user) => after.users.has(user)).length
  const stay = kept === before.users.size ? "all of them stay in" : `${number(before.users.size - kept)} fell out`
  return [
    heading(`${flag}: ${rule} raised to ${percentage}% while the node runs`),
    fact("before", `snapshot ${before.version}, on for ${number(before.users.size)} users`),
    fact("after", `snapshot ${after.version}, on for ${number(after.users.size)} users; ${stay}`),
    fact("delay", `${milliseconds.toFixed(1)} ms from the commit to a decision by the new rules`)
  ].join("\n")
}

export const ending = (remains: string): string => `\n${remains}`

const heading = (text: string): string => `\n${text}\n${"-".repeat(text.length)}`

const fact = (name: string, text: string): string => `${name.padEnd(11)}${text}`

/** The largest shares, as many as there is room for. */
const shares = (tally: Tally, total: number, room: number): string => {
  const all = tally.ranking().map(([name, count]) => `${shorten(name, 19)} ${percent(count, total)}`)
  for (let shown = all.length; shown > 0; shown--) {
    const text = [...all.slice(0, shown), ...(shown < all.length ? ["…"] : [])].join(", ")
    if (text.length <= room) return text
  }
  return "…"
}

const percent = (part: number, whole: number): string => {
  const share = 100 * part / whole
  return `${share === 100 || (share >= 10 && share < 99.5) ? share.toFixed(0) : share.toFixed(1)}%`
}

const number = (value: number): string => Math.round(value).toLocaleString("en-US")

interface Column {
  readonly title: string
  readonly width: number
  readonly align?: "right"
}

const table = (columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [columns.map(({ title }) => title), columns.map(({ width }) => "-".repeat(width)), ...rows]
    .map((row) => columns.map((column, index) => cell(row[index] ?? "", column)).join("  ").trimEnd())
    .join("\n")

const cell = (text: string, { align, width }: Column): string =>
  align === "right" ? shorten(text, width).padStart(width) : shorten(text, width).padEnd(width)

const shorten = (text: string, width: number): string => text.length > width ? `${text.slice(0, width - 1)}…` : text
