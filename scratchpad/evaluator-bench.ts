/**
 * What a decision of the evaluator costs beside code written by hand for that one flag.
 *
 *     node --conditions=source scratchpad/evaluator-bench.ts
 *
 * `straight` is a function with the flag's rules spelled out as literals; `closures` is put together from small functions
 * as one would write them without a library. Neither validates, explains, or survives an odd context. Both hash with the
 * library's own SHA-256. All candidates of a scenario run interleaved, in rounds, after every answer was compared. S2, an
 * unknown flag, is a look-up in a Map and no business of the evaluator.
 */
import { isDeepStrictEqual } from "node:util"
import * as Bucket from "rulestead/Bucket"
import type { Condition } from "rulestead/Condition"
import * as Evaluator from "rulestead/Evaluator"
import type { Rule } from "rulestead/Rule"
import type { FlagEntry } from "rulestead/Snapshot"

interface User {
  readonly targetingKey: string
  readonly attributes: {
    readonly plan: string
    readonly country: string
    readonly age: number
    readonly beta: boolean
    readonly version: number
    readonly device: string
    readonly locale: string
    readonly team: string
  }
}

interface Scenario {
  readonly name: string
  readonly flag: Evaluator.CompiledFlag
  readonly straight: (user: User) => unknown
  readonly closures: (user: User) => unknown
}

const pick = <A>(list: ReadonlyArray<A>, index: number): A => {
  const item = list[index % list.length]
  if (item === undefined) throw new Error("an empty list")
  return item
}

const countries = ["at", "be", "br", "ca", "ch", "de", "dk", "es", "fr", "gb", "it", "jp"]
const devices = ["phone", "tablet", "desktop"]

/** As after a request was parsed: it matters to V8 where a string comes from. */
const parsed = <A>(value: A): A => JSON.parse(JSON.stringify(value))

const users: ReadonlyArray<User> = parsed(Array.from({ length: 10_000 }, (_, index): User => ({
  targetingKey: `user-${String(index).padStart(11, "0")}`,
  attributes: {
    plan: index % 5 === 0 ? "free" : "pro",
    country: pick(countries, index * 7),
    age: 16 + index * 13 % 60,
    beta: index % 2 === 0,
    version: index % 9,
    device: pick(devices, index),
    locale: pick(["en", "de", "fr"], index),
    team: `team-${index % 50}`
  }
})))

const flag = (entry: Partial<FlagEntry>): Evaluator.CompiledFlag =>
  Evaluator.compileFlag(parsed<FlagEntry>({
    key: "flag",
    valueType: "json",
    defaultValue: false,
    rulesetVersion: 1,
    hashVersion: 1,
    rules: [],
    ...entry
  }))

const forced = (key: string, value: FlagEntry["defaultValue"], ...conditions: ReadonlyArray<Condition>): Rule => ({
  key,
  strategy: "forced_value",
  conditions,
  value
})

const keysOf = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `user-${String(index * 2).padStart(11, "0")}`)

type Test = (user: User) => boolean
const equals = (name: keyof User["attributes"], value: unknown): Test => (user) => user.attributes[name] === value
const oneOf = (name: keyof User["attributes"], values: ReadonlyArray<unknown>): Test => {
  const set = new Set(values)
  return (user) => set.has(user.attributes[name])
}
const above = (name: keyof User["attributes"], value: number): Test => (user) => Number(user.attributes[name]) > value
const firstOf =
  (rules: ReadonlyArray<{ readonly tests: ReadonlyArray<Test>; readonly value: unknown }>, otherwise: unknown) =>
  (user: User): unknown => {
    next: for (const { tests, value } of rules) {
      for (const test of tests) {
        if (!test(user)) continue next
      }
      return value
    }
    return otherwise
  }

const inList = (name: string, count: number): Scenario => {
  const keys = parsed(keysOf(count))
  const set = new Set(keys)
  const ownSet = new Set(parsed(keys))
  return {
    name,
    flag: flag({ rules: [forced("list", true, { attribute: "targetingKey", operator: "in", values: keys })] }),
    straight: (user) => set.has(user.targetingKey),
    closures: firstOf([{ tests: [(user) => ownSet.has(user.targetingKey)], value: true }], false)
  }
}

const options = { flag: "flag", rule: "rule", bucketBy: "subject" } as const
const rolloutBucket = Bucket.make({ ...options, namespace: "rollout" })
const variantBucket = Bucket.make({ ...options, namespace: "variant" })
const json = { title: "Hello" }
const known = new Set(devices)
const nearby = new Set(countries.slice(0, 10))
const variants = ["a", "b", "c", "d"]

const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "S1 a flag that is on",
    flag: flag({ rules: [forced("on", true)] }),
    straight: () => true,
    closures: firstOf([{ tests: [], value: true }], false)
  },
  {
    name: "S3 one rule of three conditions",
    flag: flag({
      rules: [
        forced(
          "rule",
          true,
          { attribute: "plan", operator: "equals", value: "pro" },
          { attribute: "country", operator: "in", values: countries.slice(0, 10) },
          { attribute: "age", operator: "gt", value: 21 }
        )
      ]
    }),
    straight: ({ attributes }) => attributes.plan === "pro" && nearby.has(attributes.country) && attributes.age > 21,
    closures: firstOf([{
      tests: [equals("plan", "pro"), oneOf("country", countries.slice(0, 10)), above("age", 21)],
      value: true
    }], false)
  },
  {
    name: "S4 a 37 % rollout",
    flag: flag({
      rules: [{
        key: "rule",
        strategy: "percentage_rollout",
        conditions: [],
        rollout: { percentage: 37, bucketBy: "subject" },
        value: true
      }]
    }),
    straight: (user) => rolloutBucket(user.targetingKey) < 3_700,
    closures: firstOf([{ tests: [(user) => rolloutBucket(user.targetingKey) < 3_700], value: true }], false)
  },
  {
    name: "S5 ten rules, the tenth matches",
    flag: flag({
      rules: [
        ...Array.from(
          { length: 9 },
          (_, index) =>
            forced(`rule-${index}`, index, { attribute: "country", operator: "equals", value: `nowhere-${index}` })
        ),
        forced("last", true, { attribute: "device", operator: "in", values: devices })
      ]
    }),
    straight: ({ attributes: { country, device } }) =>
      country === "nowhere-0" ?
        0 :
        country === "nowhere-1" ?
        1 :
        country === "nowhere-2" ?
        2 :
        country === "nowhere-3" ?
        3 :
        country === "nowhere-4" ?
        4 :
        country === "nowhere-5" ?
        5 :
        country === "nowhere-6" ?
        6 :
        country === "nowhere-7" ?
        7 :
        country === "nowhere-8"
        ? 8
        : known.has(device),
    closures: firstOf([
      ...Array.from({ length: 9 }, (_, index) => ({ tests: [equals("country", `nowhere-${index}`)], value: index })),
      { tests: [oneOf("device", devices)], value: true }
    ], false)
  },
  {
    name: "S6 a split over four variants",
    flag: flag({
      rules: [{
        key: "rule",
        strategy: "variant_split",
        conditions: [],
        rollout: { percentage: 100, bucketBy: "subject" },
        variants: [
          { key: "a", weight: 25, value: "a" },
          { key: "b", weight: 25, value: "b" },
          { key: "c", weight: 25, value: "c" },
          { key: "d", weight: 25, value: "d" }
        ]
      }]
    }),
    straight: (user) => {
      const bucket = variantBucket(user.targetingKey)
      return bucket < 2_500 ? "a" : bucket < 5_000 ? "b" : bucket < 7_500 ? "c" : "d"
    },
    closures: (user) => pick(variants, Math.floor(variantBucket(user.targetingKey) / 2_500))
  },
  inList("S7 in a list of 1,000 keys", 1_000),
  inList("S8 in a list of 100,000 keys", 100_000),
  {
    name: "S10 a JSON value",
    flag: flag({ rules: [forced("json", json)] }),
    straight: () => json,
    closures: firstOf([{ tests: [], value: json }], null)
  }
]

/** A thousand other flags, so that the shared code of the evaluator has seen every kind of rule, path and context. */
const crowd = Array.from({ length: 1_000 }, (_, index) =>
  flag({
    key: `flag-${index}`,
    rules: [
      forced("path", index, {
        attribute: pick(["attributes.team", "device", "locale", "beta", "tenantKey"], index),
        operator: "exists"
      }),
      forced("deep", index, { attribute: `attributes.a${index % 40}.b`, operator: "equals", value: index }),
      forced("word", index, { attribute: `name-${index % 60}`, operator: "regex", pattern: "^a+$" }),
      forced("more", index, { attribute: "version", operator: "lte", value: index % 10 - 5 }, {
        attribute: "locale",
        operator: "not_in",
        values: ["en", "de", "fr", `x-${index}`]
      }),
      {
        key: "share",
        strategy: "percentage_rollout",
        conditions: [],
        rollout: {
          percentage: index % 100,
          bucketBy: pick(["subject", "account", "tenant", "session"] as const, index)
        },
        value: index
      }
    ]
  }))

/** An application makes its contexts in a few places, each of a shape of its own. */
const otherContexts = [
  { targetingKey: 42, tenantKey: "t", attributes: { plan: 1, "name-3": "aaa" } },
  { actor: { key: "k" }, accountKey: "a", sessionId: "s", attributes: { beta: true, version: 3 } }
]

for (let round = 0; round < 20; round++) {
  for (const other of crowd) {
    for (const context of [...otherContexts, pick(users, round)]) Evaluator.evaluate(other, context)
  }
}

for (const { closures, flag, name, straight } of scenarios) {
  for (const user of users) {
    const { value } = Evaluator.evaluate(flag, user)
    if (!isDeepStrictEqual([value, value], [straight(user), closures(user)])) {
      throw new Error(`${name}: the answers differ`)
    }
  }
}

let last: unknown

const candidates: ReadonlyArray<(scenario: Scenario) => void> = [
  ({ straight }) => {
    for (const user of users) last = straight(user)
  },
  ({ closures }) => {
    for (const user of users) last = closures(user)
  },
  ({ flag }) => {
    for (const user of users) last = Evaluator.evaluate(flag, user).value
  }
]

/** Nanoseconds for a user. The runs are short, so that most of them are not interrupted. */
const time = (run: (scenario: Scenario) => void, scenario: Scenario): number => {
  const start = process.hrtime.bigint()
  run(scenario)
  return Number(process.hrtime.bigint() - start) / users.length
}

const median = (numbers: ReadonlyArray<number>): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

const rounds = Number(process.argv[2] ?? 300)
const warmUp = 30
const measured = scenarios.map((scenario) => ({ scenario, times: candidates.map((): Array<number> => []) }))

for (let round = 0; round < warmUp + rounds; round++) {
  for (const { scenario, times } of measured) {
    for (let turn = 0; turn < candidates.length; turn++) {
      // In turns, because whoever comes next finds the processor's caches as the one before left them.
      const index = (turn + round) % candidates.length
      const taken = time(pick(candidates, index), scenario)
      if (round >= warmUp) pick(times, index).push(taken)
    }
  }
}

console.table(Object.fromEntries(measured.map(({ scenario, times }) => {
  const [straight = 0, closures = 0, evaluator = 0] = times.map(median)
  return [scenario.name, {
    "straight, ns": straight.toFixed(1),
    "closures, ns": closures.toFixed(1),
    "evaluator, ns": evaluator.toFixed(1),
    "against straight": (evaluator / straight).toFixed(2),
    "against closures": (evaluator / closures).toFixed(2)
  }]
})))
if (last === undefined) throw new Error("nothing was decided")
