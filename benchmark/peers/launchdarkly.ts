import { init, type LDClient, type LDContext, type LDFlagsState, type LDOptions } from "@launchdarkly/node-server-sdk"
import { TestData } from "@launchdarkly/node-server-sdk/integrations"
import { delivered } from "../delivered.ts"
import type { Condition, Flag, Rule, User, Value } from "../flags.ts"
import { async, type Subject, type Surroundings } from "../Subject.ts"

const clause = (flag: Flag, condition: Condition) => {
  const base = { contextKind: "user", attribute: condition.attribute, negate: false }
  switch (condition.operator) {
    case "equals":
      return { ...base, op: "in", values: [condition.value] }
    case "in":
      return condition.attribute === "key"
        ? { contextKind: "user", attribute: "", op: "segmentMatch", values: [flag.key], negate: false }
        : { ...base, op: "in", values: condition.values }
    case "above":
      return { ...base, op: "greaterThan", values: [condition.value] }
  }
}

/** Long lists of keys are segments in LaunchDarkly, and only those are kept as sets. */
const segments = (flag: Flag) =>
  flag.rules.flatMap(({ conditions }) => conditions).flatMap((condition) =>
    condition.operator === "in" && condition.attribute === "key"
      ? [{ key: flag.key, version: 1, included: condition.values, excluded: [], rules: [], salt: flag.key }]
      : []
  )

const valuesOf = ({ serve }: Rule): ReadonlyArray<Value> =>
  serve.to === "split" ? serve.variants.map(({ value }) => value) : [serve.value]

const toFlag = (flag: Flag) => {
  const variations = [...new Set([flag.fallback, ...flag.rules.flatMap(valuesOf)])]
  const variation = (value: Value): number => variations.indexOf(value)
  const rollout = (weights: ReadonlyArray<readonly [Value, number]>) => ({
    rollout: {
      contextKind: "user",
      variations: weights.map(([value, weight]) => ({ variation: variation(value), weight: weight * 1_000 }))
    }
  })
  const served = ({ serve }: Rule) => {
    switch (serve.to) {
      case "everybody":
        return { variation: variation(serve.value) }
      case "share":
        return rollout([[serve.value, serve.percentage], [flag.fallback, 100 - serve.percentage]])
      case "split":
        return rollout(serve.variants.map(({ percentage, value }) => [value, percentage]))
    }
  }
  const last = flag.rules.find(({ conditions }) => conditions.length === 0)
  return {
    key: flag.key,
    version: 1,
    on: true,
    salt: flag.key,
    variations,
    offVariation: variation(flag.fallback),
    fallthrough: last === undefined ? { variation: variation(flag.fallback) } : served(last),
    rules: flag.rules.filter(({ conditions }) => conditions.length > 0).map((rule, index) => ({
      id: `rule-${index}`,
      clauses: rule.conditions.map((condition) => clause(flag, condition)),
      ...served(rule)
    }))
  }
}

const start = async (flags: ReadonlyArray<Flag>, options: LDOptions): Promise<LDClient> => {
  const data = new TestData()
  for (const flag of flags) {
    await data.usePreconfiguredFlag(delivered(toFlag(flag)))
    for (const segment of segments(flag)) await data.usePreconfiguredSegment(delivered(segment))
  }
  const client = init("sdk-key", { updateProcessor: data.getFactory(), ...options })
  await client.waitForInitialization({ timeout: 10 })
  return client
}

const single = (client: LDClient) => ({
  context: ({ key, ...attributes }: User): LDContext => ({ kind: "user", key, ...attributes }),
  decide: ({ fallback, key }: Flag) => (context: LDContext): Promise<unknown> =>
    client.variation(key, context, fallback)
})

/** Deciding all flags one by one is faster than `allFlagsState`. */
const fast = async (flags: ReadonlyArray<Flag>) =>
  single(
    await start(flags, {
      sendEvents: false,
      diagnosticOptOut: true,
      logger: { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
    })
  )

const usual = async (flags: ReadonlyArray<Flag>, { sink }: Surroundings) => {
  const client = await start(flags, { baseUri: sink, streamUri: sink, eventsUri: sink })
  return {
    ...single(client),
    all: {
      decide: (context: LDContext) => client.allFlagsState(context),
      answer: (state: LDFlagsState, { key }: Flag): unknown => state.getFlagValue(key)
    }
  }
}

const product = { name: "launchdarkly", package: "@launchdarkly/node-server-sdk" }

export const subjects: ReadonlyArray<Subject> = [
  async({
    ...product,
    configuration: "fast",
    how: "Flags from test data, events and logging off.",
    load: fast
  }),
  async({
    ...product,
    configuration: "default",
    how: "Flags from test data, events sent to a server on this machine.",
    load: usual
  })
]
