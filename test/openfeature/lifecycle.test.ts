import { ErrorCode, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/server-sdk"
import { createRulestead } from "@rulestead/node"
import { RulesteadProvider } from "@rulestead/openfeature"
import { afterEach, assert, describe, it } from "vitest"
import { eventsOf, settled } from "./support/events.ts"
import { empty, HandSource } from "./support/HandSource.ts"

afterEach(() => OpenFeature.close())

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(() => assert.fail("it did not reject"), (error: unknown) => error)

describe("initialize", () => {
  it("says READY before it resolves", async () => {
    const provider = new RulesteadProvider(new HandSource())
    const events = eventsOf(provider)
    await provider.initialize()
    assert.deepStrictEqual(events, ["READY"])
    await settled()
    assert.deepStrictEqual(events, ["READY"])
  })

  it("waits for the first snapshot", async () => {
    const source = empty()
    const provider = new RulesteadProvider(source)
    const events = eventsOf(provider)
    const initialized = provider.initialize()
    source.become({ version: 1, source: "live", stale: false }, ["a", "b"])
    await initialized
    assert.deepStrictEqual(events, ["READY"])
  })

  it("is bounded: it says ERROR and rejects, and the provider is ready when the snapshot comes", async () => {
    const source = empty()
    const provider = new RulesteadProvider(source, { initializeTimeout: 1 })
    const events = eventsOf(provider)
    const client = OpenFeature.getClient()
    const error = await rejection(OpenFeature.setProviderAndWait(provider))
    assert.strictEqual(String(error), "ProviderNotReadyError: There was no snapshot of prod within 1 ms: unreachable")
    assert.deepStrictEqual(events, ["ERROR PROVIDER_NOT_READY"])
    assert.strictEqual(client.providerStatus, ProviderStatus.ERROR)
    source.become({ version: 1, source: "live", stale: false }, ["a"])
    assert.deepStrictEqual(events, ["ERROR PROVIDER_NOT_READY", "READY"])
    assert.strictEqual(client.providerStatus, ProviderStatus.READY)
  })

  it("may be tried again", async () => {
    const source = empty()
    const provider = new RulesteadProvider(source, { initializeTimeout: 1 })
    await rejection(provider.initialize())
    await rejection(provider.initialize())
    source.become({ version: 1, source: "live", stale: false })
    await provider.initialize()
  })

  it("is bounded also while the source opens", async () => {
    const opening = Promise.withResolvers<HandSource>()
    const provider = new RulesteadProvider(() => opening.promise, { initializeTimeout: 1 })
    const events = eventsOf(provider)
    const error = await rejection(provider.initialize())
    assert.strictEqual(String(error), "ProviderNotReadyError: Rulestead did not open within 1 ms")
    opening.resolve(new HandSource())
    await settled()
    assert.deepStrictEqual(events, ["ERROR PROVIDER_NOT_READY", "READY"])
  })

  it("is fatal where the source cannot be opened", async () => {
    const provider = new RulesteadProvider(() =>
      createRulestead({ environment: "No Key", manifest: { schemaVersion: 1, flags: [] } })
    )
    const events = eventsOf(provider)
    const client = OpenFeature.getClient()
    const error = await rejection(OpenFeature.setProviderAndWait(provider))
    assert.propertyVal(error, "code", ErrorCode.PROVIDER_FATAL)
    assert.include(String(error), "environment")
    assert.deepStrictEqual(events, ["ERROR PROVIDER_FATAL"])
    assert.strictEqual(client.providerStatus, ProviderStatus.FATAL)
    assert.deepInclude(await client.getBooleanDetails("a", true), { value: true, errorCode: ErrorCode.PROVIDER_FATAL })
  })

  it("is fatal also where opening throws at once", async () => {
    const provider = new RulesteadProvider(() => {
      throw new Error("no url")
    })
    assert.strictEqual(String(await rejection(provider.initialize())), "ProviderFatalError: no url")
  })

  it("says STALE after the SDK took the provider for ready, where the snapshot is stale", async () => {
    const provider = new RulesteadProvider(new HandSource({ source: "backup", stale: true }))
    const events = eventsOf(provider)
    const client = OpenFeature.getClient()
    await OpenFeature.setProviderAndWait(provider)
    await settled()
    assert.deepStrictEqual(events, ["READY", "STALE"])
    assert.strictEqual(client.providerStatus, ProviderStatus.STALE)
  })
})

describe("an initialized provider", () => {
  const initialized = async () => {
    const source = new HandSource()
    const provider = new RulesteadProvider(source)
    await OpenFeature.setProviderAndWait(provider)
    await settled()
    return { client: OpenFeature.getClient(), events: eventsOf(provider), provider, source }
  }

  it("says which flags changed, and which are gone", async () => {
    const { events, source } = await initialized()
    source.become({ version: 8 }, ["a", "b"], ["c"])
    assert.deepStrictEqual(events, ["CONFIGURATION_CHANGED a b c"])
  })

  it("says nothing where no flag decides differently", async () => {
    const { events, source } = await initialized()
    source.become({ version: 8 })
    assert.deepStrictEqual(events, [])
  })

  it("says STALE and READY once each time", async () => {
    const { client, events, source } = await initialized()
    source.become({ stale: true })
    source.become({ stale: true, version: 8 }, ["a"])
    assert.strictEqual(client.providerStatus, ProviderStatus.STALE)
    source.become({ stale: false, version: 9 }, ["b"])
    assert.strictEqual(client.providerStatus, ProviderStatus.READY)
    assert.deepStrictEqual(events, ["STALE", "CONFIGURATION_CHANGED a", "READY", "CONFIGURATION_CHANGED b"])
  })

  it("goes on answering while it is stale, and says so", async () => {
    const { client, source } = await initialized()
    source.become({ stale: true })
    const details = await client.getBooleanDetails("a", false)
    assert.deepInclude(details, { value: true, reason: "STALE" })
    assert.deepInclude(details.flagMetadata, { stale: true, reason: "rule_match" })
  })

  it("hears what a client of createRulestead publishes", async () => {
    const flag = { key: "checkout", valueType: "boolean", defaultValue: false } as const
    const rulestead = await createRulestead({
      environment: "prod",
      manifest: { schemaVersion: 1, flags: [{ ...flag, ruleset: { rules: [] } }] }
    })
    const provider = new RulesteadProvider(rulestead)
    await OpenFeature.setProviderAndWait(provider)
    const client = OpenFeature.getClient()
    const changed = Promise.withResolvers<unknown>()
    provider.events.addHandler(ProviderEvents.ConfigurationChanged, (details) => changed.resolve(details))
    await rulestead.apply({
      schemaVersion: 1,
      flags: [{ ...flag, ruleset: { rules: [{ key: "all", strategy: "forced_value", value: true }] } }]
    })
    assert.deepStrictEqual(await changed.promise, { flagsChanged: ["checkout"] })
    assert.isTrue(await client.getBooleanValue("checkout", false))
    await OpenFeature.close()
    assert.isTrue(rulestead.health().live)
    await rulestead.close()
  })
})

describe("onClose", () => {
  it("closes what the provider opened, once", async () => {
    const source = new HandSource()
    const provider = new RulesteadProvider(() => Promise.resolve(source))
    await provider.initialize()
    await Promise.all([provider.onClose(), provider.onClose()])
    await provider.onClose()
    assert.strictEqual(source.closed, 1)
    assert.lengthOf(source.listeners, 0)
  })

  it("leaves open what the application opened", async () => {
    const source = new HandSource()
    const provider = new RulesteadProvider(source)
    await provider.initialize()
    await provider.onClose()
    assert.strictEqual(source.closed, 0)
    assert.lengthOf(source.listeners, 0)
  })

  it("ends an initialize under way without an event, and closes the source when it has opened", async () => {
    const opening = Promise.withResolvers<HandSource>()
    const provider = new RulesteadProvider(() => opening.promise)
    const events = eventsOf(provider)
    const initialized = rejection(provider.initialize())
    await provider.onClose()
    assert.strictEqual(String(await initialized), "ProviderNotReadyError: The provider was closed")
    const source = new HandSource()
    opening.resolve(source)
    await settled()
    assert.strictEqual(source.closed, 1)
    assert.deepStrictEqual(events, [])
  })

  it("does nothing to a provider that was never initialized", async () => {
    await new RulesteadProvider(() => assert.fail("it was opened")).onClose()
  })

  it("returns to uninitialized: nothing is answered any more, until it is initialized again", async () => {
    const sources: Array<HandSource> = []
    const provider = new RulesteadProvider(async () => {
      const source = new HandSource()
      sources.push(source)
      return source
    })
    await provider.initialize()
    await provider.onClose()
    assert.deepInclude(await provider.resolveBooleanEvaluation("a", false, {}), {
      value: false,
      errorCode: ErrorCode.PROVIDER_NOT_READY
    })
    await provider.initialize()
    assert.isTrue((await provider.resolveBooleanEvaluation("a", false, {})).value)
    await provider.onClose()
    assert.deepStrictEqual(sources.map(({ closed }) => closed), [1, 1])
  })
})
