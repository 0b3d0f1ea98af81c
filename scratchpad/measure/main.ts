/** `npm run measure`, to which names of measurements may be given, and `--quick`; see docs/measurements.md. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import { parseArgs } from "node:util"
import { ratio, table } from "../../benchmark/harness/table.ts"
import { isMet } from "../../benchmark/Measurement.ts"
import { asking } from "./asking.ts"
import { crowding } from "./crowding.ts"
import { Databases } from "./Databases.ts"
import { deciding } from "./deciding.ts"
import { delivering } from "./delivering.ts"
import { fetching } from "./fetching.ts"
import { installing } from "./installing.ts"
import type { Row } from "./Measurement.ts"
import { publishing } from "./publishing.ts"
import { recovering } from "./recovering.ts"
import { restoring } from "./restoring.ts"
import { signing } from "./signing.ts"

const measurements = [
  publishing,
  delivering,
  fetching,
  deciding,
  installing,
  recovering,
  restoring,
  crowding,
  asking,
  signing
]

const { positionals, values: { quick } } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false } }
})

const unknown = positionals.filter((given) => measurements.every(({ name }) => name !== given))

const columns = [
  { title: "measured" },
  { title: "median", align: "right" as const },
  { title: "quartiles", align: "right" as const },
  { title: "target", align: "right" as const },
  { title: "" }
]

const cells = (row: Row): ReadonlyArray<string> => {
  const { atMost, title, unit, value } = row
  const show = (value: number): string => `${ratio(value)} ${unit}`
  const met = isMet(row)
  return [
    title,
    value === undefined ? "" : show(value.median),
    value === undefined ? "" : `${ratio(value.lowerQuartile)} to ${ratio(value.upperQuartile)}`,
    atMost === undefined ? "" : `≤ ${atMost} ${unit}`,
    met === undefined ? "" : met ? "met" : "not met"
  ]
}

const measureAll = Effect.forEach(
  measurements.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
  ({ measure, name }) => Effect.andThen(Console.error(`measuring ${name} …`), measure(quick))
)

if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}, but ${measurements.map(({ name }) => name).join(", ")}`)
  process.exit(1)
}

measureAll.pipe(
  Effect.flatMap((rows) => Console.log(table(columns, rows.flat().map(cells)))),
  Effect.provide(Databases.layer),
  Effect.provideService(References.MinimumLogLevel, "Error"),
  NodeRuntime.runMain
)
