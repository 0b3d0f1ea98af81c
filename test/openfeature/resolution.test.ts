import { ErrorCode, type EvaluationContext, type Hook, type JsonValue, OpenFeature } from "@openfeature/server-sdk"
import { createRulestead, type RulesteadClient } from "@rulestead/node"
import { RulesteadProvider } from "@rulestead/openfeature"
import type { Selection, Source } from "rulestead/Decision"
import { attributesOf } from "rulestead/EvaluationContext"
import type * as Manifest from "rulestead/Manifest"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import { HandSource } from "./support/HandSource.ts"

const all = { percentage: 100 }
const half = { percentage: 50 }
const forced = (value: JsonValue) => ({ rules: [{ key: "all", strategy: "forced_value" as const, value }] })

const manifest: Manifest.Input = {
  schemaVersion: 1,
  flags: [
    { key: "unruled", valueType: "boolean", defaultValue: true, ruleset: { rules: [] } },
    { key: "forced", valueType: "boolean", defaultValue: false, ruleset: forced(true) },
    { key: "killed", valueType: "boolean", defaultValue: false, ruleset: forced(true), killSwitch: { value: false } },
    {
      key: "for-pro",
      valueType: "string",
      defaultValue: "plain",
      ruleset: {
        rules: [
          {
            key: "pro",
            strategy: "forced_value",
            value: "rich",
            conditions: [{ attribute: "plan", operator: "equals", value: "pro" }]
          },
          {
            key: "rest",
            strategy: "forced_value",
            value: "poor",
            conditions: [{ attribute: "plan", operator: "exists" }]
          }
        ]
      }
    },
    {
      key: "split",
      valueType: "string",
      defaultValue: "",
      ruleset: {
        rules: [{
          key: "halves",
          strategy: "variant_split",
          rollout: all,
          variants: [{ key: "a", weight: 50, value: "A" }, { key: "b", weight: 50, value: "B" }]
        }]
      }
    },
    {
      key: "by-tenant",
      valueType: "boolean",
      defaultValue: false,
      ruleset: {
        rules: [{ key: "half", strategy: "percentage_rollout", rollout: { ...half, bucketBy: "tenant" }, value: true }]
      }
    },
    { key: "off", valueType: "boolean", defaultValue: true, ruleset: forced(false) },
    { key: "blank", valueType: "string", defaultValue: "full", ruleset: forced("") },
    { key: "zero", valueType: "number", defaultValue: 1, ruleset: forced(0) },
    { key: "no-fields", valueType: "json", defaultValue: { a: 1 }, ruleset: forced({}) },
    { key: "no-items", valueType: "json", defaultValue: { a: 1 }, ruleset: forced([]) },
    { key: "nothing", valueType: "json", defaultValue: { a: 1 }, ruleset: forced(null) },
    { key: "fields", valueType: "json", defaultValue: null, ruleset: forced({ deep: [1, { list: true }] }) }
  ]
}

let rulestead: RulesteadClient
beforeAll(async () => {
  rulestead = await createRulestead({ environment: "prod", manifest })
})
afterAll(() => rulestead.close())
afterEach(async () => {
  await OpenFeature.close()
  OpenFeature.clearHooks()
  OpenFeature.setContext({})
})

const clientOf = async (provider = new RulesteadProvider(rulestead)) => {
  await OpenFeature.setProviderAndWait(provider)
  return OpenFeature.getClient()
}

describe("a resolution", () => {
  it.each<
    readonly [
      flag: string,
      context: EvaluationContext,
      value: boolean | string,
      reason: string,
      variant: string | undefined
    ]
  >([
    ["unruled", {}, true, "DEFAULT", undefined],
    ["forced", {}, true, "STATIC", undefined],
    ["killed", {}, false, "DISABLED", undefined],
    ["for-pro", { plan: "pro" }, "rich", "TARGETING_MATCH", undefined],
    ["for-pro", { plan: "free" }, "poor", "TARGETING_MATCH", undefined],
    ["for-pro", {}, "plain", "DEFAULT", undefined],
    ["split", { targetingKey: "user-1" }, "B", "SPLIT", "b"],
    ["split", { targetingKey: "user-3" }, "A", "SPLIT", "a"]
  ])("of %s for %j is %j, because %s", async (flag, context, value, reason, variant) => {
    const client = await clientOf()
    const details = typeof value === "boolean"
      ? await client.getBooleanDetails(flag, !value, context)
      : await client.getStringDetails(flag, "other", context)
    assert.deepInclude(details, { flagKey: flag, value, reason })
    assert.strictEqual(details.variant, variant)
    assert.isUndefined(details.errorCode)
    assert.isUndefined(details.errorMessage)
  })

  it("serves zero values as they are", async () => {
    const client = await clientOf()
    assert.isFalse(await client.getBooleanValue("off", true))
    assert.strictEqual(await client.getStringValue("blank", "x"), "")
    assert.strictEqual(await client.getNumberValue("zero", 7), 0)
    assert.deepStrictEqual(await client.getObjectValue("no-fields", { x: 1 }), {})
    assert.deepStrictEqual(await client.getObjectValue("no-items", [1]), [])
    assert.isNull(await client.getObjectValue("nothing", null))
    assert.deepStrictEqual(await client.getObjectValue("fields", { x: 1 }), { deep: [1, { list: true }] })
  })

  it.each<readonly [source: Source, stale: boolean, selection: Selection, reason: string]>([
    ["live", false, "everybody", "STATIC"],
    ["live", false, "targeted", "TARGETING_MATCH"],
    ["live", false, "split", "SPLIT"],
    ["live", true, "split", "STALE"],
    ["bootstrap", true, "everybody", "STALE"],
    ["backup", true, "targeted", "CACHED"]
  ])("from %s, stale: %s, for %s, is %s", async (source, stale, selection, reason) => {
    const hand = new HandSource({ source, stale })
    hand.selection = selection
    const provider = new RulesteadProvider(hand)
    await provider.initialize()
    const { flagMetadata, ...details } = await provider.resolveBooleanEvaluation("f", false, {})
    assert.deepInclude(details, { value: true, reason })
    assert.deepInclude(flagMetadata, { source, stale, reason: "rule_match" })
    await provider.onClose()
  })
})

describe("what cannot be resolved", () => {
  it.each<readonly [flag: string, context: EvaluationContext, code: ErrorCode, message: string]>([
    ["no-such-flag", {}, ErrorCode.FLAG_NOT_FOUND, "There is no flag no-such-flag in prod"],
    ["split", {}, ErrorCode.TARGETING_KEY_MISSING, "The rule halves of split needs an identity: subject"],
    [
      "split",
      { targetingKey: " " },
      ErrorCode.TARGETING_KEY_MISSING,
      "The rule halves of split needs an identity: subject"
    ],
    [
      "by-tenant",
      { targetingKey: "u" },
      ErrorCode.INVALID_CONTEXT,
      "The rule half of by-tenant needs an identity: tenant"
    ]
  ])("%s for %j is the default, with %s", async (flag, context, errorCode, errorMessage) => {
    const details = await (await clientOf()).getStringDetails(flag, "mine", context)
    assert.deepInclude(details, { value: "mine", reason: "ERROR", errorCode, errorMessage })
    assert.isUndefined(details.variant)
  })

  it("is never of another type, whatever is asked for", async () => {
    const client = await clientOf()
    const served: Record<string, JsonValue> = {
      forced: true,
      blank: "",
      zero: 0,
      "no-fields": {},
      "no-items": [],
      nothing: null
    }
    for (const [flag, value] of Object.entries(served)) {
      const asked = [
        [typeof value === "boolean", await client.getBooleanDetails(flag, true)],
        [typeof value === "string", await client.getStringDetails(flag, "mine")],
        [typeof value === "number", await client.getNumberDetails(flag, 7)],
        [flag === "no-fields", await client.getObjectDetails(flag, { mine: 1 })],
        [flag === "no-items", await client.getObjectDetails(flag, [7])],
        [typeof value === "object", await client.getObjectDetails(flag, null)]
      ] as const
      for (const [fits, details] of asked) {
        assert.strictEqual(
          details.errorCode,
          fits ? undefined : ErrorCode.TYPE_MISMATCH,
          `${flag}: ${JSON.stringify(details)}`
        )
        if (!fits) assert.strictEqual(details.reason, "ERROR")
      }
      assert.deepStrictEqual(await client.getNumberValue(flag, 7), typeof value === "number" ? value : 7)
    }
  })

  it("says which kind of value the flag has, and never the value", async () => {
    const { errorMessage } = await (await clientOf()).getNumberDetails("for-pro", 1, { plan: "pro" })
    assert.strictEqual(errorMessage, "The flag for-pro serves a string")
  })

  it("is an invalid context where a fact of it cannot be read", async () => {
    const broken = {
      get plan(): string {
        throw new Error("secret")
      }
    }
    const provider = new RulesteadProvider(rulestead)
    await provider.initialize()
    const details = await provider.resolveStringEvaluation("for-pro", "mine", broken)
    assert.deepInclude(details, { value: "mine", reason: "ERROR" })
    assert.notInclude(JSON.stringify(details), "secret")
    await provider.onClose()
  })

  it("is not ready before there is a snapshot", async () => {
    const client = await createRulestead({
      environment: "prod",
      url: "postgres://nobody@127.0.0.1:1/nothing",
      bootTimeout: 0,
      logLevel: "None"
    })
    const provider = new RulesteadProvider(client, { initializeTimeout: 1 })
    await provider.initialize().catch(() => {})
    const details = await provider.resolveNumberEvaluation("zero", 7, {})
    assert.deepInclude(details, { value: 7, errorCode: ErrorCode.PROVIDER_NOT_READY })
    await client.close()
  })

  it("is a general error where an option of the application throws, without its words", async () => {
    const client = await clientOf(
      new RulesteadProvider(rulestead, {
        flagMetadata: () => {
          throw new Error("secret")
        }
      })
    )
    const details = await client.getBooleanDetails("forced", false)
    assert.deepInclude(details, { value: false, errorCode: ErrorCode.GENERAL })
    assert.notInclude(JSON.stringify(details), "secret")
  })
})

describe("the metadata", () => {
  it("says where the decision came from, and nothing of whom it is about", async () => {
    const { flagMetadata } = await (await clientOf()).getStringDetails("split", "", { targetingKey: "user-1" })
    assert.deepStrictEqual(flagMetadata, {
      flagSetId: "prod",
      version: String(rulestead.health().version),
      rulesetVersion: 1,
      source: "live",
      stale: false,
      reason: "rule_match",
      rule: "halves"
    })
  })

  it("has a context id only where that is allowed, made as allowed", async () => {
    const client = await clientOf(new RulesteadProvider(rulestead, { contextId: (key) => `#${key.length}` }))
    assert.propertyVal(
      (await client.getBooleanDetails("forced", false, { targetingKey: "user-1" })).flagMetadata,
      "contextId",
      "#6"
    )
    assert.notProperty((await client.getBooleanDetails("forced", false)).flagMetadata, "contextId")
  })

  it("is what the application makes of the decision, if it likes", async () => {
    const client = await clientOf(
      new RulesteadProvider(rulestead, { flagMetadata: ({ flag }) => ({ owner: `team of ${flag}` }) })
    )
    assert.deepStrictEqual((await client.getBooleanDetails("forced", false)).flagMetadata, { owner: "team of forced" })
  })
})

describe("the context", () => {
  const received = async (context: EvaluationContext) => {
    const source = new HandSource()
    const client = await clientOf(new RulesteadProvider(source))
    await client.getBooleanValue("f", false, context)
    return source.contexts[0]
  }

  it("arrives as identities, actor and attributes", async () => {
    const context = {
      targetingKey: "user-1",
      tenantKey: "tenant-1",
      accountKey: "account-1",
      sessionId: "session-1",
      requestId: "request-1",
      environment: "staging",
      actor: { role: "admin" },
      plan: "pro",
      org: { tier: { level: 3 }, regions: ["eu", "us"] }
    }
    const { plan, org, ...fields } = context
    assert.deepStrictEqual(await received(context), { ...fields, attributes: context })
  })

  it("has dates as milliseconds since 1970, however deep, and leaves the caller's alone", async () => {
    const context = {
      joined: new Date(1000),
      org: { opened: new Date(2000), visits: [new Date(3000), "x"] },
      actor: { born: new Date(0) }
    }
    const facts = await received(context)
    assert.deepInclude(facts?.attributes, { joined: 1000, org: { opened: 2000, visits: [3000, "x"] } })
    assert.deepStrictEqual(facts?.actor, { born: 0 })
    assert.deepStrictEqual(context.joined, new Date(1000))
  })

  it("decides by dates and nested facts", async () => {
    const since = { key: "since", strategy: "forced_value" as const, value: true }
    const client = await createRulestead({
      environment: "prod",
      manifest: {
        schemaVersion: 1,
        flags: [{
          key: "veterans",
          valueType: "boolean",
          defaultValue: false,
          ruleset: {
            rules: [{
              ...since,
              conditions: [
                { attribute: "attributes.org.opened", operator: "lt", value: Date.UTC(2020) },
                { attribute: "actor.role", operator: "equals", value: "admin" }
              ]
            }]
          }
        }]
      }
    })
    const asked = await clientOf(new RulesteadProvider(client))
    const actor = { role: "admin" }
    assert.isTrue(await asked.getBooleanValue("veterans", false, { actor, org: { opened: new Date("2019-05-01") } }))
    assert.isFalse(await asked.getBooleanValue("veterans", true, { actor, org: { opened: new Date("2021-05-01") } }))
    await client.close()
  })

  it("takes names that objects inherit for names like others, and survives cycles", async () => {
    const odd: Record<string, EvaluationContext[string]> = JSON.parse("{\"__proto__\":{\"a\":1},\"constructor\":\"x\"}")
    odd["when"] = new Date(5)
    const loop: Record<string, EvaluationContext[string]> = {}
    loop["self"] = loop
    const facts = await received({ odd, loop })
    const converted = attributesOf(facts ?? {})["odd"]
    assert.deepStrictEqual(Object.keys(converted ?? {}), ["__proto__", "constructor", "when"])
    assert.strictEqual(Object.getPrototypeOf(converted), Object.prototype)
  })

  it("is merged: what is nearer to the question wins", async () => {
    OpenFeature.setContext({ plan: "api", api: 1 })
    OpenFeature.addHooks({ before: () => ({ plan: "hook", hook: 1 }) })
    const facts = await received({ plan: "invocation", invocation: 1 })
    assert.deepStrictEqual(facts?.attributes, { plan: "hook", api: 1, invocation: 1, hook: 1 })
  })
})

describe("hooks", () => {
  it("of the provider run innermost, and may add to the context", async () => {
    const order: Array<string> = []
    const hook = (name: string): Hook => ({
      before: () => {
        order.push(`before ${name}`)
        return name === "provider" ? { plan: "pro" } : undefined
      },
      after: (_, { reason }) => {
        order.push(`after ${name} ${reason}`)
      },
      finally: () => {
        order.push(`finally ${name}`)
      }
    })
    const client = await clientOf(new RulesteadProvider(rulestead, { hooks: [hook("provider")] }))
    client.addHooks(hook("client"))
    assert.strictEqual(await client.getStringValue("for-pro", ""), "rich")
    assert.deepStrictEqual(order, [
      "before client",
      "before provider",
      "after provider TARGETING_MATCH",
      "after client TARGETING_MATCH",
      "finally provider",
      "finally client"
    ])
  })

  it("hear of errors", async () => {
    const errors: Array<unknown> = []
    const client = await clientOf()
    client.addHooks({
      error: (_, error) => {
        errors.push(error)
      }
    })
    await client.getNumberValue("blank", 1)
    assert.deepStrictEqual(errors.map(String), ["TypeMismatchError: The flag blank serves a string"])
  })
})

describe("tracking", () => {
  it("ends where the application says, with the merged context", async () => {
    const tracked: Array<unknown> = []
    const client = await clientOf(new RulesteadProvider(rulestead, { onTrack: (event) => tracked.push(event) }))
    OpenFeature.setContext({ region: "eu" })
    client.track("purchase", { targetingKey: "user-1" }, { value: 99.5, currency: "EUR" })
    assert.deepStrictEqual(tracked, [{
      name: "purchase",
      context: { region: "eu", targetingKey: "user-1" },
      details: { value: 99.5, currency: "EUR" }
    }])
  })

  it("does nothing where nobody listens, and harms nobody where a listener throws", async () => {
    const silent = await clientOf()
    silent.track("purchase")
    const client = await clientOf(
      new RulesteadProvider(rulestead, {
        onTrack: () => {
          throw new Error("a listener's own fault")
        }
      })
    )
    client.track("purchase")
    assert.isTrue(await client.getBooleanValue("forced", false))
  })
})
