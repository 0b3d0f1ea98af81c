/**
 * What the provider of OpenFeature costs beside the SDK around it, and what an observer of decisions costs, as ratios of
 * one run, in time of the CPU, so that what else the machine does matters little.
 *
 *     node --conditions=source scratchpad/openfeature-bench.ts
 */
import { type Client, OpenFeature, type Provider, TypedInMemoryProvider } from "@openfeature/server-sdk"
import { createRulestead } from "@rulestead/node"
import { RulesteadProvider } from "@rulestead/openfeature"
import * as ApiLogs from "@rulestead/opentelemetry/ApiLogs"
import type * as Manifest from "rulestead/Manifest"

const manifest: Manifest.Input = {
  schemaVersion: 1,
  flags: [{
    key: "checkout",
    valueType: "boolean",
    defaultValue: false,
    ruleset: {
      rules: [{
        key: "half-of-us",
        strategy: "percentage_rollout",
        conditions: [{ attribute: "country", operator: "in", values: ["US", "CA"] }],
        rollout: { percentage: 50 },
        value: true
      }]
    }
  }]
}

const rounds = 21
const contexts = Array.from({ length: 1_000 }, (_, index) => ({
  targetingKey: `user-${index}`,
  country: index % 2 === 0 ? "US" : "DE",
  plan: "pro",
  age: 20 + index % 50
}))
const contextsOfRulestead = contexts.map(({ targetingKey, ...attributes }) => ({ targetingKey, attributes }))

const rulestead = await createRulestead({ environment: "prod", manifest })
const observed = await createRulestead({ environment: "prod", manifest, observer: ApiLogs.observer() })
const provider = new RulesteadProvider(rulestead)

const clientOf = async (domain: string, provider?: Provider): Promise<Client> => {
  if (provider !== undefined) await OpenFeature.setProviderAndWait(domain, provider)
  return OpenFeature.getClient(domain)
}

const inMemory = new TypedInMemoryProvider({
  checkout: {
    variants: { on: true, off: false },
    defaultVariant: "off",
    disabled: false,
    contextEvaluator: ({ country }) => country === "US" || country === "CA" ? "on" : "off"
  }
})
const noop: Provider = {
  metadata: { name: "noop" },
  resolveBooleanEvaluation: (_, value) => Promise.resolve({ value, reason: "DEFAULT" }),
  resolveStringEvaluation: (_, value) => Promise.resolve({ value, reason: "DEFAULT" }),
  resolveNumberEvaluation: (_, value) => Promise.resolve({ value, reason: "DEFAULT" }),
  resolveObjectEvaluation: (_, value) => Promise.resolve({ value, reason: "DEFAULT" })
}

const clients = {
  noop: await clientOf("noop", noop),
  inMemory: await clientOf("memory", inMemory),
  rulestead: await clientOf("rulestead", provider)
}

const asking = (client: Client) => async () => {
  for (const context of contexts) await client.getBooleanValue("checkout", false, context)
}

const cases: Readonly<Record<string, () => Promise<void>>> = {
  "SDK with a provider that does nothing": asking(clients.noop),
  "SDK with its in-memory provider": asking(clients.inMemory),
  "SDK with the provider of Rulestead": asking(clients.rulestead),
  "the provider alone": async () => {
    for (const context of contexts) await provider.resolveBooleanEvaluation("checkout", false, context)
  },
  "a resolved promise, awaited": async () => {
    for (const context of contexts) await Promise.resolve(context)
  },
  "rulestead.evaluate": async () => {
    for (const context of contextsOfRulestead) rulestead.evaluate("checkout", context)
  },
  "rulestead.enabled": async () => {
    for (const context of contextsOfRulestead) rulestead.enabled("checkout", context)
  },
  "rulestead.enabled, observed": async () => {
    for (const context of contextsOfRulestead) observed.enabled("checkout", context)
  }
}

const times = new Map<string, Array<number>>()
for (let round = 0; round < rounds + 5; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const start = process.cpuUsage()
    for (let i = 0; i < 10; i++) await run()
    const { system, user } = process.cpuUsage(start)
    const each = (system + user) * 1e3 / contexts.length / 10
    if (round >= 5) times.set(name, [...times.get(name) ?? [], each])
  }
}

const median = (name: string): number => times.get(name)?.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? NaN
const floor = median("SDK with a provider that does nothing")
console.table(
  Object.keys(cases).map((name) => ({
    case: name,
    "nanoseconds of CPU": Math.round(median(name)),
    "of the SDK alone": Number((median(name) / floor).toFixed(3))
  }))
)

await OpenFeature.close()
await rulestead.close()
await observed.close()
