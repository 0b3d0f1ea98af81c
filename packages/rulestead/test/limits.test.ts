import { assert, describe, it } from "@effect/vitest"
import type * as Schema from "effect/Schema"
import { inspect } from "node:util"
import { AttributePath } from "rulestead/AttributePath"
import * as Audience from "rulestead/Audience"
import { Condition } from "rulestead/Condition"
import { Environment } from "rulestead/Environment"
import { Flag } from "rulestead/Flag"
import * as Key from "rulestead/Key"
import * as Lifecycle from "rulestead/Lifecycle"
import { Owner } from "rulestead/Owner"
import * as Pattern from "rulestead/Pattern"
import { Percentage, toBasisPoints } from "rulestead/Percentage"
import { Rule } from "rulestead/Rule"
import { Ruleset } from "rulestead/Ruleset"
import * as Value from "rulestead/Value"
import { decodeBy, problems } from "./support/problems.ts"

/** What a schema accepts, and what it refuses for which problems. */
interface Table {
  readonly schema: Schema.ConstraintDecoder<unknown>
  readonly accepts: ReadonlyArray<unknown>
  readonly refuses: ReadonlyArray<readonly [unknown, ...ReadonlyArray<string>]>
}

const check = (name: string, table: Table) =>
  describe.each([{ name, ...table }])("$name", ({ accepts, refuses, schema }) => {
    const decode = decodeBy(schema)
    it.each(accepts.map((input) => [show(input), input]))("accepts %s", (_, input) => {
      assert.deepStrictEqual(problems(decode(input)), [])
    })
    it.each(refuses.map(([input, ...expected]) => [show(input), input, expected] as const))(
      "refuses %s",
      (_, input, expected) => {
        assert.deepStrictEqual(problems(decode(input)), expected)
      }
    )
  })

const show = (input: unknown): string => {
  const text = inspect(input, { breakLength: Infinity, compact: true })
  return text.length > 60 ? `${text.slice(0, 40)}… (${text.length} characters)` : text
}

const label = (rule: string): Omit<Table, "schema"> => ({
  accepts: ["a", "A b", "__proto__", "\0", "\ud800", "👩‍👧", "x".repeat(128)],
  refuses: [["", ` (${rule})`], ["x".repeat(129), ` (${rule})`], [" a", ` (${rule})`], ["a\n", ` (${rule})`], [
    1,
    " (type)"
  ]]
})

const slug = (rule: string, max: number): Omit<Table, "schema"> => ({
  accepts: ["ab", "0a", "a-b_c", "9".repeat(max)],
  refuses: [
    ["a", ` (${rule})`],
    ["a".repeat(max + 1), ` (${rule})`],
    ["", ` (${rule})`],
    ["Ab", ` (${rule})`],
    ["a b", ` (${rule})`],
    ["-a", ` (${rule})`],
    ["_a", ` (${rule})`],
    ["a.b", ` (${rule})`],
    ["ab\n", ` (${rule})`],
    ["é-a", ` (${rule})`],
    ["__proto__", ` (${rule})`],
    [12, " (type)"],
    [null, " (type)"]
  ]
})

check("Key.FlagKey", { schema: Key.FlagKey, ...slug("flag_key", 128) })
check("Key.AudienceKey", { schema: Key.AudienceKey, ...slug("audience_key", 128) })
check("Key.EnvironmentKey", { schema: Key.EnvironmentKey, ...slug("environment_key", 64) })
check("Key.RuleKey", { schema: Key.RuleKey, ...label("rule_key") })
check("Key.VariantKey", { schema: Key.VariantKey, ...label("variant_key") })

describe("Key", () => {
  it("a colon is for flags and audiences, not for environments", () => {
    assert.deepStrictEqual(problems(decodeBy(Key.FlagKey)("team:flag")), [])
    assert.deepStrictEqual(problems(decodeBy(Key.AudienceKey)("team:flag")), [])
    assert.deepStrictEqual(problems(decodeBy(Key.EnvironmentKey)("team:env")), [" (environment_key)"])
  })
})

check("Percentage", {
  schema: Percentage,
  accepts: [0, -0, 0.01, 0.1, 33.33, 50, 99.99, 100],
  refuses: [
    [-0.01, " (percentage)"],
    [100.01, " (percentage)"],
    [0.001, " (percentage)"],
    [33.333, " (percentage)"],
    ["50", " (type)"],
    [null, " (type)"]
  ]
})

describe("Percentage", () => {
  it("every step of a hundredth is a basis point", () => {
    for (let points = 0; points <= 10_000; points++) {
      const percentage = points / 100
      assert.deepStrictEqual(problems(decodeBy(Percentage)(percentage)), [])
      assert.strictEqual(toBasisPoints(percentage), points)
    }
  })
})

check("Pattern.Pattern", {
  schema: Pattern.Pattern,
  accepts: ["a", "^a+$", "(a|b)*c", "\\p{Greek}", "[^\\s@]+@example\\.com", "x".repeat(Pattern.maxLength)],
  refuses: [
    ["", " (pattern)"],
    ["x".repeat(Pattern.maxLength + 1), " (pattern)"],
    ["(", " (pattern)"],
    ["a**", " (pattern)"],
    ["(?=a)", " (pattern)"],
    ["(?<!a)b", " (pattern)"],
    ["(a)\\1", " (pattern)"],
    ["a{1,100000}", " (pattern)"],
    [1, " (type)"]
  ]
})

check("Pattern.Flags", {
  schema: Pattern.Flags,
  accepts: ["", "i", "ims", "sm"],
  refuses: [["g", " (pattern_flags)"], ["ii", " (pattern_flags)"], ["I", " (pattern_flags)"], [true, " (type)"]]
})

check("AttributePath", {
  schema: AttributePath,
  accepts: [
    "targetingKey",
    "environment",
    "plan",
    "attributes.plan",
    "attributes.org.tier",
    "actor.role",
    "__proto__",
    "attributes.__proto__.x",
    "a".repeat(255)
  ],
  refuses: [
    ["", " (attribute_path)"],
    ["a".repeat(256), " (attribute_path)"],
    [" plan", " (attribute_path)"],
    ["org.tier", " (attribute_path)"],
    ["targetingKey.x", " (attribute_path)"],
    ["targeting_key", " (attribute_path)"],
    ["attributes..plan", " (attribute_path)"],
    [".plan", " (attribute_path)"],
    ["plan.", " (attribute_path)"],
    ["attributes.plans[0]", " (attribute_path)"],
    ["attributes.*", " (attribute_path)"],
    ["a && b", " (attribute_path)"],
    ["a || b", " (attribute_path)"],
    ["f(x)", " (attribute_path)"],
    [7, " (type)"]
  ]
})

const nested = (levels: number): unknown => levels === 0 ? 1 : { in: [nested(levels - 1)] }

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

check("Value", {
  schema: Value.Value,
  accepts: [
    null,
    true,
    0,
    "",
    "\0\ud800",
    [],
    {},
    JSON.parse(`{"__proto__":1}`),
    Object.create(null),
    nested(Value.maxDepth / 2)
  ],
  refuses: [
    [undefined, " (type)"],
    [Number.NaN, " (type)"],
    [[1, [Infinity]], " (type)"],
    [{ a: undefined }, " (type)"],
    [{ a: () => 1 }, " (type)"],
    [{ a: 1n }, " (type)"],
    [new Date(0), " (type)"],
    [new Map(), " (type)"],
    [[Symbol.iterator], " (type)"],
    [nested(Value.maxDepth / 2 + 1), " (type)"]
  ]
})

describe("Value", () => {
  it("a cyclic value is refused", () => {
    assert.deepStrictEqual(problems(decodeBy(Value.Value)(cyclic)), [" (type)"])
  })
})

const on = (operator: string, rest: object = {}) => ({ attribute: "plan", operator, ...rest })

check("Condition", {
  schema: Condition,
  accepts: [
    on("equals", { value: "" }),
    on("equals", { value: { a: [1] } }),
    on("not_equals", { value: false }),
    on("in", { values: ["a", "b"] }),
    on("not_in", { values: [1] }),
    on("in", { values: [true, false] }),
    on("gt", { value: -1.5 }),
    on("gte", { value: 0 }),
    on("lt", { value: 1e300 }),
    on("lte", { value: 1 }),
    on("regex", { pattern: "^a" }),
    on("regex", { pattern: "^a", flags: "i" }),
    on("exists")
  ],
  refuses: [
    [on("equals"), "value (required)"],
    [on("equals", { value: null }), "value (value)"],
    [on("in", { values: [] }), "values (list)"],
    [on("in", { values: ["1", 1] }), "values (list_kind)"],
    [on("in", { values: [null] }), "values[0] (one_of)"],
    [on("in", { value: "a" }), "value (unknown_field)", "values (required)"],
    [on("gt", { value: "1" }), "value (type)"],
    [on("gt", { value: Infinity }), "value (value)"],
    [on("regex", { pattern: "(" }), "pattern (pattern)"],
    [on("regex", { pattern: "a", flags: "g" }), "flags (pattern_flags)"],
    [on("exists", { value: true }), "value (unknown_field)"],
    [on("contains", { value: "a" }), " (one_of)"],
    [{ attribute: "org.tier", operator: "exists" }, "attribute (attribute_path)"],
    [{ operator: "exists" }, "attribute (required)"],
    ["exists", " (one_of)"]
  ]
})

const rule = (strategy: string, rest: object) => ({ key: "a", strategy, ...rest })

const variants = [{ key: "on", weight: 100, value: true }]

check("Rule", {
  schema: Rule,
  accepts: [
    rule("forced_value", { value: null }),
    rule("forced_value", { value: 1, description: "Why", conditions: [on("exists")] }),
    rule("segment_match", { audience: "beta", value: true }),
    rule("percentage_rollout", { rollout: { percentage: 0.01 } }),
    rule("percentage_rollout", { rollout: { percentage: 1, bucketBy: "tenant", salt: "s".repeat(255) }, value: 1 }),
    rule("variant_split", { rollout: { percentage: 100 }, variants }),
    rule("experiment", { experiment: { salt: "2026" }, variants }),
    rule("experiment", { experiment: { salt: "2026", bucketBy: "account", holdout: 0 }, variants })
  ],
  refuses: [
    [rule("forced_value", {}), "value (required)"],
    [rule("forced_value", { value: undefined }), "value (type)"],
    [rule("forced_value", { value: 1, rollout: { percentage: 1 } }), "rollout (unknown_field)"],
    [rule("segment_match", { value: 1 }), "audience (required)"],
    [rule("segment_match", { audience: "Beta", value: 1 }), "audience (audience_key)"],
    [rule("percentage_rollout", {}), "rollout (required)"],
    [rule("percentage_rollout", { rollout: {} }), "rollout.percentage (required)"],
    [rule("percentage_rollout", { rollout: { percentage: 101 } }), "rollout.percentage (percentage)"],
    [rule("percentage_rollout", { rollout: { percentage: 1, bucketBy: "device" } }), "rollout.bucketBy (one_of)"],
    [rule("percentage_rollout", { rollout: { percentage: 1, salt: "s".repeat(256) } }), "rollout.salt (salt)"],
    [rule("variant_split", { rollout: { percentage: 1 }, variants: [] }), "variants[0] (required)"],
    [rule("variant_split", { rollout: { percentage: 1 } }), "variants (required)"],
    [
      rule("variant_split", { rollout: { percentage: 1 }, variants: [{ key: "", weight: -1, value: 1 }] }),
      "variants[0].key (variant_key)",
      "variants[0].weight (percentage)"
    ],
    [rule("experiment", { experiment: { salt: " " }, variants }), "experiment.salt (iteration)"],
    [rule("experiment", { experiment: {}, variants }), "experiment.salt (required)"],
    [rule("experiment", { experiment: { salt: "a", holdout: 101 }, variants }), "experiment.holdout (percentage)"],
    [rule("experiment", { experiment: { salt: "a" } }), "variants (required)"],
    [rule("magic", { value: 1 }), " (one_of)"],
    [{ key: "", strategy: "forced_value", value: 1 }, "key (rule_key)"],
    [{ strategy: "forced_value", value: 1 }, "key (required)"]
  ]
})

check("Ruleset", {
  schema: Ruleset,
  accepts: [{ rules: [] }, { rules: [], salt: "s".repeat(255) }, { rules: [], hashVersion: 1 }],
  refuses: [
    [{}, "rules (required)"],
    [{ rules: [], salt: "s".repeat(256) }, "salt (salt)"],
    [{ rules: [], hashVersion: 2 }, "hashVersion (type)"],
    [{ rules: {} }, "rules (type)"],
    [{ rules: [], rule: [] }, "rule (unknown_field)"]
  ]
})

const flag = (rest: object) => ({ key: "ab", valueType: "boolean", defaultValue: false, ...rest })

check("Flag", {
  schema: Flag,
  accepts: [
    flag({}),
    flag({ purpose: "kill_switch", description: "d".repeat(2000), tags: ["a", "b", "t".repeat(64)] }),
    flag({ valueType: "string", defaultValue: "" }),
    flag({ owner: null, lifecycle: null }),
    flag({ owner: { kind: "team", ref: "payments" }, lifecycle: { mode: "expiring", reviewBy: "2027-01-31" } }),
    flag({ lifecycle: { mode: "permanent" } }),
    flag({ lifecycle: { mode: "permanent", reviewBy: "2028-02-29" } }),
    flag({ valueType: "number", defaultValue: -1.5 }),
    flag({ valueType: "json", defaultValue: null })
  ],
  refuses: [
    [{ key: "ab", valueType: "boolean" }, "defaultValue (required)"],
    [flag({ key: "A" }), "key (flag_key)"],
    [flag({ defaultValue: "no" }), "defaultValue (type)"],
    [flag({ defaultValue: null }), "defaultValue (type)"],
    [flag({ valueType: "string", defaultValue: 1 }), "defaultValue (type)"],
    [flag({ valueType: "number", defaultValue: Number.NaN }), "defaultValue (value)"],
    [flag({ valueType: "json", defaultValue: undefined }), "defaultValue (type)"],
    [flag({ valueType: "variant" }), " (one_of)"],
    [flag({ purpose: "fun" }), "purpose (one_of)"],
    [flag({ description: "d".repeat(2001) }), "description (description)"],
    [flag({ tags: [""] }), "tags[0] (tag)"],
    [flag({ tags: ["a", " b", "t".repeat(65)] }), "tags[1] (tag)", "tags[2] (tag)"],
    [flag({ tags: ["a", "a"] }), "tags (unique_tags)"],
    [flag({ owner: "me" }), "owner (one_of)"],
    [flag({ owner: { kind: "team" } }), "owner.ref (required)"],
    [flag({ lifecycle: { mode: "expiring" } }), "lifecycle.reviewBy (required)"],
    [flag({ lifecycle: { mode: "forever" } }), "lifecycle (one_of)"],
    [flag({ mood: "good" }), "mood (unknown_field)"]
  ]
})

check("Owner", {
  schema: Owner,
  accepts: [
    { kind: "person", ref: "a" },
    { kind: "team", ref: "r".repeat(255), name: "n".repeat(255) },
    { kind: "service", ref: "ci", name: "CI" }
  ],
  refuses: [
    [{ kind: "group", ref: "a" }, "kind (one_of)"],
    [{ kind: "team", ref: "" }, "ref (owner_ref)"],
    [{ kind: "team", ref: " a" }, "ref (owner_ref)"],
    [{ kind: "team", ref: "r".repeat(256), name: "n".repeat(256) }, "ref (owner_ref)", "name (owner_name)"]
  ]
})

check("Day", {
  schema: Lifecycle.Day,
  accepts: ["2027-01-31", "2028-02-29", "0001-01-01", "9999-12-31"],
  refuses: [
    ["2027-02-29", " (day)"],
    ["2027-13-01", " (day)"],
    ["2027-1-1", " (day)"],
    ["2027-01-31T00:00:00Z", " (day)"],
    ["", " (day)"],
    ["tomorrow", " (day)"]
  ]
})

check("Audience", {
  schema: Audience.Audience,
  accepts: [
    { key: "ab", definition: { everyone: true } },
    { key: "ab", description: "", definition: { conditions: [on("exists")] } }
  ],
  refuses: [
    [{ key: "ab", definition: { conditions: [] } }, "definition.conditions[0] (required)"],
    [
      { key: "ab", definition: { everyone: false } },
      "definition.everyone (unknown_field)",
      "definition.conditions (required)"
    ],
    [{ key: "ab", definition: {} }, "definition.conditions (required)"],
    [{ key: "ab" }, "definition (required)"],
    [
      { key: "a", definition: { conditions: [on("gt", { value: "1" })] } },
      "key (audience_key)",
      "definition.conditions[0].value (type)"
    ]
  ]
})

check("Environment", {
  schema: Environment,
  accepts: [{ key: "prod", name: "P" }, { key: "prod", name: "n".repeat(128), description: "", protected: true }],
  refuses: [
    [{ key: "prod" }, "name (required)"],
    [{ key: "prod", name: "" }, "name (name)"],
    [{ key: "prod", name: " a" }, "name (name)"],
    [{ key: "prod", name: "n".repeat(129) }, "name (name)"],
    [{ key: "prod", name: "P", protected: "yes" }, "protected (type)"],
    [
      { key: "p", name: "", description: "d".repeat(2001) },
      "key (environment_key)",
      "name (name)",
      "description (description)"
    ]
  ]
})
