import { type Flags, Flagsmith, type FlagsmithConfig, LocalFileHandler } from "flagsmith-nodejs"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Condition, Flag, Rule, User, Value } from "../flags.ts"
import { async, type Subject } from "../Subject.ts"

const condition = (condition: Condition) => {
  const property_ = condition.attribute
  switch (condition.operator) {
    case "equals":
      return { operator: "EQUAL", property_, value: condition.value }
    case "in":
      return { operator: "IN", property_, value: condition.values.join(",") }
    case "above":
      return { operator: "GREATER_THAN", property_, value: String(condition.value) }
  }
}

/** A boolean is a feature that is enabled, anything else its value as text. */
const state = (flag: Flag, id: number, value: Value) => ({
  feature: { id, name: flag.key, type: "STANDARD" },
  enabled: value !== false,
  django_id: id,
  featurestate_uuid: `00000000-0000-0000-0000-${id.toString().padStart(12, "0")}`,
  feature_state_value: typeof value === "object" ? JSON.stringify(value) : String(value)
})

const split = (flag: Flag, id: number) =>
  flag.rules.flatMap(({ serve }) => serve.to === "split" ? serve.variants : []).map(({ percentage, value }, index) => ({
    id: id * 10 + index,
    mv_fs_value_uuid: `00000000-0000-0000-0000-${(id * 10 + index).toString().padStart(12, "0")}`,
    percentage_allocation: percentage,
    multivariate_feature_option: { id: id * 10 + index, value }
  }))

const appliesToAll = ({ conditions, serve }: Rule): boolean => conditions.length === 0 && serve.to !== "share"

const feature = (flag: Flag, id: number) => {
  const general = flag.rules.find(appliesToAll)
  const value = general?.serve.to === "everybody" ? general.serve.value : flag.fallback
  return { ...state(flag, id, value), multivariate_feature_state_values: split(flag, id) }
}

/** A rule for some is a segment that overrides the feature. */
const segments = (flag: Flag, id: number) =>
  flag.rules.filter((rule) => !appliesToAll(rule)).map(({ conditions, serve }, index) => ({
    id: id * 100 + index,
    name: `${flag.key}-${index}`,
    rules: [{
      type: "ALL",
      rules: [],
      conditions: [
        ...conditions.map(condition),
        ...(serve.to === "share" ? [{ operator: "PERCENTAGE_SPLIT", value: String(serve.percentage) }] : [])
      ]
    }],
    feature_states: serve.to === "split"
      ? []
      : [{ ...state(flag, id, serve.value), feature_segment: { priority: index } }]
  }))

const environment = (flags: ReadonlyArray<Flag>) => ({
  id: 1,
  api_key: "environment-key",
  name: "benchmark",
  project: {
    id: 1,
    name: "benchmark",
    hide_disabled_flags: false,
    organisation: {
      id: 1,
      name: "benchmark",
      feature_analytics: false,
      stop_serving_flags: false,
      persist_trait_data: false
    },
    segments: flags.flatMap((flag, index) => segments(flag, index + 1))
  },
  feature_states: flags.map((flag, index) => feature(flag, index + 1))
})

const fromFile = (document: unknown): FlagsmithConfig => {
  const directory = mkdtempSync(join(tmpdir(), "flagsmith-"))
  const file = join(directory, "environment.json")
  writeFileSync(file, JSON.stringify(document))
  const offlineHandler = new LocalFileHandler(file)
  rmSync(directory, { recursive: true })
  return { offlineMode: true, offlineHandler }
}

const fetched = (document: unknown): FlagsmithConfig => ({
  environmentKey: "ser.environment-key",
  enableLocalEvaluation: true,
  environmentRefreshIntervalSeconds: 86_400,
  fetch: async () => Response.json(document)
})

interface Context {
  readonly key: string
  readonly traits: User
}

const answer = (flags: Flags, { key, kind }: Flag): unknown => {
  switch (kind) {
    case "boolean":
      return flags.isFeatureEnabled(key)
    case "string":
      return flags.getFeatureValue(key)
    case "json":
      return JSON.parse(String(flags.getFeatureValue(key)))
  }
}

const load = (configure: (document: unknown) => FlagsmithConfig) => async (flags: ReadonlyArray<Flag>) => {
  const client = new Flagsmith(configure(environment(flags)))
  const all = ({ key, traits }: Context) => client.getIdentityFlags(key, { ...traits })
  await client.getEnvironmentFlags()
  return {
    context: (user: User): Context => ({ key: user.key, traits: user }),
    decide: (flag: Flag) => async (context: Context) => answer(await all(context), flag),
    all: { decide: all, answer }
  }
}

const product = { name: "flagsmith", package: "flagsmith-nodejs" }

export const subjects: ReadonlyArray<Subject> = [
  async({
    ...product,
    configuration: "fast",
    how: "Offline mode with an environment document from a file.",
    load: load(fromFile)
  }),
  async({
    ...product,
    configuration: "default",
    how: "Local evaluation with an environment document from memory.",
    load: load(fetched)
  })
]
