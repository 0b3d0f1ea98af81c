import { createRulestead } from "@rulestead/node"
import * as Embedded from "@rulestead/postgres/Embedded"
import * as Effect from "effect/Effect"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Evidence } from "rulestead/Evidence"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

describe("a client that reports what it serves", () => {
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "rulestead-usage-"))
  })
  afterAll(() => rm(directory, { recursive: true }))

  const usage = () =>
    Effect.runPromise(
      Evidence.use((evidence) => evidence.usage("prod", ["new-checkout", "banner"])).pipe(
        Effect.provide(Embedded.layer({ directory }))
      )
    )

  it("tells nothing unless asked to, and when asked to, what is new at a flush and at its end", async () => {
    const quiet = await createRulestead({ environment: "prod", directory })
    await quiet.apply(catalogue)
    await quiet.refresh()
    quiet.enabled("new-checkout")
    await quiet.flush()
    await quiet.close()
    assert.deepStrictEqual(await usage(), [])

    const telling = await createRulestead({ environment: "prod", directory, background: false, usage: true })
    telling.enabled("new-checkout")
    await telling.flush()
    telling.variant("banner", { targetingKey: "user-1" })
    await telling.close()
    const told = (await usage()).map(({ flag, reason }) => `${flag} ${reason}`)
    assert.deepStrictEqual(told, ["banner rule_match", "new-checkout default"])
  }, 120_000)

  it("refuses options of usage that make no sense, by name", async () => {
    const refused = await createRulestead({ environment: "prod", manifest: catalogue, usage: { interval: 1 } })
      .then(() => undefined, (error: unknown) => error)
    assert.include(String(refused), "interval")
  })
})
