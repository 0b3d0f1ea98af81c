import {
  FirstSuccessfulStrategy,
  MultiProvider,
  OpenFeature,
  ProviderStatus,
  TypedInMemoryProvider
} from "@openfeature/server-sdk"
import { createRulestead } from "@rulestead/node"
import { RulesteadProvider } from "@rulestead/openfeature"
import { afterEach, assert, describe, it } from "vitest"
import { eventsOf, settled } from "./support/events.ts"
import { empty, HandSource } from "./support/HandSource.ts"

afterEach(() => OpenFeature.close())

/** What an application comes from. */
const old = () =>
  new TypedInMemoryProvider({
    moved: { variants: { old: "old" }, defaultVariant: "old", disabled: false },
    staying: { variants: { old: "old" }, defaultVariant: "old", disabled: false }
  })

const moved = () =>
  createRulestead({
    environment: "prod",
    manifest: {
      schemaVersion: 1,
      flags: [{
        key: "moved",
        valueType: "string",
        defaultValue: "",
        ruleset: { rules: [{ key: "all", strategy: "forced_value", value: "new" }] }
      }]
    }
  })

describe("inside the multi-provider", () => {
  it("answers for the flags it has, and leaves the others to the next provider", async () => {
    await OpenFeature.setProviderAndWait(
      new MultiProvider([{ provider: new RulesteadProvider(moved) }, { provider: old() }])
    )
    const client = OpenFeature.getClient()
    assert.deepInclude(await client.getStringDetails("moved", ""), { value: "new", reason: "STATIC" })
    assert.strictEqual(await client.getStringValue("staying", ""), "old")
    assert.deepInclude(await client.getStringDetails("neither", "mine"), { value: "mine", reason: "ERROR" })
  })

  it("is passed over where another provider succeeds, when that is wanted", async () => {
    const provider = new RulesteadProvider(moved)
    await OpenFeature.setProviderAndWait(
      new MultiProvider([{ provider }, { provider: old() }], new FirstSuccessfulStrategy())
    )
    const client = OpenFeature.getClient()
    assert.strictEqual(await client.getStringValue("staying", ""), "old")
    assert.strictEqual(await client.getStringValue("moved", ""), "new")
  })

  it("may be there twice, runs its own hooks, and hears of tracking", async () => {
    const tracked: Array<string> = []
    const hooked: Array<string> = []
    const provider = (name: string, source: HandSource) =>
      new RulesteadProvider(source, {
        name,
        hooks: [{ after: () => void hooked.push(name) }],
        onTrack: () => tracked.push(name)
      })
    const multi = new MultiProvider([
      { provider: provider("staging", new HandSource()) },
      { provider: provider("prod", new HandSource()) }
    ])
    await OpenFeature.setProviderAndWait(multi)
    const client = OpenFeature.getClient()
    client.track("purchase")
    assert.isTrue(await client.getBooleanValue("f", false))
    assert.deepStrictEqual([tracked, hooked], [["staging", "prod"], ["staging"]])
  })

  it("passes its events on", async () => {
    const source = new HandSource()
    const multi = new MultiProvider([{ provider: new RulesteadProvider(source) }, { provider: old() }])
    await OpenFeature.setProviderAndWait(multi)
    await settled()
    const events = eventsOf(multi)
    const client = OpenFeature.getClient()
    source.become({ version: 8 }, ["a"])
    source.become({ stale: true })
    assert.strictEqual(client.providerStatus, ProviderStatus.STALE)
    source.become({ stale: false })
    assert.deepStrictEqual(events, ["CONFIGURATION_CHANGED a", "STALE", "READY"])
    assert.strictEqual(client.providerStatus, ProviderStatus.READY)
  })

  it("fails to initialize in bounded time, and is there when its snapshot comes", async () => {
    const source = empty()
    const multi = new MultiProvider([{ provider: new RulesteadProvider(source, { initializeTimeout: 1 }) }, {
      provider: old()
    }])
    const client = OpenFeature.getClient()
    const error: unknown = await OpenFeature.setProviderAndWait(multi).catch((error: unknown) => error)
    assert.include(String(error), "There was no snapshot of prod within 1 ms")
    assert.strictEqual(client.providerStatus, ProviderStatus.ERROR)
    source.become({ version: 1, source: "live", stale: false }, ["a"])
    assert.strictEqual(client.providerStatus, ProviderStatus.READY)
    assert.isTrue(await client.getBooleanValue("a", false))
  })

  it("closes what it opened", async () => {
    const source = new HandSource()
    await OpenFeature.setProviderAndWait(new MultiProvider([{ provider: new RulesteadProvider(async () => source) }]))
    await OpenFeature.close()
    assert.strictEqual(source.closed, 1)
  })
})
