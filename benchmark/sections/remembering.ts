// What decisions leave behind in memory, and what they allocate on their way.
import type { RulesteadClient } from "@rulestead/node"
import { catalogue, type Flag, scenarioFlags, users } from "../flags.ts"
import { heapUsed } from "../harness/memory.ts"
import { type Spread, spread } from "../harness/statistics.ts"
import type { Measurement, Section } from "../Measurement.ts"
import { create } from "../rulestead/support/client.ts"
import { context } from "../rulestead/support/entries.ts"

type Context = ReturnType<typeof context>
type Decide = (client: RulesteadClient, flag: string, context: Context) => unknown

const contexts = users().map(context)

const ways: ReadonlyArray<readonly [name: string, decide: Decide]> = [
  ["enabled", (client, flag, context) => client.enabled(flag, context)],
  ["evaluate", (client, flag, context) => client.evaluate(flag, context)]
]

const kinds: ReadonlyArray<readonly [name: string, flag: Flag]> = [
  ["a flag that is on", scenarioFlags.on],
  ["three conditions", scenarioFlags.threeConditions],
  ["a rollout", scenarioFlags.rollout]
]

/** Decides each of these flags in turn. */
const run = (client: RulesteadClient, decide: Decide, flags: ReadonlyArray<string>, count: number): void => {
  for (let index = 0; index < count; index++) {
    const flag = flags[index % flags.length]
    const context = contexts[index % contexts.length]
    if (flag !== undefined && context !== undefined) decide(client, flag, context)
  }
}

const repeat = (times: number, measure: () => number): Spread => spread(Array.from({ length: times }, measure))

/** Bytes of the heap that decisions still hold when they are over and the garbage is collected. */
const left = (client: RulesteadClient, decide: Decide, flags: ReadonlyArray<string>, count: number): number => {
  const before = heapUsed()
  run(client, decide, flags, count)
  return heapUsed() - before
}

/** Few enough that nothing is collected while they are counted. */
const few = 20_000

const allocated = (client: RulesteadClient, decide: Decide, flag: string): number => {
  heapUsed()
  const before = process.memoryUsage().heapUsed
  run(client, decide, [flag], few)
  return (process.memoryUsage().heapUsed - before) / few
}

const measure = async (count: number): Promise<ReadonlyArray<Measurement>> => {
  await using client = await create(catalogue(1_000))
  const flags = [...client.decisions().keys()]
  for (const [, decide] of ways) run(client, decide, flags, 200_000)
  return [
    ...ways.map(([name, decide]): Measurement => ({
      title: `${name}: held after ${count.toLocaleString("en-US")} decisions`,
      unit: "KB",
      atMost: 100,
      value: repeat(3, () => left(client, decide, flags, count) / 1024)
    })),
    ...ways.flatMap(([name, decide]) =>
      kinds.map(([kind, flag]): Measurement => ({
        title: `${name}: allocated by a decision, ${kind}`,
        unit: "bytes",
        ...(flag === scenarioFlags.on ? { atMost: 1 } : {}),
        value: repeat(3, () => allocated(client, decide, flag.key))
      }))
    )
  ]
}

export const section: Section = {
  title: "Memory",
  about: "Decisions of a client that counts them.",
  measure: (quick) => measure(quick ? 200_000 : 1_000_000)
}
