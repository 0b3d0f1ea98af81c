import { afterAll, assert, describe, it } from "vitest"
import { manifestFor } from "./support/flags.ts"
import { directory, isThere, scenarios } from "./support/gherkin.ts"
import { runStep } from "./support/steps.ts"
import { World } from "./support/World.ts"

const passed: Record<string, number> = {}

if (!isThere) console.warn(`The scenarios of OpenFeature's specification are skipped: there is no ${directory}`)

describe.skipIf(!isThere)("the scenarios of OpenFeature's specification, through its SDK", () => {
  const manifest = isThere ? manifestFor(scenarios) : { schemaVersion: 1 as const, flags: [] }

  for (const [index, { feature, name, steps, tags }] of scenarios.entries()) {
    it(`${index + 1} ${feature}: ${name}`, async () => {
      const world = new World(manifest, tags.includes("@reason-codes-cached"))
      try {
        for (const step of steps) await runStep(world, step)
      } finally {
        await world.end()
      }
      passed[feature] = (passed[feature] ?? 0) + 1
    })
  }

  it("are all there", () => {
    assert.deepStrictEqual(
      Object.fromEntries(
        Map.groupBy(scenarios, ({ feature }) => feature).entries().map(([feature, { length }]) => [feature, length])
      ),
      {
        contextMerging: 29,
        evaluation: 13,
        evaluation_v2: 82,
        hooks: 3,
        metadata: 5
      }
    )
  })

  afterAll(() => {
    console.table(passed)
    console.log(
      `${Object.values(passed).reduce((sum, count) => sum + count, 0)} of ${scenarios.length} scenarios passed`
    )
  })
})
