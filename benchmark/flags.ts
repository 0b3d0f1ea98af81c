// The flags and users that every subject is loaded with, in no product's own format: each subject translates them.
import { random } from "./random.ts"

export interface User {
  readonly key: string
  readonly country: string
  readonly plan: string
  readonly language: string
  readonly device: string
  readonly company: string
  readonly age: number
  readonly orders: number
  readonly employee: boolean
}

export type TextAttribute = "key" | "country" | "plan" | "language" | "device" | "company"
export type NumberAttribute = "age" | "orders"

export type Condition =
  | { readonly operator: "equals"; readonly attribute: TextAttribute; readonly value: string }
  | { readonly operator: "in"; readonly attribute: TextAttribute; readonly values: ReadonlyArray<string> }
  | { readonly operator: "above"; readonly attribute: NumberAttribute; readonly value: number }

export interface Variant {
  readonly percentage: number
  readonly value: string
}

export type Value = boolean | string | number | ReadonlyArray<Value> | { readonly [name: string]: Value }

/** What those get for whom the conditions hold: one value, one value for a share of them, or one of several values. */
export type Serve =
  | { readonly to: "everybody"; readonly value: Value }
  | { readonly to: "share"; readonly percentage: number; readonly value: Value }
  | { readonly to: "split"; readonly variants: readonly [Variant, ...ReadonlyArray<Variant>] }

export interface Rule {
  readonly conditions: ReadonlyArray<Condition>
  readonly serve: Serve
}

/** The first rule that applies decides; none applying, `fallback` is served. */
export interface Flag {
  readonly key: string
  readonly kind: "boolean" | "string" | "json"
  readonly fallback: Value
  readonly rules: ReadonlyArray<Rule>
}

const countries = ["at", "be", "br", "ca", "ch", "de", "dk", "es", "fr", "gb", "it", "jp"] as const
const devices = ["phone", "tablet", "desktop"] as const

/** Sixteen characters, as many as a user id often has. */
const keyOf = (index: number): string => `user-${index.toString().padStart(11, "0")}`

export const userCount = 10_000

/** As after a request was parsed: `JSON.parse` decides how V8 keeps the strings, and that decides how they compare. */
export const users = (): ReadonlyArray<User> => {
  const { below, chance, pick } = random(1)
  const made = Array.from({ length: userCount }, (_, index): User => ({
    key: keyOf(index),
    country: pick(countries),
    plan: chance(0.8) ? "pro" : "free",
    language: chance(0.8) ? "en" : "fr",
    device: pick(devices),
    company: `company-${Math.floor(index / 10)}`,
    age: 16 + below(60),
    orders: below(100),
    employee: chance(0.1)
  }))
  return JSON.parse(JSON.stringify(made))
}

const everybody = (value: Value): Rule => ({ conditions: [], serve: { to: "everybody", value } })

const on = (key: string): Flag => ({ key, kind: "boolean", fallback: false, rules: [everybody(true)] })

const threeConditions = (key: string, age = 21): Flag => ({
  key,
  kind: "boolean",
  fallback: false,
  rules: [{
    conditions: [
      { operator: "equals", attribute: "plan", value: "pro" },
      { operator: "in", attribute: "country", values: countries.slice(0, 10) },
      { operator: "above", attribute: "age", value: age }
    ],
    serve: { to: "everybody", value: true }
  }]
})

const rollout = (key: string, percentage = 37): Flag => ({
  key,
  kind: "boolean",
  fallback: false,
  rules: [{ conditions: [], serve: { to: "share", percentage, value: true } }]
})

const tenRules = (key: string): Flag => ({
  key,
  kind: "boolean",
  fallback: false,
  rules: Array.from({ length: 10 }, (_, index): Rule => ({
    conditions: [
      index < 9
        ? { operator: "equals", attribute: "country", value: `nowhere-${index}` }
        : { operator: "in", attribute: "device", values: devices }
    ],
    serve: { to: "everybody", value: true }
  }))
})

const split = (key: string): Flag => ({
  key,
  kind: "string",
  fallback: "none",
  rules: [{
    conditions: [],
    serve: {
      to: "split",
      variants: [
        { percentage: 25, value: "red" },
        { percentage: 25, value: "green" },
        { percentage: 25, value: "blue" },
        { percentage: 25, value: "gold" }
      ]
    }
  }]
})

const text = (key: string): Flag => ({
  key,
  kind: "string",
  fallback: "",
  rules: [everybody("Free delivery until Sunday")]
})

const document = (key: string): Flag => ({
  key,
  kind: "json",
  fallback: {},
  rules: [everybody({
    title: "Checkout",
    steps: ["address", "delivery", "payment", "review"],
    limits: { items: 40, retries: 3 },
    express: true
  })]
})

const members = (key: string, count: number, amongUsers: number): Flag => ({
  key,
  kind: "boolean",
  fallback: false,
  rules: [{
    conditions: [{
      operator: "in",
      attribute: "key",
      values: Array.from({ length: count }, (_, index) => {
        const place = index * amongUsers / count
        return keyOf(Number.isInteger(place) ? place * userCount / amongUsers : userCount + index)
      })
    }],
    serve: { to: "everybody", value: true }
  }]
})

export const scenarioFlags = {
  on: on("on"),
  threeConditions: threeConditions("three-conditions"),
  rollout: rollout("checkout-rollout"),
  tenRules: tenRules("ten-rules"),
  split: split("checkout-split"),
  text: text("text"),
  document: document("document"),
  thousandMembers: members("thousand-members", 1_000, 500),
  manyMembers: members("many-members", 100_000, 5_000)
}

/** A flag that nobody made. */
export const unknownFlag: Flag = { key: "unknown", kind: "boolean", fallback: false, rules: [] }

/** The mix that fills a catalogue up: of ten flags three are on, two conditional, two rollouts, the others one each. */
const mixed = (index: number): Flag => {
  const key = `flag-${index}`
  switch (index % 10) {
    case 0:
    case 1:
    case 2:
      return on(key)
    case 3:
    case 4:
      return threeConditions(key, 18 + index % 40)
    case 5:
    case 6:
      return rollout(key, 1 + index % 99)
    case 7:
      return split(key)
    case 8:
      return tenRules(key)
    default:
      return text(key)
  }
}

/** A catalogue of `size` flags (at least seven), among them those of the scenarios but for the long lists. */
export const catalogue = (size: number): ReadonlyArray<Flag> => {
  const { document, on, rollout, split, tenRules, text, threeConditions } = scenarioFlags
  const named = [on, threeConditions, rollout, tenRules, split, text, document]
  return [...named, ...Array.from({ length: size - named.length }, (_, index) => mixed(index))]
}
