import { once } from "node:events"
import { type Context, InMemStorageProvider, Unleash, type UnleashConfig } from "unleash-client"
import { delivered } from "../delivered.ts"
import type { Condition, Flag, Rule, User } from "../flags.ts"
import { type Subject, type Surroundings, sync } from "../Subject.ts"

const constraint = (condition: Condition) => {
  const contextName = condition.attribute === "key" ? "userId" : condition.attribute
  switch (condition.operator) {
    case "equals":
      return { contextName, operator: "IN", values: [condition.value] }
    case "in":
      return { contextName, operator: "IN", values: condition.values }
    case "above":
      return { contextName, operator: "NUM_GT", values: [], value: String(condition.value) }
  }
}

const payload = (value: unknown) =>
  typeof value === "string" ? { type: "string", value } : { type: "json", value: JSON.stringify(value) }

const strategy = (flag: Flag, { conditions, serve }: Rule) => {
  const constraints = conditions.map(constraint)
  const parameters = { groupId: flag.key }
  switch (serve.to) {
    case "everybody": {
      const variants = [{ name: "value", weight: 1_000, payload: payload(serve.value) }]
      return { name: "default", parameters, constraints, ...(flag.kind === "boolean" ? {} : { variants }) }
    }
    case "share":
      return {
        name: "flexibleRollout",
        parameters: { ...parameters, rollout: String(serve.percentage), stickiness: "default" },
        constraints
      }
    case "split": {
      const variants = serve.variants.map(({ percentage, value }) => ({
        name: value,
        weight: percentage * 10,
        payload: payload(value)
      }))
      return { name: "default", parameters, constraints, variants }
    }
  }
}

const feature = (flag: Flag) => ({
  name: flag.key,
  enabled: true,
  strategies: flag.rules.map((rule) => strategy(flag, rule))
})

const decide = (unleash: Unleash, { fallback, key, kind }: Flag): (context: Context) => unknown => {
  switch (kind) {
    case "boolean":
      return (context) => unleash.isEnabled(key, context)
    case "string":
      return (context) => unleash.getVariant(key, context).payload?.value ?? fallback
    case "json":
      return (context) => JSON.parse(unleash.getVariant(key, context).payload?.value ?? "null")
  }
}

const load = (options: Partial<UnleashConfig>) => async (flags: ReadonlyArray<Flag>, { sink }: Surroundings) => {
  const unleash = new Unleash({
    appName: "benchmark",
    url: sink,
    refreshInterval: 0,
    storageProvider: new InMemStorageProvider(),
    bootstrap: { data: delivered(flags.map(feature)) },
    ...options
  })
  await once(unleash, "ready")
  return {
    context: ({ key, ...properties }: User): Context => ({
      userId: key,
      properties: { ...properties, employee: String(properties.employee) }
    }),
    decide: (flag: Flag) => decide(unleash, flag)
  }
}

const product = { name: "unleash", package: "unleash-client" }

export const subjects: ReadonlyArray<Subject> = [
  sync({
    ...product,
    configuration: "fast",
    how: "Flags from a bootstrap, usage metrics off.",
    load: load({ disableMetrics: true })
  }),
  sync({ ...product, configuration: "default", how: "Flags from a bootstrap, usage metrics on.", load: load({}) })
]
