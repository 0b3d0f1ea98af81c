import {
  createConsoleLogger,
  getClient,
  type IConfigCatClient,
  type IJSManualPollOptions,
  type IUser,
  LogLevel,
  OverrideBehaviour,
  PollingMode,
  SettingType,
  UserComparator
} from "@configcat/sdk"
import { delivered } from "../delivered.ts"
import type { Condition, Flag, Rule, User, Value } from "../flags.ts"
import { async, type Subject, sync } from "../Subject.ts"

const condition = (condition: Condition) => {
  const attribute = condition.attribute === "key" ? "Identifier" : condition.attribute
  switch (condition.operator) {
    case "equals":
      return { u: { a: attribute, c: UserComparator.TextEquals, s: condition.value } }
    case "in":
      return { u: { a: attribute, c: UserComparator.TextIsOneOf, l: condition.values } }
    case "above":
      return { u: { a: attribute, c: UserComparator.NumberGreater, d: condition.value } }
  }
}

/** Documents are text to ConfigCat, and parsed by the application. */
const served = (value: Value) => ({
  v: typeof value === "boolean" ? { b: value } : { s: typeof value === "string" ? value : JSON.stringify(value) },
  i: "variation"
})

const serve = ({ fallback }: Flag, { serve }: Rule) => {
  switch (serve.to) {
    case "everybody":
      return { s: served(serve.value) }
    case "share":
      return {
        p: [
          { p: serve.percentage, ...served(serve.value) },
          { p: 100 - serve.percentage, ...served(fallback) }
        ]
      }
    case "split":
      return { p: serve.variants.map(({ percentage, value }) => ({ p: percentage, ...served(value) })) }
  }
}

const setting = (flag: Flag) => {
  const last = flag.rules.find(({ conditions }) => conditions.length === 0)
  const otherwise = last === undefined ? { s: served(flag.fallback) } : serve(flag, last)
  return {
    t: flag.kind === "boolean" ? SettingType.Boolean : SettingType.String,
    r: flag.rules
      .filter(({ conditions }) => conditions.length > 0)
      .map((rule) => ({ c: rule.conditions.map(condition), ...serve(flag, rule) })),
    ...("p" in otherwise ? { p: otherwise.p, ...served(flag.fallback) } : otherwise.s)
  }
}

const client = (flags: ReadonlyArray<Flag>, options: IJSManualPollOptions): IConfigCatClient => {
  const settings = delivered(
    Object.fromEntries(flags.map((flag) => [flag.key, setting(flag)]))
  )
  return getClient(`benchmark-${flags.length}-${flags[0]?.key}`, PollingMode.ManualPoll, {
    flagOverrides: { dataSource: { getOverrides: () => settings }, behaviour: OverrideBehaviour.LocalOnly },
    ...options
  })
}

const context = ({ employee, key, ...attributes }: User): IUser => ({
  identifier: key,
  custom: { ...attributes, employee: String(employee) }
})

const snapshot = (flags: ReadonlyArray<Flag>) => {
  const snapshot = client(flags, { logger: createConsoleLogger(LogLevel.Off) }).snapshot()
  return {
    context,
    decide: ({ key, kind }: Flag): (user: IUser) => unknown => {
      switch (kind) {
        case "boolean":
          return (user) => snapshot.getValue(key, false, user)
        case "string":
          return (user) => snapshot.getValue(key, "", user)
        case "json":
          return (user) => JSON.parse(snapshot.getValue(key, "", user))
      }
    }
  }
}

const awaited = (flags: ReadonlyArray<Flag>) => {
  const configcat = client(flags, {})
  return {
    context,
    decide: ({ key, kind }: Flag): (user: IUser) => Promise<unknown> => {
      switch (kind) {
        case "boolean":
          return (user) => configcat.getValueAsync(key, false, user)
        case "string":
          return (user) => configcat.getValueAsync(key, "", user)
        case "json":
          return async (user) => JSON.parse(await configcat.getValueAsync(key, "", user))
      }
    }
  }
}

const product = { name: "configcat", package: "@configcat/sdk" }

export const subjects: ReadonlyArray<Subject> = [
  sync({
    ...product,
    configuration: "fast",
    how: "Local overrides, a snapshot taken once and asked synchronously, logging off.",
    load: snapshot
  }),
  async({
    ...product,
    configuration: "default",
    how: "Local overrides, `getValueAsync`.",
    load: awaited
  })
]
