// Installing a whole snapshot, through the service that applications use.
import { now } from "../harness/clock.ts"
import { longestBlock } from "../harness/eventLoop.ts"
import { heapUsed } from "../harness/memory.ts"
import { spread } from "../harness/statistics.ts"
import type { Measurement, Section } from "../Measurement.ts"
import { entry } from "../rulestead/support/entries.ts"
import { fiveRules } from "../rulestead/support/fiveRules.ts"
import { start } from "../rulestead/support/node.ts"
import { complete, stored } from "../rulestead/support/snapshot.ts"

interface Sample {
  readonly parsing: number
  readonly installing: number
  /** By the clock on the wall, which the event loop goes by. */
  readonly wall: number
  readonly block: number
}

const measure = async (count: number, rounds: number): Promise<ReadonlyArray<Measurement>> => {
  const changes = complete(Array.from({ length: count }, (_, index) => stored(entry(fiveRules(index)))))
  const text = `[${changes.entries.map(({ content }) => content).join(",")}]`
  const sample = async (): Promise<Sample> => {
    const began = now()
    JSON.parse(text)
    const parsed = now()
    const from = performance.now()
    const [node, block] = await longestBlock(() => start({ changes }))
    const to = performance.now()
    const installed = now()
    await node[Symbol.asyncDispose]()
    return { parsing: parsed - began, installing: installed - parsed, wall: to - from, block }
  }

  const first = await sample()
  const samples: Array<Sample> = []
  for (let round = 0; round < rounds; round++) samples.push(await sample())
  const of = (pick: (sample: Sample) => number) => spread(samples.map(pick))

  const before = heapUsed()
  const node = await start({ changes })
  const heap = heapUsed() - before
  const from = now()
  node.rulestead.decisionsUnsafe({ targetingKey: "user-1" })
  const deciding = now() - from
  const decidedHeap = heapUsed() - before
  await node[Symbol.asyncDispose]()

  return [
    {
      title: `${count.toLocaleString("en-US")} flags of 5 rules, against JSON.parse of the same bytes`,
      unit: "×",
      atMost: 3,
      value: of(({ installing, parsing }) => installing / parsing)
    },
    { title: "the same, first thing in a process", unit: "×", value: spread([first.installing / first.parsing]) },
    {
      title: "longest block of the event loop, as a share of the time it takes",
      unit: "×",
      atMost: 0.1,
      value: of(({ block, wall }) => block / wall)
    },
    { title: "installing", unit: "ms", value: of(({ installing }) => installing / 1e6) },
    { title: "longest block of the event loop", unit: "ms", value: of(({ block }) => block) },
    { title: "the first decision of every flag", unit: "ms", value: spread([deciding / 1e6]) },
    { title: "heap for each flag, besides its JSON text", unit: "bytes", value: spread([heap / count]) },
    { title: "the same, once each was decided", unit: "bytes", value: spread([decidedHeap / count]) }
  ]
}

export const section: Section = {
  title: "Installing a snapshot",
  about:
    "From the answer of the store to the first decision: every hash verified, every entry parsed and checked. A flag "
    + "is compiled by its first decision.",
  measure: (quick) => quick ? measure(2_000, 3) : measure(10_000, 7)
}
