import type { Condition, Flag, Rule, User, Value } from "../flags.ts"
import { serve } from "../harness/serve.ts"
import { type Subject, sync } from "../Subject.ts"

const condition = (condition: Condition) => {
  const attribute = condition.attribute === "key" ? "id" : condition.attribute
  switch (condition.operator) {
    case "equals":
      return { attribute, operator: "ONE_OF", value: [condition.value] }
    case "in":
      return { attribute, operator: "ONE_OF", value: condition.values }
    case "above":
      return { attribute, operator: "GT", value: condition.value }
  }
}

const shards = 10_000

const splits = ({ serve }: Rule) => {
  switch (serve.to) {
    case "everybody":
      return [{ variationKey: nameOf(serve.value), shards: [] }]
    case "share": {
      const ranges = [{ start: 0, end: serve.percentage * shards / 100 }]
      return [{ variationKey: nameOf(serve.value), shards: [{ salt: "share", ranges }] }]
    }
    case "split": {
      let start = 0
      return serve.variants.map(({ percentage, value }) => {
        const ranges = [{ start, end: start += percentage * shards / 100 }]
        return { variationKey: nameOf(value), shards: [{ salt: "split", ranges }] }
      })
    }
  }
}

const nameOf = (value: Value): string => typeof value === "object" ? "document" : String(value)

const valuesOf = ({ serve }: Rule): ReadonlyArray<Value> =>
  serve.to === "split" ? serve.variants.map(({ value }) => value) : [serve.value]

const definition = (flag: Flag, doLog: boolean) => ({
  key: flag.key,
  enabled: true,
  variationType: flag.kind.toUpperCase(),
  variations: Object.fromEntries(
    flag.rules.flatMap(valuesOf).map((value) => [
      nameOf(value),
      { key: nameOf(value), value: typeof value === "object" ? JSON.stringify(value) : value }
    ])
  ),
  allocations: flag.rules.map((rule, index) => ({
    key: `allocation-${index}`,
    rules: rule.conditions.length === 0 ? [] : [{ conditions: rule.conditions.map(condition) }],
    splits: splits(rule),
    doLog
  })),
  totalShards: shards
})

const load = (logs: boolean) => async (flags: ReadonlyArray<Flag>) => {
  if (!logs) process.env.LOG_LEVEL = "silent" // read when the package is loaded
  const { init } = await import("@eppo/node-server-sdk")
  const server = await serve({
    createdAt: "2026-01-01T00:00:00.000Z",
    format: "SERVER",
    environment: { name: "benchmark" },
    flags: Object.fromEntries(flags.map((flag) => [flag.key, definition(flag, logs)]))
  })
  const client = await init({
    apiKey: "api-key",
    baseUrl: server.url,
    assignmentLogger: { logAssignment: () => {} },
    pollingIntervalMs: 2 ** 30
  })
  await server.close()
  return {
    context: ({ key, ...attributes }: User): Context => ({ key, attributes }),
    decide: ({ key, kind }: Flag): (user: Context) => unknown => {
      switch (kind) {
        case "boolean":
          return (user) => client.getBooleanAssignment(key, user.key, user.attributes, false)
        case "string":
          return (user) => client.getStringAssignment(key, user.key, user.attributes, "")
        case "json":
          return (user) => client.getJSONAssignment(key, user.key, user.attributes, {})
      }
    }
  }
}

interface Context {
  readonly key: string
  readonly attributes: Omit<User, "key">
}

const product = { name: "eppo", package: "@eppo/node-server-sdk" }

export const subjects: ReadonlyArray<Subject> = [
  sync({
    ...product,
    configuration: "fast",
    how: "Flags fetched once from this machine, nothing logged.",
    load: load(false)
  }),
  sync({
    ...product,
    configuration: "default",
    how: "The same with its usual log, and new assignments, as its cache of 50,000 remembers them, logged to nobody.",
    load: load(true)
  })
]
