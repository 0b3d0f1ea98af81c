// Applying one changed flag to a snapshot that is held.
import { now } from "../harness/clock.ts"
import { spread } from "../harness/statistics.ts"
import type { Section } from "../Measurement.ts"
import { entry } from "../rulestead/support/entries.ts"
import { fiveRules } from "../rulestead/support/fiveRules.ts"
import { start } from "../rulestead/support/node.ts"
import { complete, delta, type Feed, stored } from "../rulestead/support/snapshot.ts"

/** Changes the first hundred flags in turn; each call answers the microseconds until the change is served. */
const changing = async (count: number) => {
  const entries = Array.from({ length: count }, (_, index) => stored(entry(fiveRules(index))))
  const feed: Feed = { changes: complete(entries) }
  const node = await start(feed)
  const held = entries.slice(0, 100)
  return async (edition: number): Promise<number> => {
    const index = edition % held.length
    const after = stored(entry(fiveRules(index, edition)))
    feed.changes = delta(feed.changes, held[index] ?? after, after)
    held[index] = after
    const begin = now()
    await node.refresh()
    const microseconds = (now() - begin) / 1e3
    const { version } = node.rulestead.healthUnsafe()
    if (version !== feed.changes.head.version) throw new Error(`version ${version} is served`)
    return microseconds
  }
}

export const section: Section = {
  title: "Changing a flag",
  about: "From the answer of the store, which has one changed flag, to that flag being served.",
  measure: async (quick) => {
    const many = quick ? 2_000 : 10_000
    const few = await changing(100)
    const lots = await changing(many)
    const samples = []
    for (let edition = 1; edition <= (quick ? 300 : 2_000); edition++) {
      samples.push({ few: await few(edition), lots: await lots(edition) })
    }
    const warm = samples.slice(samples.length / 3)
    return [
      {
        title: `one changed flag among ${many.toLocaleString("en-US")}, against one among 100`,
        unit: "×",
        atMost: 1.25,
        value: spread(warm.map(({ few, lots }) => lots / few))
      },
      { title: "among 100", unit: "μs", value: spread(warm.map(({ few }) => few)) },
      { title: `among ${many.toLocaleString("en-US")}`, unit: "μs", value: spread(warm.map(({ lots }) => lots)) }
    ]
  }
}
