// What Rulestead is to reach, as ratios inside one run.
import type { Row } from "./harness/rounds.ts"
import { median, type Spread, spread } from "./harness/statistics.ts"
import type { Measurement } from "./Measurement.ts"

export const evaluator = "rulestead (evaluator)"

const everyScenario = ["S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10s", "S10j"]

interface Pair {
  readonly ours: string
  readonly floor: string
  readonly scenarios: ReadonlyArray<string>
  readonly target: Pick<Measurement, "atMost">
}

/**
 * Like against like. The floor is looked up by its key, as flags are. With the flag in hand, which an unknown one cannot
 * be, what is compared is a handful of nanoseconds: a call, and two or three objects that are read.
 */
const floors: ReadonlyArray<Pair> = [
  { ours: evaluator, floor: "floor (codegen, sha256)", scenarios: everyScenario, target: { atMost: 1.5 } },
  {
    ours: "rulestead (evaluator, handle)",
    floor: "floor (handle, sha256)",
    scenarios: everyScenario.filter((scenario) => scenario !== "S2" && scenario !== "S9"),
    target: {}
  }
]

/** How many times slower than the evaluator the fastest product of others is to be. */
const ahead: ReadonlyArray<readonly [scenario: string, atLeast: number]> = [
  ["S1", 2],
  ["S2", 1],
  ["S3", 6],
  ["S4", 1.5],
  ["S5", 6],
  ["S6", 1],
  ["S7", 20],
  ["S8", 6],
  ["S9", 2.5],
  ["S10s", 2],
  ["S10j", 2]
]

/** Samples of one round belong together: the machine was as busy for the one as for the other. */
export const ratioOf = (
  rows: ReadonlyArray<Row>,
  first: string,
  second: string,
  scenario: string
): Spread | undefined => {
  const samplesOf = (title: string) => rows.find((row) => row.title === title)?.samples.get(scenario)
  const a = samplesOf(first)
  const b = samplesOf(second)
  if (a === undefined || b === undefined || a.length !== b.length) return undefined
  return spread(a.map((sample, round) => sample / (b[round] ?? NaN)))
}

export const fastestPeer = (rows: ReadonlyArray<Row>, scenario: string): Row | undefined => {
  const peers = rows.filter(({ group, samples }) => group === "peers" && samples.has(scenario))
  const cost = ({ samples }: Row) => median(samples.get(scenario) ?? [])
  return peers.toSorted((a, b) => cost(a) - cost(b))[0]
}

export const targets = (rows: ReadonlyArray<Row>): ReadonlyArray<Measurement> => [
  ...floors.flatMap(({ floor, ours, scenarios, target }) =>
    scenarios.map((scenario): Measurement => ({
      title: `${scenario}: ${ours} against ${floor}`,
      unit: "×",
      ...target,
      value: ratioOf(rows, ours, floor, scenario)
    }))
  ),
  ...ahead.map(([scenario, atLeast]): Measurement => {
    const peer = fastestPeer(rows, scenario)?.title ?? "the fastest peer"
    return {
      title: `${scenario}: ${peer} against ${evaluator}`,
      unit: "×",
      atLeast,
      value: ratioOf(rows, peer, evaluator, scenario)
    }
  })
]
