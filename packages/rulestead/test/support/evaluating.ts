/**
 * Flags and contexts to evaluate, ordinary and odd, from words few enough that conditions often hold.
 */
import * as fc from "fast-check"
import type { Condition } from "rulestead/Condition"
import type { Outcome } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Evaluator from "rulestead/Evaluator"
import type { Explanation, Options } from "rulestead/Explanation"
import { BucketBy, type Rule } from "rulestead/Rule"
import type { AudienceEntry, FlagEntry } from "rulestead/Snapshot"
import type { Value } from "rulestead/Value"
import { flagEntry } from "./Published.ts"

export const forced = (key: string, value: Value, ...conditions: ReadonlyArray<Condition>): Rule => ({
  key,
  strategy: "forced_value",
  conditions,
  value
})

export const member = (key: string, audience: string, value: Value = true): Rule => ({
  key,
  strategy: "segment_match",
  conditions: [],
  audience,
  value
})

/** A flag of any values whose default is `"default"`. */
export const flagOf = (rules: ReadonlyArray<Rule>, fields: Partial<FlagEntry> = {}): FlagEntry =>
  flagEntry("flag", { valueType: "json", defaultValue: "default", rules, ...fields })

export const compile = (
  entry: FlagEntry,
  audiences: ReadonlyArray<AudienceEntry> = []
): Evaluator.CompiledFlag =>
  Evaluator.compileFlag(
    entry,
    new Map(audiences.map((audience) => [audience.key, Evaluator.compileAudience(audience)]))
  )

/** Evaluates as untyped code would, with anything for a context. */
export const evaluateAny = (flag: Evaluator.CompiledFlag, context: unknown): Outcome =>
  Reflect.apply(Evaluator.evaluate, undefined, [flag, context])

/** Explains as untyped code would. */
export const explainAny = (flag: Evaluator.CompiledFlag, context: unknown, options: Options = {}): Explanation =>
  Reflect.apply(Evaluator.explain, undefined, [flag, context, options])

/** Whether a condition holds, asked through a rule. */
export const holds = (condition: Condition, context: unknown): boolean =>
  evaluateAny(compile(flagOf([forced("rule", true, condition)])), context).reason === "rule_match"

export const users = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `user-${index}`)

const words = ["pro", "free", "", "1", "é"] as const
const names = ["plan", "age", "beta", "constructor", "__proto__"] as const
const paths = [
  ...names,
  "attributes.plan",
  "attributes.org.tier",
  "actor.role",
  "actor",
  "attributes",
  "org.tier",
  "targetingKey",
  "tenantKey",
  "environment"
] as const

const word = fc.constantFrom(...words)
const number = fc.constantFrom(-1, 0, 1, 17.25, 42)
const scalar = fc.oneof(word, number, fc.boolean())
const value: fc.Arbitrary<Value> = fc.oneof(scalar, fc.constant(null), fc.array(scalar), fc.dictionary(word, scalar))

const attribute = fc.constantFrom(...paths)

export const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    attribute,
    operator: fc.constantFrom("equals", "not_equals"),
    value: fc.oneof(scalar, fc.array(scalar))
  }),
  fc.record({ attribute, operator: fc.constantFrom("in", "not_in"), values: fc.array(scalar, { minLength: 1 }) }),
  fc.record({ attribute, operator: fc.constantFrom("gt", "gte", "lt", "lte"), value: number }),
  fc.record({ attribute, operator: fc.constant("regex"), pattern: fc.constantFrom("^$", "r", "^[a-z]+$", "(") }),
  fc.record({ attribute, operator: fc.constant("exists") })
)

const percentage = fc.oneof(fc.constantFrom(0, 100), fc.nat(10_000).map((points) => points / 100))

const variants = fc.record({ weight: percentage, values: fc.tuple(value, value) }).map(({ values: [a, b], weight }) =>
  [
    { key: "a", weight, value: a },
    { key: "b", weight: (10_000 - Math.round(weight * 100)) / 100, value: b }
  ] as const
)

const rollout = fc.record({ percentage, bucketBy: fc.constantFrom(...BucketBy.literals), salt: word })

const anyConditions = fc.array(anyCondition, { maxLength: 2 })

const ruleOf = (key: string): fc.Arbitrary<Rule> => {
  const base = { key: fc.constant(key), conditions: anyConditions }
  return fc.oneof(
    fc.record({ operator: fc.constantFrom("equals", "equals", "equals", "not_equals"), plan: word, value }).map(
      ({ operator, plan, value }) => forced(key, value, { attribute: "plan", operator, value: plan })
    ),
    fc.record({ ...base, strategy: fc.constant("forced_value"), value }),
    fc.record({
      ...base,
      strategy: fc.constant("segment_match"),
      audience: fc.constantFrom("some", "everyone", "archived", "nobody-made-it"),
      value
    }),
    fc.record({ ...base, strategy: fc.constant("percentage_rollout"), rollout, value }, {
      requiredKeys: ["key", "conditions", "strategy", "rollout"]
    }),
    fc.record({ ...base, strategy: fc.constant("variant_split"), rollout, variants }),
    fc.record({
      ...base,
      strategy: fc.constant("experiment"),
      experiment: fc.record({ salt: word, bucketBy: fc.constantFrom(...BucketBy.literals), holdout: percentage }),
      variants
    })
  )
}

export const anyFlag: fc.Arbitrary<Evaluator.CompiledFlag> = fc.record({
  rules: fc.integer({ min: 0, max: 6 }).chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => ruleOf(`rule-${index}`)))
  ),
  defaultValue: value,
  audience: fc.array(anyCondition, { minLength: 1, maxLength: 2 }),
  killSwitch: fc.option(fc.record({ value }), { nil: undefined, freq: 20 })
}).map(({ audience: [first, ...rest], defaultValue, killSwitch, rules }) =>
  compile(flagOf(rules, { defaultValue, ...(killSwitch === undefined ? {} : { killSwitch }) }), [
    { key: "some", definition: first === undefined ? { everyone: true } : { conditions: [first, ...rest] } },
    { key: "everyone", definition: { everyone: true } },
    { key: "archived", definition: { everyone: true }, archived: true }
  ])
)

const identity = fc.constantFrom("user-1", "user-2", " padded ", "", 42, null, undefined)

const facts = (fact: fc.Arbitrary<unknown>) =>
  fc.array(fc.tuple(fc.constantFrom(...names, "role", "org", "tier"), fact)).map((entries) => {
    const facts: { [name: string]: unknown } = {}
    for (const [name, value] of entries) {
      Object.defineProperty(facts, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return facts
  })

export const anyContext: fc.Arbitrary<EvaluationContext> = fc.record({
  targetingKey: identity,
  tenantKey: identity,
  accountKey: identity,
  sessionId: identity,
  environment: word,
  actor: fc.option(facts(value)),
  attributes: fc.option(facts(fc.oneof(value, facts(value))))
}, { requiredKeys: [] })

const cyclic = (): object => {
  const cycle: { [name: string]: unknown } = { list: [] }
  cycle["plan"] = cycle
  cycle["org"] = { tier: cycle, list: [cycle] }
  return cycle
}

const refusing = (): object => {
  const refuse = (): never => {
    throw new Error("refused")
  }
  return new Proxy({}, {
    get: refuse,
    has: refuse,
    getPrototypeOf: refuse,
    getOwnPropertyDescriptor: refuse,
    ownKeys: refuse
  })
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

class Account {
  readonly #plan = "pro"
  get plan(): string {
    return this.#plan
  }
  get role(): string {
    throw new Error("not loaded")
  }
  get age(): string {
    return this.toString()
  }
  toString(): string {
    throw new Error("not printable")
  }
}

/** Made when it is needed: fast-check itself would stumble over some of them. */
type Make = () => unknown

/** What a context, or a fact in it, might turn out to be in code that no compiler has seen. */
const anythingOdd: fc.Arbitrary<Make> = fc.oneof(
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true
  }).map((value) => () => value),
  fc.constantFrom<Make>(
    cyclic,
    refusing,
    revoked,
    () => new Account(),
    () => new Date(Number.NaN),
    () => new Map([["plan", "pro"]]),
    () => Object.freeze({ plan: "pro", key: "user-1" }),
    () => Object.assign(Object.create(null), { plan: "pro", id: 7 }),
    () => JSON.parse("{\"__proto__\":{\"plan\":\"pro\"},\"constructor\":1}"),
    () => Symbol("plan"),
    () => () => "pro",
    () => Account,
    () => 10n ** 40n,
    () => Number.NaN,
    () => -Infinity,
    () => "\ud800",
    () => "\udc00 \ud800"
  )
)

const made = (facts: { readonly [name: string]: unknown }): object => {
  const all = {}
  for (const [name, make] of Object.entries(facts)) {
    const value: unknown = typeof make === "function" ? make() : make
    Object.defineProperty(all, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return all
}

const oddFacts: fc.Arbitrary<Make> = facts(anythingOdd).map((facts) => () => made(facts))

export const anyOddContext: fc.Arbitrary<Make> = fc.oneof(
  anythingOdd,
  fc.record({
    targetingKey: anythingOdd,
    tenantKey: anythingOdd,
    accountKey: anythingOdd,
    sessionId: anythingOdd,
    environment: anythingOdd,
    actor: fc.oneof(anythingOdd, oddFacts),
    attributes: fc.oneof(anythingOdd, oddFacts)
  }, { requiredKeys: [] }).map((fields) => () => made(fields))
)
