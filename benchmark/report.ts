// Puts what was measured into tables.
import type { Row } from "./harness/rounds.ts"
import type { Measured } from "./harness/sections.ts"
import { median, spread } from "./harness/statistics.ts"
import { number, ratio, table } from "./harness/table.ts"
import { isMet, type Measurement } from "./Measurement.ts"
import { scenarios } from "./scenarios.ts"
import { evaluator, ratioOf } from "./targets.ts"

export interface Results {
  readonly rows: ReadonlyArray<Row>
  readonly targets: ReadonlyArray<Measurement>
  readonly sections: ReadonlyArray<Measured>
}

const nothing = "–"

const byCost = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> => {
  const cost = ({ samples }: Row): number => median(samples.get("S3") ?? [Infinity])
  return rows.toSorted((a, b) => cost(a) - cost(b))
}

const perScenario = (rows: ReadonlyArray<Row>, cell: (row: Row, scenario: string) => string): string =>
  table(
    [{ title: "" }, ...scenarios.map(({ id }) => ({ title: id, align: "right" as const }))],
    byCost(rows).map((row) => [row.title, ...scenarios.map(({ id }) => cell(row, id))])
  )

const costs = (rows: ReadonlyArray<Row>): string =>
  perScenario(rows, ({ samples }, scenario) => {
    const measured = samples.get(scenario)
    return measured === undefined ? nothing : number(median(measured))
  })

const ratios = (rows: ReadonlyArray<Row>): string =>
  perScenario(rows, ({ title }, scenario) => {
    const value = ratioOf(rows, title, evaluator, scenario)
    return value === undefined ? nothing : ratio(value.median)
  })

const spreads = (rows: ReadonlyArray<Row>): string =>
  perScenario(rows, ({ samples }, scenario) => {
    const measured = samples.get(scenario)
    if (measured === undefined) return nothing
    const { lowerQuartile, median, upperQuartile } = spread(measured)
    return `${Math.round((upperQuartile - lowerQuartile) / median * 100)} %`
  })

const wanted = ({ atLeast, atMost, unit }: Measurement): string =>
  [
    ...(atLeast === undefined ? [] : [`at least ${atLeast} ${unit}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost} ${unit}`])
  ].join(", ")

const hasTarget = ({ atLeast, atMost }: Measurement): boolean => atLeast !== undefined || atMost !== undefined

const verdict = (measurement: Measurement): string => {
  if (!hasTarget(measurement)) return ""
  const met = isMet(measurement)
  return met === undefined ? "not measured" : met ? "met" : "not met"
}

const measurements = (list: ReadonlyArray<Measurement>): string => {
  const columns = [
    { title: "" },
    { title: "median", align: "right" as const },
    { title: "quartiles", align: "right" as const },
    { title: "unit" },
    ...(list.some(hasTarget) ? [{ title: "target" }, { title: "result" }] : [])
  ]
  return table(
    columns,
    list.map((measurement) => {
      const { title, unit, value } = measurement
      const show = unit === "×" ? ratio : number
      const middle = value === undefined ? nothing : show(value.median)
      const quartiles = value === undefined ? nothing : `${show(value.lowerQuartile)} to ${show(value.upperQuartile)}`
      return [title, middle, quartiles, unit, wanted(measurement), verdict(measurement)]
    })
  )
}

const section = ({ about, measurements: list, problem, title }: Measured): ReadonlyArray<string> => [
  `### ${title}`,
  about,
  ...(list.length > 0 ? [measurements(list)] : []),
  ...(problem === undefined ? [] : [`Problem: ${problem}`])
]

const problems = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const out = rows.filter(({ problem }) => problem !== undefined)
  return out.length === 0
    ? []
    : ["These took no part, or dropped out:", out.map(({ problem, title }) => `- ${title}: ${problem}`).join("\n")]
}

/** The whole report, in Markdown. */
export const report = ({ rows, sections, targets }: Results): string =>
  [...(rows.length > 0 ? decisions(rows, targets) : []), ...sections.flatMap(section)].join("\n\n")

const decisions = (rows: ReadonlyArray<Row>, targets: ReadonlyArray<Measurement>): ReadonlyArray<string> => [
  "### Cost of a decision",
  "Nanoseconds of processor time per decision (S9: per user), medians.",
  costs(rows),
  ...problems(rows),
  `### Against ${evaluator}`,
  "How many times as long, medians of the ratios inside each round.",
  ratios(rows),
  "### Spread",
  "From the lower to the upper quartile, as a share of the median.",
  spreads(rows),
  "### Targets",
  measurements(targets)
]

/** Scenarios and subjects, for the page. */
export const legend = (rows: ReadonlyArray<Row>): string =>
  [
    table([{ title: "" }, { title: "scenario" }], scenarios.map(({ id, title }) => [id, title])),
    table(
      [{ title: "" }, { title: "version" }, { title: "how" }],
      rows.map(({ how, title, version }) => [title, version ?? "", how])
    )
  ].join("\n\n")
