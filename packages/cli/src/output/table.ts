/** Tables that fit the terminal. */
import { displayWidth } from "effect/cli/CliOutput"
import type { Style } from "./style.ts"

/** `paint` colours a cell that was already cut and padded. */
export interface Column<A> {
  readonly header: string
  readonly cell: (row: A) => string
  readonly paint?: ((text: string, row: A) => string) | undefined
}

const gap = "  "
const narrowest = 8

/**
 * Rows under headers. Where `width` is not enough, the widest columns are cut, and an ellipsis shows it. Where that would leave
 * too little of them, every row has a line for each column.
 */
export const render = <A>(
  rows: ReadonlyArray<A>,
  columns: ReadonlyArray<Column<A>>,
  width: number,
  style: Style
): string => {
  const available = width - gap.length * (columns.length - 1)
  return available < narrowest * columns.length
    ? records(rows, columns, width, style)
    : lines(rows, columns, available, style)
}

const lines = <A>(
  rows: ReadonlyArray<A>,
  columns: ReadonlyArray<Column<A>>,
  available: number,
  style: Style
): string => {
  const cells = rows.map((row) => columns.map(({ cell }) => printable(cell(row))))
  const widths = fit(
    columns.map(({ header }, at) => widest([header, ...cells.map((row) => row[at] ?? "")])),
    available
  )
  const line = (texts: ReadonlyArray<string>, paint: (text: string, at: number) => string): string =>
    texts.map((text, at) => paint(pad(cut(text, widths[at] ?? 0, style), widths[at] ?? 0), at)).join(gap).trimEnd()
  return [
    line(columns.map(({ header }) => header), (text) => style.bold(text)),
    ...rows.map((row, number) => line(cells[number] ?? [], (text, at) => columns[at]?.paint?.(text, row) ?? text))
  ].join("\n")
}

const records = <A>(
  rows: ReadonlyArray<A>,
  columns: ReadonlyArray<Column<A>>,
  width: number,
  style: Style
): string => {
  const names = widest(columns.map(({ header }) => header))
  const room = Math.max(1, width - names - gap.length)
  return rows.map((row) =>
    columns.map(({ cell, header, paint = (text) => text }) =>
      `${style.bold(pad(header, names))}${gap}${paint(cut(printable(cell(row)), room, style), row)}`.trimEnd()
    ).join("\n")
  ).join("\n\n")
}

const widest = (texts: ReadonlyArray<string>): number =>
  texts.reduce((width, text) => Math.max(width, displayWidth(text)), 0)

/** Takes from the widest column until all fit, or none can give more. */
const fit = (widths: ReadonlyArray<number>, available: number): ReadonlyArray<number> => {
  const fitted = [...widths]
  for (let excess = fitted.reduce((sum, width) => sum + width, 0) - available; excess > 0; excess--) {
    const widest = fitted.indexOf(Math.max(...fitted))
    const width = fitted[widest] ?? 0
    if (width <= narrowest) break
    fitted[widest] = width - 1
  }
  return fitted
}

const pad = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - displayWidth(text)))

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })

const cut = (text: string, width: number, { ellipsis }: Style): string => {
  if (displayWidth(text) <= width) return text
  let kept = ""
  for (const { segment } of graphemes.segment(text)) {
    if (displayWidth(kept + segment) > width - ellipsis.length) break
    kept += segment
  }
  return kept + ellipsis
}

/** Text of a store, without what a terminal would obey. */
export const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g, (character) =>
    character === "\n" || character === "\t" ? " " : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)
