/**
 * Environments of any content, as manifests: every type, strategy and operator, salts and none, drafts, kill switches,
 * owners, odd texts, and words few enough that conditions often hold for `anyContext`.
 */
import * as fc from "fast-check"
import type { Definition } from "rulestead/Audience"
import type { Condition } from "rulestead/Condition"
import { BucketBy, type Rule } from "rulestead/Rule"
import type { Ruleset } from "rulestead/Ruleset"
import type { Value, ValueType } from "rulestead/Value"

const words = [
  "pro",
  "free",
  "1",
  "é",
  " padded ",
  "true",
  "null",
  "# no comment",
  "a: b\n- c",
  "\u0000\ud800",
  ""
] as const

const word = fc.constantFrom(...words)
const number = fc.constantFrom(-1, 0, 1, 17.25, 42, 1e21, 5e-324)
const scalar = fc.oneof(word, number, fc.boolean())

const json: fc.Arbitrary<Value> = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("plan", "key", "__proto__", "b a", "1", "y"), fc.oneof(scalar, fc.array(scalar)), {
    maxKeys: 3,
    noNullPrototype: true
  })
)

const valueOf: { readonly [Type in ValueType]: fc.Arbitrary<Value> } = {
  boolean: fc.boolean(),
  string: word,
  number,
  json
}

const attribute = fc.constantFrom(
  "plan",
  "age",
  "beta",
  "constructor",
  "attributes.plan",
  "attributes.org.tier",
  "actor.role",
  "actor",
  "attributes",
  "targetingKey",
  "tenantKey",
  "environment"
)

const list = fc.oneof(...[word, number, fc.boolean()].map((kind) =>
  fc.array<string | number | boolean>(kind, {
    minLength: 1,
    maxLength: 3
  })
))

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    attribute,
    operator: fc.constantFrom("equals", "not_equals"),
    value: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }))
  }),
  fc.record({ attribute, operator: fc.constantFrom("in", "not_in"), values: list }),
  fc.record({ attribute, operator: fc.constantFrom("gt", "gte", "lt", "lte"), value: number }),
  fc.record({
    attribute,
    operator: fc.constant("regex"),
    pattern: fc.constantFrom("^$", "r", "^[a-z]+$"),
    flags: fc.constantFrom("", "i", "ims")
  }, { requiredKeys: ["attribute", "operator", "pattern"] }),
  fc.record({ attribute, operator: fc.constant("exists") })
)

const percentage = fc.oneof(fc.constantFrom(0, 100), fc.nat(10_000).map((points) => points / 100))

const salt = fc.constantFrom("", "s1", " padded ", "é")

const bucketBy = fc.constantFrom(...BucketBy.literals)

const rollout = fc.record({ percentage, bucketBy, salt }, { requiredKeys: ["percentage", "bucketBy"] })

const variants = (value: fc.Arbitrary<Value>) =>
  fc.record({ weight: percentage, values: fc.tuple(value, value) }).map(({ values: [a, b], weight }) =>
    [
      { key: "a", weight, value: a },
      { key: "b", weight: (10_000 - Math.round(weight * 100)) / 100, value: b }
    ] as const
  )

const ruleOf = (key: string, value: fc.Arbitrary<Value>, audiences: ReadonlyArray<string>): fc.Arbitrary<Rule> => {
  const base = {
    key: fc.constant(key),
    description: fc.constantFrom("", "Why not?"),
    conditions: fc.array(condition, { maxLength: 2 })
  }
  const rule = <A>(fields: { readonly [K in keyof A]: fc.Arbitrary<A[K]> }, optional: ReadonlyArray<string> = []) =>
    fc.tuple(fc.record(base), fc.record(fields)).chain(([base, fields]) =>
      fc.subarray(["description", ...optional]).map((left) => {
        const whole = { ...base, ...fields }
        for (const name of left) Reflect.deleteProperty(whole, name)
        return whole
      })
    )
  return fc.oneof(
    rule({ strategy: fc.constant("forced_value" as const), value }),
    ...audiences.length === 0
      ? []
      : [rule({ strategy: fc.constant("segment_match" as const), audience: fc.constantFrom(...audiences), value })],
    rule({ strategy: fc.constant("percentage_rollout" as const), rollout, value }, ["value"]),
    rule({ strategy: fc.constant("variant_split" as const), rollout, variants: variants(value) }),
    rule({
      strategy: fc.constant("experiment" as const),
      experiment: fc.record({ salt: fc.constantFrom("first", " second "), bucketBy, holdout: percentage }),
      variants: variants(value)
    })
  )
}

const rulesetOf = (value: fc.Arbitrary<Value>, audiences: ReadonlyArray<string>): fc.Arbitrary<Ruleset> =>
  fc.record({
    rules: fc.subarray(["first", "second", "third", "fourth: and last"]).chain((keys) =>
      fc.tuple(...keys.map((key) => ruleOf(key, value, audiences)))
    ),
    salt,
    hashVersion: fc.constant(1 as const)
  }, { requiredKeys: ["rules", "hashVersion"] })

const flagOf = (key: string, valueType: ValueType, audiences: ReadonlyArray<string>) => {
  const value = valueOf[valueType]
  const ruleset = rulesetOf(value, audiences)
  return fc.record({
    key: fc.constant(key),
    valueType: fc.constant(valueType),
    defaultValue: value,
    purpose: fc.constantFrom("release", "experiment", "operational", "remote_config"),
    description: fc.constantFrom("", "What it is for: things.\nAnd more."),
    tags: fc.subarray(["b", "a", "c d"]),
    owner: fc.constantFrom(null, { kind: "team", ref: "payments" }, { kind: "person", ref: "ada", name: "Ada" }),
    lifecycle: fc.constantFrom({ mode: "permanent" }, { mode: "expiring", reviewBy: "2027-01-31" }),
    ruleset,
    killSwitch: fc.record({ value }),
    draft: ruleset
  }, {
    requiredKeys: ["key", "valueType", "defaultValue", "purpose", "description", "tags", "owner", "lifecycle"]
  })
}

const definition: fc.Arbitrary<Definition> = fc.oneof(
  fc.constant({ everyone: true as const }),
  fc.array(condition, { minLength: 1, maxLength: 2 }).map(([first, ...rest]): Definition =>
    first === undefined ? { everyone: true } : { conditions: [first, ...rest] }
  )
)

const audience = (key: string) =>
  fc.record({ key: fc.constant(key), description: fc.constantFrom("", "Those: who pay"), definition })

const flagKeys = ["constructor", "new-checkout", "a:b", "77", "offers", "theme"] as const

/** Undecoded, as somebody may have written it, and complete: what may be left out is there. */
export const anyManifest: fc.Arbitrary<unknown> = fc.subarray(["members", "staff", "tostring"]).chain((audiences) =>
  fc.record({
    schemaVersion: fc.constant(1),
    audiences: fc.tuple(...audiences.map(audience)),
    flags: fc.shuffledSubarray([...flagKeys]).chain((keys) =>
      fc.tuple(
        ...keys.map((key) =>
          fc.constantFrom<ValueType>("boolean", "string", "number", "json").chain((type) =>
            flagOf(key, type, audiences)
          )
        )
      )
    )
  })
)
