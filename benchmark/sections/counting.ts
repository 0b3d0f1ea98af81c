// What a client costs beyond the evaluator, in one process: differences of a few nanoseconds would drown in what sets two
// processes apart.
import type { RulesteadClient } from "@rulestead/node"
import * as Evaluator from "rulestead/Evaluator"
import { catalogue, type Flag, scenarioFlags, users } from "../flags.ts"
import * as Loop from "../harness/loop.ts"
import { spread } from "../harness/statistics.ts"
import type { Measurement, Section } from "../Measurement.ts"
import { create } from "../rulestead/support/client.ts"
import { context, entry } from "../rulestead/support/entries.ts"

const { on, rollout, tenRules, threeConditions } = scenarioFlags

const decided = [
  ["S1", on],
  ["S3", threeConditions],
  ["S4", rollout],
  ["S5", tenRules]
] as const

const contexts = users().map(context)
type Context = (typeof contexts)[number]
type Decide = (context: Context) => unknown

const ways = (client: RulesteadClient, { key }: Flag, flags: ReadonlyMap<string, Evaluator.CompiledFlag>) => ({
  evaluator: (context: Context) => {
    const flag = flags.get(key)
    return flag !== undefined && Evaluator.evaluate(flag, context).enabled
  },
  enabled: (context: Context) => client.enabled(key, context),
  evaluate: (context: Context) => client.evaluate(key, context)
})

const time = (decide: Decide): number => Loop.sync(decide, contexts, laps) / contexts.length / laps

const laps = 3

const compare = (scenario: string, decides: ReturnType<typeof ways>, rounds: number): ReadonlyArray<Measurement> => {
  const samples = Array.from({ length: rounds }, () => ({
    evaluator: time(decides.evaluator),
    enabled: time(decides.enabled),
    evaluate: time(decides.evaluate)
  }))
  const warm = samples.slice(rounds / 3)
  return [
    {
      title: `${scenario}: \`enabled\`, less the evaluator`,
      unit: "ns",
      atMost: 30,
      value: spread(warm.map(({ enabled, evaluator }) => enabled - evaluator))
    },
    {
      title: `${scenario}: \`evaluate\`, against \`enabled\``,
      unit: "×",
      atMost: 1.3,
      value: spread(warm.map(({ enabled, evaluate }) => evaluate / enabled))
    }
  ]
}

export const section: Section = {
  title: "Beyond the evaluator",
  about:
    "`enabled` and `evaluate` of a client that counts decisions, and the evaluator with a look-up by key, in turn in "
    + "one process.",
  measure: async (quick) => {
    const all = catalogue(1_000)
    const flags = new Map(all.map((flag) => [flag.key, Evaluator.compileFlag(JSON.parse(JSON.stringify(entry(flag))))]))
    await using client = await create(all)
    await Loop.unlearn()
    return decided.flatMap(([scenario, flag]) => compare(scenario, ways(client, flag, flags), quick ? 30 : 100))
  }
}
