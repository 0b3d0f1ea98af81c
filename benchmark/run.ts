// Runs everything and reports. Prints; and writes `results.json` and `docs/performance.md` unless something was left out.
//
//   --quick              a first impression, in a minute or two
//   --only=<text>,…      only subjects with such a text in their title
//   --section=<text>,…   only sections with such a text in their title
import { readFileSync, writeFileSync } from "node:fs"
import { arch, cpus, platform } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type Effort, measure as measureRounds, type Row } from "./harness/rounds.ts"
import { measure as measureSections } from "./harness/sections.ts"
import { spread } from "./harness/statistics.ts"
import { find } from "./harness/subjects.ts"
import { isMet } from "./Measurement.ts"
import { legend, report, type Results } from "./report.ts"
import { targets } from "./targets.ts"

const { values: { only, quick, section } } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" }, section: { type: "string" } }
})
const isWhole = !quick && only === undefined && section === undefined

/** Whether to take part: by what was asked for, or because nothing was. */
const takesPart = (title: string, asked: string | undefined, other: string | undefined): boolean =>
  asked === undefined ? other === undefined : asked.split(",").some((text) => title.includes(text))

const effort: Effort = quick
  ? { rounds: 7, sample: 6, warming: 60, checking: 100 }
  : { rounds: 31, sample: 15, warming: 250, checking: 400 }

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
  else process.stderr.write(`${text}\n`)
}

const machine = {
  node: process.version,
  platform: `${platform()} ${arch()}`,
  processor: cpus()[0]?.model ?? "unknown",
  processors: cpus().length
}

const toJson = ({ rows, sections, targets }: Results) => ({
  machine,
  rounds: effort.rounds,
  unit: "nanoseconds of processor time per decision",
  rows: rows.map(({ how, kind, problem, samples, title, version }: Row) => ({
    title,
    version,
    kind,
    how,
    problem,
    scenarios: Object.fromEntries(samples.entries().map(([scenario, measured]) => [scenario, spread(measured)]))
  })),
  targets: targets.map((target) => ({ ...target, met: isMet(target) })),
  sections
})

const page = join(import.meta.dirname, "../docs/performance.md")
const marks = { begin: "<!-- measured: begin -->", end: "<!-- measured: end -->" }

const writePage = (results: Results): void => {
  const text = readFileSync(page, "utf8")
  const begin = text.indexOf(marks.begin)
  const end = text.indexOf(marks.end)
  if (begin === -1 || end < begin) throw new Error(`docs/performance.md lacks ${marks.begin} and ${marks.end}`)
  const { node, platform, processor, processors } = machine
  const where = `Node.js ${node}, ${platform}, ${processors} × ${processor}, ${effort.rounds} rounds.`
  const measured = [marks.begin, where, legend(results.rows), report(results), ""].join("\n\n")
  writeFileSync(page, text.slice(0, begin) + measured.trimEnd() + "\n\n" + text.slice(end))
}

const entries = (await find()).filter(({ title }) => takesPart(title, only, section))
const rows = await measureRounds(entries, effort, progress)
const sections = await measureSections(quick, progress, (title) => takesPart(title, section, only))
const results: Results = {
  rows,
  sections,
  targets: targets(rows).filter(({ value }) => isWhole || value !== undefined)
}
progress("")
console.log(report(results))

if (isWhole) {
  writeFileSync(join(import.meta.dirname, "results.json"), JSON.stringify(toJson(results), undefined, 2) + "\n")
  writePage(results)
}
if (rows.some(({ problem }) => problem !== undefined) || sections.some(({ problem }) => problem !== undefined)) {
  process.exitCode = 1
}
