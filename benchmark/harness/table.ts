// Markdown tables that are readable in a terminal, too, and laid out as the formatter lays them out.
export interface Column {
  readonly title: string
  readonly align?: "right"
}

export const table = (columns: ReadonlyArray<Column>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = columns.map(({ title }, index) =>
    Math.max(3, title.length, ...rows.map((row) => row[index]?.length ?? 0))
  )
  const line = (cells: ReadonlyArray<string>): string => {
    const padded = columns.map(({ align }, index) => {
      const cell = cells[index] ?? ""
      const width = widths[index] ?? 0
      return align === "right" ? cell.padStart(width) : cell.padEnd(width)
    })
    return `| ${padded.join(" | ")} |`
  }
  const rule = columns.map(({ align }, index) => {
    const width = widths[index] ?? 0
    return align === "right" ? `${"-".repeat(width - 1)}:` : "-".repeat(width)
  })
  return [line(columns.map(({ title }) => title)), line(rule), ...rows.map(line)].join("\n")
}

/** `1,234`; below ten with a decimal. */
export const number = (value: number): string =>
  value.toLocaleString("en-US", {
    maximumFractionDigits: Math.abs(value) < 10 ? 1 : 0
  })

/** Two significant digits or whole numbers: `0.94`, `1.3`, `47`. */
export const ratio = (value: number): string =>
  value.toLocaleString("en-US", {
    minimumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0,
    maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0
  })
