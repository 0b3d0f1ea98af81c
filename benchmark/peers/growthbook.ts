import { type FeatureApiResponse, GrowthBookClient, type UserContext } from "@growthbook/growthbook"
import { delivered } from "../delivered.ts"
import type { Condition, Flag, Rule, User } from "../flags.ts"
import { type Subject, sync } from "../Subject.ts"

const test = (condition: Condition) => {
  switch (condition.operator) {
    case "equals":
      return condition.value
    case "in":
      return { $in: condition.values }
    case "above":
      return { $gt: condition.value }
  }
}

const attribute = (name: string): string => name === "key" ? "id" : name

const toRule = ({ conditions, serve }: Rule) => {
  const condition = Object.fromEntries(conditions.map((condition) => [attribute(condition.attribute), test(condition)]))
  const base = conditions.length > 0 ? { condition } : {}
  switch (serve.to) {
    case "everybody":
      return { ...base, force: serve.value }
    case "share":
      return { ...base, force: serve.value, coverage: serve.percentage / 100, hashAttribute: "id" }
    case "split":
      return {
        ...base,
        variations: serve.variants.map(({ value }) => value),
        weights: serve.variants.map(({ percentage }) => percentage / 100),
        coverage: 1,
        hashAttribute: "id"
      }
  }
}

const feature = ({ fallback, rules }: Flag) => {
  const [first] = rules
  return first?.conditions.length === 0 && first.serve.to === "everybody"
    ? { defaultValue: first.serve.value }
    : { defaultValue: fallback, rules: rules.map(toRule) }
}

const payload = (flags: ReadonlyArray<Flag>): FeatureApiResponse =>
  delivered({ features: Object.fromEntries(flags.map((flag) => [flag.key, feature(flag)])) })

const context = ({ key, ...attributes }: User): UserContext => ({ attributes: { id: key, ...attributes } })

const shared = (flags: ReadonlyArray<Flag>) => {
  const client = new GrowthBookClient().initSync({ payload: payload(flags) })
  return {
    context,
    decide: ({ key, kind }: Flag): (user: UserContext) => unknown =>
      kind === "boolean" ? (user) => client.isOn(key, user) : (user) => client.getFeatureValue(key, null, user)
  }
}

const scoped = (flags: ReadonlyArray<Flag>) => {
  const client = new GrowthBookClient({ trackingCallback: () => {} }).initSync({ payload: payload(flags) })
  const forUser = ({ attributes }: UserContext) => client.createScopedInstance(attributes ? { attributes } : {})
  return {
    context,
    decide: ({ key, kind }: Flag): (user: UserContext) => unknown =>
      kind === "boolean"
        ? (user) => forUser(user).isOn(key)
        : (user) => forUser(user).getFeatureValue(key, null)
  }
}

const product = { name: "growthbook", package: "@growthbook/growthbook" }

export const subjects: ReadonlyArray<Subject> = [
  sync({
    ...product,
    configuration: "fast",
    how: "One client for all users, the user's attributes passed along; no tracking.",
    load: shared
  }),
  sync({
    ...product,
    configuration: "default",
    how: "An instance for each decision's user, as its Node.js guide has one for each request; a tracking callback.",
    load: scoped
  })
]
