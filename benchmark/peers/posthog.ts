import { PostHog, type PostHogOptions } from "posthog-node"
import { delivered } from "../delivered.ts"
import type { Condition, Flag, Rule, User } from "../flags.ts"
import { async, type Subject, type Surroundings } from "../Subject.ts"

const property = (condition: Condition) => {
  const base = { key: condition.attribute, type: "person" }
  switch (condition.operator) {
    case "equals":
      return { ...base, operator: "exact", value: condition.value }
    case "in":
      return { ...base, operator: "exact", value: condition.values }
    case "above":
      return { ...base, operator: "gt", value: condition.value }
  }
}

const group = ({ conditions, serve }: Rule) => ({
  properties: conditions.map(property),
  rollout_percentage: serve.to === "share" ? serve.percentage : null
})

/** A value that is no boolean is the payload of the flag; a split is over variants, which have their values as names. */
const served = ({ kind, rules: [first] }: Flag) => {
  if (first?.serve.to === "split") {
    const { variants } = first.serve
    return {
      multivariate: {
        variants: variants.map(({ percentage, value }) => ({ key: value, rollout_percentage: percentage }))
      }
    }
  }
  return kind === "boolean" || first === undefined ? {} : { payloads: { true: JSON.stringify(first.serve.value) } }
}

const definition = (flag: Flag, index: number) => ({
  id: index + 1,
  name: flag.key,
  key: flag.key,
  active: true,
  filters: { groups: flag.rules.map(group), ...served(flag) }
})

const start = async (flags: ReadonlyArray<Flag>, options: PostHogOptions) => {
  const definitions = delivered({ flags: flags.map(definition), groupTypeMapping: {}, cohorts: {} })
  const client = new PostHog("phc_benchmark", {
    flagDefinitionCacheProvider: {
      getFlagDefinitions: () => definitions,
      shouldFetchFlagDefinitions: () => false,
      onFlagDefinitionsReceived: () => {},
      shutdown: () => {}
    },
    ...options
  })
  await client.waitForLocalEvaluationReady()
  return client
}

interface Context {
  readonly id: string
  readonly properties: Record<string, string | number | boolean>
}

const context = ({ key, ...attributes }: User): Context => ({ id: key, properties: { key, ...attributes } })

type Result = Awaited<ReturnType<PostHog["getFeatureFlagResult"]>>

const valueOf = ({ kind, rules }: Flag, result: Result): unknown => {
  if (kind === "boolean") return result?.enabled ?? false
  return rules[0]?.serve.to === "split" ? result?.variant : result?.payload
}

const single = async (flags: ReadonlyArray<Flag>, { sink }: Surroundings) => {
  const client = await start(flags, { host: sink, disableGeoip: true, sendFeatureFlagEvent: false })
  const options = (personProperties: Context["properties"]) => ({
    personProperties,
    onlyEvaluateLocally: true,
    sendFeatureFlagEvents: false
  })
  return {
    context,
    decide: (flag: Flag) => async ({ id, properties }: Context): Promise<unknown> =>
      valueOf(flag, await client.getFeatureFlagResult(flag.key, id, options(properties))),
    all: {
      decide: ({ id, properties }: Context) => client.getAllFlagsAndPayloads(id, options(properties)),
      answer: ({ featureFlagPayloads, featureFlags }: All, { key, kind, rules }: Flag): unknown =>
        kind === "boolean" || rules[0]?.serve.to === "split" ? featureFlags?.[key] : featureFlagPayloads?.[key]
    }
  }
}

type All = Awaited<ReturnType<PostHog["getAllFlagsAndPayloads"]>>

const evaluated = async (flags: ReadonlyArray<Flag>, { sink }: Surroundings) => {
  const client = await start(flags, { host: sink })
  return {
    context,
    decide: ({ key, kind, rules }: Flag) => async ({ id, properties }: Context): Promise<unknown> => {
      const evaluations = await client.evaluateFlags(id, {
        personProperties: properties,
        onlyEvaluateLocally: true,
        flagKeys: [key]
      })
      if (kind === "boolean") return evaluations.isEnabled(key)
      return rules[0]?.serve.to === "split" ? evaluations.getFlag(key) : evaluations.getFlagPayload(key)
    },
    all: {
      decide: ({ id, properties }: Context) =>
        client.evaluateFlags(id, { personProperties: properties, onlyEvaluateLocally: true }),
      answer: (evaluations: Awaited<ReturnType<PostHog["evaluateFlags"]>>, { key, kind, rules }: Flag): unknown =>
        kind === "boolean" || rules[0]?.serve.to === "split"
          ? evaluations.getFlag(key)
          : evaluations.getFlagPayload(key)
    }
  }
}

const product = { name: "posthog", package: "posthog-node" }

export const subjects: ReadonlyArray<Subject> = [
  async({
    ...product,
    configuration: "fast",
    how: "Definitions from a cache, one flag evaluated locally, no events.",
    load: single
  }),
  async({
    ...product,
    configuration: "default",
    how: "Definitions from a cache, `evaluateFlags` for one flag, events sent to a server on this machine.",
    load: evaluated
  })
]
