import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as Evaluator from "rulestead/Evaluator"
import { answer, translate } from "./reference.ts"
import { fieldOf, listOf, type Shape } from "./referenceShapes.ts"

const vectors = listOf(JSON.parse(
  readFileSync(new URL("../fixtures/evaluation-vectors.json", import.meta.url), "utf8")
))

describe("1,500 recorded answers of Elixir Rulestead", () => {
  it("are ours: value, variant, reason, rule, version, errors, warnings, and why each rule was skipped", () => {
    assert.strictEqual(vectors.length, 1_500)
    for (const [index, vector] of vectors.entries()) {
      const [payload, context, expected] = ["payload", "context", "expected"].map((name) => fieldOf(vector, name))
      assert.deepStrictEqual<unknown>(answer(payload, context), expected, `vector ${index}`)
    }
  })

  it("stay ours when a flag is decided so often that it gets code of its own", () => {
    for (const vector of vectors) {
      const question = translate(fieldOf(vector, "payload"), fieldOf(vector, "context"))
      if (question === undefined) return assert.fail("a recorded payload is complete")
      const { context, flag } = question
      const answer = Evaluator.evaluate(flag, context)
      const strict = Evaluator.evaluateStrict(flag, context)
      for (let time = 0; time < 200; time++) {
        assert.strictEqual(Evaluator.evaluate(flag, context), answer)
        assert.strictEqual(Evaluator.evaluateStrict(flag, context), strict)
      }
    }
  })

  it("are explained as they are answered", () => {
    for (const vector of vectors) {
      const question = translate(fieldOf(vector, "payload"), fieldOf(vector, "context"))
      if (question === undefined) return assert.fail("a recorded payload is complete")
      const { context, flag } = question
      const { outcome, rules } = Evaluator.explain(flag, context)
      assert.strictEqual(outcome, Evaluator.evaluate(flag, context))
      assert.deepStrictEqual(
        rules.filter(({ matched }) => matched).map(({ rule }) => rule),
        outcome.rule === null ? [] : [outcome.rule]
      )
    }
  })
})

const variants = [
  { key: "control", value: { value: "c" }, weight: 50 },
  { key: "treatment", value: { value: "t" }, weight: 50 }
]

const on = { key: "on", strategy: "forced_value", value: { value: true } }

const payload = (rules: unknown, fields: Shape = {}): unknown => ({
  flag: { key: "f", default_value: { value: "default" } },
  active_ruleset: { version: 3, salt: "rs1", rules },
  ...fields
})

const ask = (rules: unknown, context: unknown = {}, fields: Shape = {}) => {
  const answered = answer(payload(rules, fields), context)
  return answered.ok ? answered : assert.fail(answered.error)
}

/** Whether a rule with this condition applies. */
const holds = (condition: unknown, context: unknown): boolean =>
  ask([{ ...on, conditions: [condition] }], context).reason === "rule_match"

/** Whether an audience of this definition has the context. */
const isMember = (definition: unknown, context: unknown = {}): boolean =>
  ask([{ ...on, strategy: "segment_match", audience_key: "a" }], context, { audiences: { a: { definition } } })
    .reason ===
    "rule_match"

const users = (count: number) => Array.from({ length: count }, (_, index) => `user-${index + 1}`)

describe("beyond the recorded answers, as the reference is documented", () => {
  it("a payload without flag or ruleset is malformed, one without rules serves the default", () => {
    for (const broken of [null, "f", [], {}, { flag: {} }, { flag: {}, active_ruleset: [] }]) {
      assert.deepStrictEqual(answer(broken, {}), { ok: false, error: "malformed_runtime_data" })
    }
    for (const rules of [undefined, null, {}, "rules", []]) {
      assert.deepStrictEqual(answer(payload(rules), {}), {
        ok: true,
        value: "default",
        enabled: true,
        variant: null,
        reason: "default",
        rule: null,
        version: 3,
        skipped: [],
        warnings: []
      })
    }
  })

  it("values are unwrapped once, and null, {} and 0 count as the reference counts them", () => {
    const served = (value: unknown) => {
      const { enabled, reason, value: answered } = ask([{ ...on, value }])
      assert.strictEqual(reason, "rule_match")
      return [answered, enabled]
    }
    assert.deepStrictEqual(served({ value: { value: 3 } }), [{ value: 3 }, true])
    assert.deepStrictEqual(served(false), [false, false])
    assert.deepStrictEqual(served({ value: null }), [null, false])
    assert.deepStrictEqual(served(undefined), [null, false])
    assert.deepStrictEqual(served({}), [{}, true])
    assert.deepStrictEqual(served({ other: 1 }), [{ other: 1 }, true])
    assert.deepStrictEqual(served({ value: 0 }), [0, true])
    assert.deepStrictEqual(served({ value: "" }), ["", true])
  })

  it("a default may be bare, false included", () => {
    const defaultOf = (default_value: unknown) => ask([], {}, { flag: { key: "f", default_value } }).value
    assert.deepStrictEqual([false, 7, { value: false }, null].map(defaultOf), [false, 7, false, null])
  })

  it("a percentage rule without a value serves the default", () => {
    const rollout = { bucket_by: "subject", percentage: 100 }
    for (const value of [undefined, null, {}, { value: null }]) {
      const { reason, value: served } = ask([{ key: "r", strategy: "percentage_rollout", rollout, value }], {
        targeting_key: "u"
      })
      assert.deepStrictEqual([reason, served], ["rule_match", "default"])
    }
  })

  it("rules without what their strategy needs are skipped, each for its own reason", () => {
    const { skipped, warnings } = ask(
      [
        { key: "a", strategy: "percentage_rollout" },
        { key: "b", strategy: "variant_split", variants },
        { key: "c", strategy: "experiment", variants },
        { key: "d", strategy: "nothing known" },
        { key: "e", strategy: "segment_match", audience_key: " " },
        { key: "f", strategy: "segment_match", audience_key: "" },
        { key: "g", strategy: "segment_match" },
        { key: "h", strategy: "variant_split", conditions: [{ attribute: "x", operator: "exists" }] }
      ],
      {},
      { audiences: { "": { definition: {} } } }
    )
    assert.deepStrictEqual(skipped, [
      ["a", false, "missing_rollout"],
      ["b", false, "missing_rollout"],
      ["c", false, "missing_experiment"],
      ["d", false, "missing_rollout"],
      ["e", false, "audience_missing"],
      ["f", false, "audience_missing"],
      ["g", false, "audience_missing"],
      ["h", false, "conditions_not_met"]
    ])
    assert.deepStrictEqual(warnings, ["audience_missing", "audience_missing", "audience_missing"])
  })

  it("what cannot be served is malformed for those whom it would be served to, and for nobody else", () => {
    const rollout = { bucket_by: "subject", percentage: 100 }
    const user = { targeting_key: "user-1" }
    const malformed = { ok: false, error: "malformed_runtime_data" } as const
    const broken = [
      { key: "r", strategy: "variant_split", rollout },
      { key: "r", strategy: "variant_split", rollout, variants: [{ key: "a", value: {}, weight: 0 }] },
      { key: "r", strategy: "experiment", experiment: { iteration_salt: "i" } },
      { key: "r", strategy: "experiment", experiment: { iteration_salt: "i", holdout_percentage: 100 } },
      { key: "r", strategy: "nothing known", rollout }
    ]
    for (const rule of broken) {
      assert.deepStrictEqual(answer(payload([rule, on]), user), malformed)
      assert.deepStrictEqual(ask([rule, on]).rule, "on")
      assert.deepStrictEqual(
        ask([{ ...rule, conditions: [{ attribute: "x", operator: "exists" }] }, on], user).rule,
        "on"
      )
    }
  })

  it("weights below 100 leave a gap, zero weights get nobody", () => {
    const rollout = { bucket_by: "subject", percentage: 100 }
    const weighted = (...weights: ReadonlyArray<unknown>) =>
      users(400).map((targeting_key) => {
        const variants = weights.map((weight, index) => ({ key: `v${index}`, weight, value: { value: index } }))
        const answered = answer(payload([{ key: "r", strategy: "variant_split", rollout, variants }]), {
          targeting_key
        })
        return answered.ok ? answered.variant : answered.error
      })
    assert.deepStrictEqual(new Set(weighted(30, null, 30)), new Set(["v0", "v2", "malformed_runtime_data"]))
    assert.deepStrictEqual(new Set(weighted(60, 60, 60)), new Set(["v0", "v1"]))
    assert.deepStrictEqual(new Set(weighted(0, 100)), new Set(["v1"]))
    assert.notInclude(weighted(33.33, 33.33, 33.33), null)
  })

  it("percentages admit as many buckets as in floating point, and need not be whole", () => {
    const admitted = (percentage: unknown) =>
      users(2_000).filter((targeting_key) => {
        const rollout = { bucket_by: "subject", percentage, salt: "x" }
        return ask([{ ...on, strategy: "percentage_rollout", rollout }], { targeting_key }).reason === "rule_match"
      }).length
    assert.deepStrictEqual([undefined, null, 0, -5, 100, 250].map(admitted), [0, 0, 0, 0, 2_000, 2_000])
    assert.isAbove(admitted(12.5), admitted(12))
    assert.isBelow(admitted(12.5), admitted(13))
  })

  it("splits and experiments fall as in the published tables", () => {
    const rollout = { bucket_by: "subject", percentage: 50, salt: "ro1" }
    const split = (targeting_key: string) =>
      ask([{ key: "split", strategy: "variant_split", rollout, variants }], { targeting_key }, {
        flag: { key: "checkout" }
      }).variant
    assert.deepStrictEqual(
      users(11).map(split),
      [null, null, null, null, null, "treatment", "treatment", null, "treatment", null, null]
    )
    const experiment = { iteration_salt: " iter-1 ", holdout_percentage: 20 }
    const drawn = (targeting_key: string) =>
      ask([{ key: "exp-rule", strategy: "experiment", experiment, variants }], { targeting_key }, {
        flag: { key: "exp-flag" }
      }).variant
    assert.deepStrictEqual(
      users(7).map(drawn),
      ["control", "control", "treatment", "treatment", "control", "control", "treatment"]
    )
    assert.deepStrictEqual(["user-27", "user-29"].map(drawn), ["control", "control"])
  })

  it("equals takes its own field only, eq and neq what they find first", () => {
    const context = { attributes: { a: "x", no: false, list: [1, 2], map: { k: 1, l: null } } }
    const compare = (attribute: string, operator: string, value: unknown) =>
      holds({ attribute, operator, value }, context)
    assert.deepStrictEqual(
      [{ equals: "x" }, "x", { value: "x" }, { eq: "x" }, null].map((value) => compare("a", "equals", value)),
      [true, false, false, false, false]
    )
    assert.deepStrictEqual(
      [{ eq: "x" }, { equals: "x" }, { value: "x" }, "x", { eq: null, value: "x" }, { eq: "y", value: "x" }, {}].map((
        value
      ) => compare("a", "eq", value)),
      [true, true, true, true, true, false, false]
    )
    assert.deepStrictEqual(
      [{ neq: "x" }, { equals: "x" }, { value: "x" }, "x", { eq: "x" }, {}, null].map((value) =>
        compare("a", "neq", value)
      ),
      [false, false, false, false, true, true, true]
    )
    for (const value of [false, { eq: false }, { value: false }, { equals: false }]) {
      assert.isTrue(compare("no", "eq", value))
      assert.isTrue(compare("none", "neq", value))
    }
    assert.isTrue(compare("list", "eq", [1, 2]))
    assert.isTrue(compare("map", "equals", { equals: { l: null, k: 1 } }))
  })

  it("lists may be mixed, bare, or hold nulls, which nothing equals", () => {
    const context = { attributes: { a: "1", n: 1, list: [1], nil: null } }
    const isIn = (attribute: string, value: unknown) => [
      holds({ attribute, operator: "in", value }, context),
      holds({ attribute, operator: "not_in", value }, context)
    ]
    const mixed = ["1", null, true]
    assert.deepStrictEqual(isIn("a", mixed), [true, false])
    assert.deepStrictEqual(isIn("n", mixed), [false, true])
    assert.deepStrictEqual(isIn("nil", mixed), [false, true])
    assert.deepStrictEqual(isIn("none", mixed), [false, true])
    assert.deepStrictEqual(isIn("a", { in: ["1"], not_in: ["1"] }), [true, false])
    assert.deepStrictEqual(isIn("a", { value: ["1"] }), [true, false])
    assert.deepStrictEqual(isIn("a", "1"), [false, true])
    assert.deepStrictEqual(isIn("a", { in: ["1"] }), [true, true])
    assert.deepStrictEqual(isIn("list", [[1]]), [true, false])
  })

  it("an unknown operator, or a comparison without its own number, fails", () => {
    const context = { attributes: { n: 5 } }
    for (
      const [operator, value] of [["Equals", { equals: 5 }], ["contains", 5], [null, 5], ["gt", 1], ["gt", {
        value: 1
      }]]
    ) {
      assert.isFalse(holds({ attribute: "n", operator, value }, context))
    }
    assert.isTrue(holds({ attribute: "n", operator: "gt", value: { gt: 4.5 } }, context))
    assert.isTrue(holds({ attribute: "n", operator: "exists", value: { exists: false } }, context))
  })

  it("a regular expression without a pattern matches any text, one with unknown options none", () => {
    const matches = (value: unknown, a: unknown = "Text") =>
      holds({ attribute: "a", operator: "regex", value }, { attributes: { a } })
    for (const value of [null, {}, { regex: "zzz" }, { pattern: "t" }, { pattern: "TEXT", options: "iu" }]) {
      assert.isTrue(matches(value), JSON.stringify(value))
    }
    for (const value of ["t", { pattern: "t", options: "g" }, { pattern: "(" }, { pattern: 5 }]) {
      assert.isFalse(matches(value), JSON.stringify(value))
    }
    assert.isFalse(matches({}, 5))
  })

  it("clauses and conditions of an audience are joined, op stands in for operator, and no clause means everyone", () => {
    const context = { attributes: { a: 1, b: 2 } }
    const clause = (attribute: string, value: number) => ({ attribute, op: "eq", value })
    assert.isTrue(isMember({ clauses: [clause("a", 1)], conditions: [clause("b", 2)] }, context))
    assert.isFalse(isMember({ clauses: [clause("a", 1)], conditions: [clause("b", 3)] }, context))
    assert.isTrue(isMember({}))
    assert.isTrue(isMember({ any: [clause("a", 9)] }))
    assert.isFalse(isMember("everyone"))
    assert.isFalse(isMember(null))
    const { skipped } = ask([{ ...on, strategy: "segment_match", audience_key: "a" }], context, {
      audiences: { a: { definition: {}, archived_at: "2026-01-01" } }
    })
    assert.deepStrictEqual(skipped, [["on", false, "audience_archived"]])
  })

  it("contexts go by the older names, and traits lie under attributes", () => {
    const context = { subject: { id: "7", role: "admin" }, traits: { a: 1, b: 1 }, attributes: { b: 2 } }
    const equals = (attribute: string, value: unknown) => holds({ attribute, operator: "eq", value }, context)
    assert.isTrue(equals("actor.role", "admin"))
    assert.isTrue(equals("targeting_key", "7"))
    assert.isTrue(equals("a", 1))
    assert.isTrue(equals("b", 2))
  })

  it("the targeting key falls back to the actor, but not from a blank one, and numbers have one text each", () => {
    const keyOf = (context: Shape) =>
      ["u", "9", "true", "1.50000000000000000000e+00", "3.12500000000000000000e-02"]
        .find((value) => holds({ attribute: "targeting_key", operator: "eq", value }, context))
    assert.strictEqual(keyOf({ targeting_key: " u " }), "u")
    assert.strictEqual(keyOf({ actor: "u" }), "u")
    assert.strictEqual(keyOf({ actor: 9 }), "9")
    assert.strictEqual(keyOf({ actor: { key: null, id: "u" } }), "u")
    assert.strictEqual(keyOf({ targeting_key: false, actor: { key: "u" } }), "u")
    assert.strictEqual(keyOf({ targeting_key: true }), "true")
    assert.strictEqual(keyOf({ targeting_key: 1.5 }), "1.50000000000000000000e+00")
    assert.strictEqual(keyOf({ actor: { key: 0.03125 } }), "3.12500000000000000000e-02")
    assert.strictEqual(keyOf({ targeting_key: "  ", actor: { key: "u" } }), undefined)
    assert.strictEqual(keyOf({ targeting_key: ["u"], actor: { key: "u" } }), undefined)
    assert.strictEqual(keyOf({ actor: ["u"] }), undefined)
  })

  it("the account is the attribute account_key, else account_id, untrimmed", () => {
    const rollout = { bucket_by: "account", percentage: 100 }
    const has = (attributes: Shape) =>
      ask([{ ...on, strategy: "percentage_rollout", rollout }], { attributes }).reason === "rule_match"
    assert.isTrue(has({ account_key: "a" }))
    assert.isTrue(has({ account_id: 42 }))
    assert.isTrue(has({ account_key: false, account_id: "a" }))
    assert.isTrue(has({ account_key: "  " }))
    assert.isFalse(has({ account_key: "", account_id: "a" }))
    assert.isFalse(has({ account: "a" }))
  })

  it("strict is also a text, and ends at the first rule that holds and lacks an identity", () => {
    const rule = { ...on, key: "r", strategy: "percentage_rollout", rollout: { bucket_by: "session", percentage: 0 } }
    for (const strict of [true, "true"]) {
      assert.deepStrictEqual(answer(payload([rule, on]), { strict }), { ok: false, error: "missing_targeting_key" })
    }
    for (const strict of [false, "false", "TRUE", 1, null]) {
      const { rule: decided, warnings } = ask([rule, on], { strict })
      assert.deepStrictEqual([decided, warnings], ["on", ["missing_targeting_key"]])
    }
    assert.strictEqual(
      ask([{ ...rule, conditions: [{ attribute: "x", operator: "exists" }] }, on], { strict: true }).rule,
      "on"
    )
  })

  it("attribute paths forgive odd dots, and others than attributes. and actor. never resolve", () => {
    const context = {
      tenant_key: "t",
      actor: { profile: { tier: "gold" } },
      attributes: { plan: "pro", org: { tier: 1 }, request_id: "r", tags: ["a"], "a.b": 1, actor: 1, "": 1 }
    }
    const exists = (attribute: unknown) => holds({ attribute, operator: "exists" }, context)
    const resolving = [
      "plan",
      ".plan",
      "attributes..plan",
      "attributes.org.tier",
      "actor.profile.tier",
      "actor",
      "attributes",
      "tenant_key",
      "tenant_key.",
      "request_id.",
      "attributes.request_id",
      "attributes.actor"
    ]
    const missing = [
      "request_id",
      "org.tier",
      "subject.profile",
      "tenant_key.x",
      "attributes.tags.0",
      "attributes.plan.length",
      "a.b",
      " plan",
      "",
      ".",
      null,
      5,
      "targetingKey"
    ]
    for (const path of resolving) assert.isTrue(exists(path), path)
    for (const path of missing) assert.isFalse(exists(path), String(path))
  })

  it("names are trimmed in the answer but not where they are hashed or traced, and odd versions are dropped", () => {
    const { rule, skipped, version } = ask([{ ...on, key: " on " }], {}, {
      active_ruleset: { version: "3", rules: [{ ...on, key: " on " }] }
    })
    assert.deepStrictEqual([rule, skipped, version], ["on", [[" on ", true, null]], null])
    assert.isNull(ask([{ ...on, key: " " }]).rule)
  })
})
