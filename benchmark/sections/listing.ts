// A list of 100,000 user keys in one condition: what it takes until it has decided once, and what it holds.
import type { Changes } from "rulestead/SnapshotFeed"
import { scenarioFlags } from "../flags.ts"
import { now } from "../harness/clock.ts"
import { heapUsed } from "../harness/memory.ts"
import { spread } from "../harness/statistics.ts"
import type { Section } from "../Measurement.ts"
import { entry } from "../rulestead/support/entries.ts"
import { start } from "../rulestead/support/node.ts"
import { complete, stored } from "../rulestead/support/snapshot.ts"

const members = 100_000

/** A node that has decided once, for a flag is compiled by its first decision. */
const decided = async (changes: Changes) => {
  const node = await start({ changes })
  node.rulestead.enabledUnsafe(scenarioFlags.manyMembers.key, { targetingKey: "user-1" })
  return node
}

export const section: Section = {
  title: "A list of 100,000 members",
  about: "One condition that names 100,000 user keys. What a decision costs there is scenario S8.",
  measure: async (quick) => {
    const changes = complete([stored(entry(scenarioFlags.manyMembers))])
    const content = changes.entries.map(({ content }) => content ?? "").join()
    const samples = []
    for (let round = 0; round < (quick ? 3 : 9); round++) {
      const began = now()
      JSON.parse(content)
      const parsed = now()
      const node = await decided(changes)
      samples.push({ parsing: parsed - began, installing: now() - parsed })
      await node[Symbol.asyncDispose]()
    }
    const before = heapUsed()
    const node = await decided(changes)
    const heap = heapUsed() - before
    await node[Symbol.asyncDispose]()
    return [
      {
        title: "installing it and deciding once, against JSON.parse of the same bytes",
        unit: "×",
        value: spread(samples.map(({ installing, parsing }) => installing / parsing))
      },
      {
        title: "installing it and deciding once",
        unit: "ms",
        value: spread(samples.map(({ installing }) => installing / 1e6))
      },
      { title: "heap for each member", unit: "bytes", value: spread([heap / members]) }
    ]
  }
}
