/** The matrix in words. */
import {
  type Cell,
  type Family,
  matrix,
  nameOf,
  type Phase,
  phases,
  type Serves,
  type Shown,
  type Told
} from "../matrix.ts"

const families: Readonly<Record<string, Family>> = matrix

const titles: Readonly<Record<keyof typeof matrix, string>> = {
  server: "The server",
  database: "The database",
  network: "The network",
  rows: "What the database holds",
  signatures: "What the database holds, where it is signed",
  disk: "The disk of the backup",
  clock: "The clock",
  telemetry: "Those who watch",
  implementation: "An implementation of one's own"
}

export interface Row {
  readonly name: string
  readonly phase: Phase
  readonly fault: string
  readonly served: string
  readonly shown: string
  readonly told: string
  readonly recovered: string
}

const rowsOf = (family: Family): ReadonlyArray<Row> =>
  Object.entries(family).flatMap(([fault, { cells }]) =>
    phases.flatMap((phase) => {
      const cell = cells[phase]
      return cell === undefined ? [] : [{ name: nameOf(phase, fault), phase, fault, ...inWords(phase, cell) }]
    })
  )

export const rows = (): ReadonlyArray<Row> => Object.values(families).flatMap(rowsOf)

const inWords = (phase: Phase, cell: Cell) => ({
  served: servedInWords(phase, cell.during.serves),
  shown: shownInWords(cell.during),
  told: [
    ...cell.told.map(toldInWords),
    ...(cell.publisher === undefined ? [] : [`to the publisher: ${cell.publisher}`])
  ].join(", "),
  recovered: [
    phase === "stopping" ? "the next node serves the next publish" : "serves the next publish",
    ...(cell.afterwards ?? []).map(toldInWords)
  ].join(", ")
})

const servedInWords = (phase: Phase, serves: Serves): string => {
  switch (serves) {
    case "default":
      return "the caller's default"
    case "held":
      return phase === "first start with a backup" ? "the backup" : "what it had"
    case "previous":
      return "the backup before"
    case "latest":
      return "the latest publish"
    case "committed":
      return "what it has heard of"
  }
}

const shownInWords = ({ backup, listener, live, lost, problem, quarantined, readiness, stale }: Shown): string =>
  [
    live === false ? "closed" : readiness,
    ...(stale ? ["stale"] : []),
    ...(problem === undefined || problem === null ? [] : [problem]),
    ...(listener === undefined ? [] : [`listener ${listener}`]),
    ...(backup === undefined ? [] : [`backup ${backup}`]),
    ...(quarantined === undefined ? [] : [`quarantined: ${quarantined}`]),
    ...(lost === undefined ? [] : [`telemetry ${lost}`])
  ].join(", ")

const toldInWords = (told: Told): string => {
  if (typeof told === "string") return told
  const { _tag, ...fields } = told
  const values = Object.entries(fields).map(([name, value]) =>
    typeof value === "string" ? value : `${name}: ${String(value)}`
  )
  return `${_tag} (${values.join(", ")})`
}

const begin = "<!-- The rest is written by `npm run faults`. -->"

/** A document with the matrix as its last part. */
export const insert = (document: string): string => {
  const [before, after] = document.split(begin)
  if (after === undefined) throw new Error(`The document does not say where the matrix begins: ${begin}`)
  return [`${before}${begin}`, ...Object.entries(titles).map(([name, title]) => section(title, families[name]))].join(
    "\n\n"
  ).concat("\n")
}

const section = (title: string, family: Family = {}): string => {
  const faults = Object.entries(family).map(([fault, { what }]) => ({ fault, "how it is brought about": what }))
  const columns = ["fault", "phase", "served", "shown", "told", "recovered"] as const
  return `## ${title}\n\n${align(["fault", "how it is brought about"], faults)}\n\n${align(columns, rowsOf(family))}`
}

/** The table as it is printed: without what is told, which makes it wide. */
export const text = (rows: ReadonlyArray<Row & { readonly outcome: string }>): string =>
  align(["fault", "phase", "served", "shown", "outcome"], rows)

/** A table in Markdown, with columns as wide as they have to be. */
const align = <Column extends string>(
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<Readonly<Record<Column, string>>>
): string => {
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column].length)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`
  return [
    line(columns),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map((row) => line(columns.map((column) => row[column])))
  ].join("\n")
}
