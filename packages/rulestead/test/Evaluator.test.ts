import { assert, describe, it } from "@effect/vitest"
import * as Evaluator from "rulestead/Evaluator"
import type { Rule } from "rulestead/Rule"
import type { AudienceEntry } from "rulestead/Snapshot"
import type { Value } from "rulestead/Value"
import { compile, evaluateAny, flagOf, forced, member, users } from "./support/evaluating.ts"

const evaluate = (rules: ReadonlyArray<Rule>, context: unknown = {}, audiences: ReadonlyArray<AudienceEntry> = []) =>
  evaluateAny(compile(flagOf(rules), audiences), context)

const all = { percentage: 100, bucketBy: "subject" } as const
const none = { percentage: 0, bucketBy: "subject" } as const
const halves = [{ key: "control", weight: 50, value: "c" }, { key: "treatment", weight: 50, value: "t" }] as const
const onPlan = (plan: string) => ({ attribute: "plan", operator: "equals", value: plan }) as const
const onPro = { attributes: { plan: "pro" } }

describe("a decision", () => {
  it("is the default where no rule applies, and says so", () => {
    const fallen = {
      flag: "flag",
      value: "default",
      enabled: true,
      variant: null,
      reason: "default",
      rule: null,
      selection: null,
      holdout: false
    } as const
    assert.deepStrictEqual(evaluate([]), { ...fallen, rulesetVersion: 1 })
    assert.deepStrictEqual(
      evaluateAny(compile(flagOf([forced("pro", 1, onPlan("pro"))], { rulesetVersion: 7 })), {}),
      { ...fallen, rulesetVersion: 7 }
    )
  })

  it("is of the first rule that applies, also where later ones would", () => {
    const rules = [forced("pro", 1, onPlan("pro")), forced("all", 2), forced("late", 3, onPlan("pro"))]
    assert.deepInclude(evaluate(rules, onPro), { value: 1, rule: "pro", reason: "rule_match" })
    assert.deepInclude(evaluate(rules), { value: 2, rule: "all", reason: "rule_match" })
  })

  it("needs all conditions of a rule", () => {
    const rule = forced("rule", 1, onPlan("pro"), { attribute: "age", operator: "gt", value: 17 })
    assert.strictEqual(evaluate([rule], { attributes: { plan: "pro", age: 18 } }).rule, "rule")
    assert.isNull(evaluate([rule], { attributes: { plan: "pro", age: 17 } }).rule)
    assert.isNull(evaluate([rule], { attributes: { age: 18 } }).rule)
  })

  it("counts as enabled unless it is false or null, also for 0, \"\" and {}", () => {
    const enabled = ([true, false, null, 0, "", "false", [], {}] as const).map((value) =>
      evaluate([forced("rule", value)]).enabled
    )
    assert.deepStrictEqual(enabled, [true, false, false, true, true, true, true, true])
  })

  it("serves the value itself, frozen, even where the entry was frozen at its surface", () => {
    const value = Object.freeze({ list: [{ text: "x" }] })
    const served = evaluate([forced("rule", value)]).value
    assert.strictEqual(served, value)
    assert.isTrue(Object.isFrozen(value.list) && Object.isFrozen(value.list[0]))
  })

  it("is the same object for everybody whom the same rule serves the same", () => {
    const flag = compile(flagOf([forced("pro", { a: 1 }, onPlan("pro"))]))
    assert.strictEqual(Evaluator.evaluate(flag, onPro), Evaluator.evaluate(flag, { attributes: { plan: "pro", b: 1 } }))
    assert.strictEqual(Evaluator.evaluate(flag, {}), Evaluator.evaluate(flag, { targetingKey: "u" }))
  })
})

describe("rules that spell out a table", () => {
  const table = [
    forced("first", 1, onPlan("pro")),
    forced("second", 2, onPlan("pro")),
    forced("number", 3, { attribute: "plan", operator: "equals", value: 1 }),
    forced("yes", 4, { attribute: "plan", operator: "equals", value: true }),
    forced("free", 5, onPlan("free"))
  ]
  const served = (rules: ReadonlyArray<Rule>, plan: unknown) => evaluate(rules, { attributes: { plan } }).value

  it("decide one by one: of two for a value the first, each in its kind, none for a missing fact", () => {
    assert.deepStrictEqual(
      ["pro", 1, "1", true, "true", "free", "gold", null, undefined, Number.NaN, ["pro"]].map((plan) =>
        served(table, plan)
      ),
      [1, 3, "default", 4, "default", 5, "default", "default", "default", "default", "default"]
    )
  })

  it("keep their place among other rules", () => {
    const rules = [
      ...table.slice(0, 2),
      forced("other", 9, { attribute: "plan", operator: "in", values: ["free"] }),
      ...table
    ]
    assert.deepStrictEqual([served(rules, "pro"), served(rules, "free"), served(rules, 1)], [1, 9, 3])
  })

  it("leave out rules for what a fact is not", () => {
    const other = (key: string, value: number, plan: string) =>
      forced(key, value, { attribute: "plan", operator: "not_equals", value: plan })
    const rules = [forced("a", 1, onPlan("x")), other("b", 2, "y"), other("c", 3, "x"), forced("d", 4, onPlan("y"))]
    assert.deepStrictEqual(["x", "y", "z"].map((plan) => served(rules, plan)), [1, 3, 2])
  })

  it("are told apart by attribute, by how the fact is reached, and by further conditions", () => {
    const rules = [
      forced("a", 1, onPlan("x")),
      forced("b", 2, { attribute: "attributes.plan", operator: "equals", value: "y" }),
      forced("c", 3, { attribute: "tenantKey", operator: "equals", value: "t" }),
      forced("d", 4, { attribute: "tenantKey", operator: "equals", value: "u" }),
      forced("e", 5, onPlan("z"), { attribute: "tenantKey", operator: "exists" }),
      forced("f", 6, onPlan("z"))
    ]
    const decided = [
      { attributes: { plan: "x" } },
      { attributes: { plan: "y" } },
      { tenantKey: " t ", attributes: {} },
      { tenantKey: "u" },
      { tenantKey: "v", attributes: { plan: "z" } },
      { attributes: { plan: "z" } },
      { tenantKey: "v" }
    ].map((context) => evaluate(rules, context).rule)
    assert.deepStrictEqual(decided, ["a", "b", "c", "d", "e", "f", null])
  })
})

describe("an audience", () => {
  const pros: AudienceEntry = { key: "pros", definition: { conditions: [onPlan("pro")] } }

  it("lets its members in, and others on to the next rule", () => {
    const rules = [member("members", "pros"), forced("rest", "rest")]
    assert.strictEqual(evaluate(rules, onPro, [pros]).rule, "members")
    assert.strictEqual(evaluate(rules, {}, [pros]).rule, "rest")
  })

  it("that is missing or archived has no members", () => {
    assert.isNull(evaluate([member("members", "pros")], onPro).rule)
    assert.isNull(evaluate([member("members", "pros")], onPro, [{ ...pros, archived: true }]).rule)
  })

  it("of everyone has everyone, and of no conditions nobody could have made one", () => {
    const everyone: AudienceEntry = { key: "everyone", definition: { everyone: true } }
    assert.strictEqual(evaluate([member("members", "everyone")], {}, [everyone]).rule, "members")
    assert.isNull(evaluate([member("members", "everyone")], {}, [{ ...everyone, archived: true }]).rule)
  })

  it("and the conditions of the rule must both have the context", () => {
    const rule = { ...member("members", "pros"), conditions: [{ attribute: "beta", operator: "exists" }] } as const
    assert.isNull(evaluate([rule], onPro, [pros]).rule)
    assert.strictEqual(evaluate([rule], { attributes: { plan: "pro", beta: 1 } }, [pros]).rule, "members")
  })

  it("is named by the flag that must be compiled again when it changes", () => {
    const { audiences } = compile(
      flagOf([member("a", "pros"), forced("b", 1), member("c", "team"), member("d", "pros")])
    )
    assert.deepStrictEqual([...new Set(audiences)], ["pros", "team"])
  })
})

describe("a percentage rollout", () => {
  it("without a value serves the default, as a match", () => {
    const rule: Rule = { key: "share", strategy: "percentage_rollout", conditions: [], rollout: all }
    assert.deepInclude(evaluate([rule], { targetingKey: "u" }), {
      value: "default",
      rule: "share",
      reason: "rule_match"
    })
  })

  it("moves on to the next rule whom it does not let in, and whose identity is missing", () => {
    const share = (rollout: typeof all | typeof none): Rule => ({
      key: "share",
      strategy: "percentage_rollout",
      conditions: [],
      rollout,
      value: 1
    })
    assert.strictEqual(evaluate([share(none), forced("rest", 2)], { targetingKey: "u" }).rule, "rest")
    assert.strictEqual(evaluate([share(all), forced("rest", 2)]).rule, "rest")
  })

  it("buckets by the identity it names", () => {
    const share = (bucketBy: "subject" | "account" | "tenant" | "session"): Rule => ({
      key: "share",
      strategy: "percentage_rollout",
      conditions: [],
      rollout: { ...all, bucketBy },
      value: 1
    })
    const contexts = [{ targetingKey: "a" }, { accountKey: "a" }, { tenantKey: "a" }, { sessionId: "a" }]
    const applied = (["subject", "account", "tenant", "session"] as const).map((bucketBy) =>
      contexts.map((context) => evaluate([share(bucketBy)], context).rule !== null)
    )
    assert.deepStrictEqual(applied, [0, 1, 2, 3].map((one) => [0, 1, 2, 3].map((other) => one === other)))
  })

  it("lets in as many of the 10,000 buckets as its percentage says, to the hundredth", () => {
    const admitted = (percentage: number) => {
      const rollout = { percentage, bucketBy: "subject" } as const
      const rule: Rule = { key: "share", strategy: "percentage_rollout", conditions: [], rollout, value: 1 }
      return Evaluator.explain(compile(flagOf([rule])), { targetingKey: "u" }).rules[0]?.bucket?.threshold
    }
    assert.deepStrictEqual([0.01, 0.07, 0.29, 0.57, 1.1, 33.33, 100].map(admitted), [1, 7, 29, 57, 110, 3_333, 10_000])
  })

  it("gives an account of blanks a bucket, as it is, but no other identity", () => {
    const share = (bucketBy: "subject" | "account"): Rule => ({
      key: "share",
      strategy: "percentage_rollout",
      conditions: [],
      rollout: { ...all, bucketBy },
      value: 1
    })
    assert.strictEqual(evaluate([share("account")], { accountKey: "  " }).rule, "share")
    assert.isNull(evaluate([share("subject")], { targetingKey: "  " }).rule)
  })
})

describe("a variant split", () => {
  it("serves the variant's value and names it; a weight of 0 gets nobody", () => {
    const split = (...weights: readonly [number, number]): Rule => ({
      key: "split",
      strategy: "variant_split",
      conditions: [],
      rollout: all,
      variants: [{ ...halves[0], weight: weights[0] }, { ...halves[1], weight: weights[1] }]
    })
    const served = (rule: Rule) =>
      new Set(
        users(500).map((targetingKey) => {
          const { rule: decided, value, variant } = evaluate([rule], { targetingKey })
          return `${decided} ${variant} ${JSON.stringify(value)}`
        })
      )
    assert.deepStrictEqual(served(split(50, 50)), new Set(["split control \"c\"", "split treatment \"t\""]))
    assert.deepStrictEqual(served(split(0, 100)), new Set(["split treatment \"t\""]))
    assert.deepStrictEqual(served(split(100, 0)), new Set(["split control \"c\""]))
  })
})

describe("an experiment", () => {
  const experiment = (holdout: number, bucketBy: "subject" | "tenant" = "subject"): Rule => ({
    key: "experiment",
    strategy: "experiment",
    conditions: [],
    experiment: { salt: "iteration-1", bucketBy, holdout },
    variants: halves
  })
  const groups = (rule: Rule) => {
    const flag = compile(flagOf([rule]))
    return users(2_000).map((targetingKey) => Evaluator.evaluate(flag, { targetingKey }))
  }

  it("serves everybody: the holdout the first variant, marked, and the others theirs", () => {
    const served = new Set(
      groups(experiment(20)).map(({ holdout, reason, value, variant }) =>
        `${reason} ${variant} ${JSON.stringify(value)} ${holdout}`
      )
    )
    assert.deepStrictEqual(
      served,
      new Set(["rule_match control \"c\" true", "rule_match control \"c\" false", "rule_match treatment \"t\" false"])
    )
  })

  it("with a larger holdout holds out whom a smaller one did, and changes nobody else's variant", () => {
    const small = groups(experiment(5))
    for (const [index, { holdout, variant }] of groups(experiment(30)).entries()) {
      if (small[index]?.holdout === true) assert.isTrue(holdout)
      if (!holdout) assert.strictEqual(small[index]?.variant, variant)
    }
  })

  it("without a holdout holds nobody out, and with one of 100 % everybody", () => {
    assert.isTrue(groups(experiment(0)).every(({ holdout }) => !holdout))
    assert.isTrue(groups(experiment(100)).every(({ holdout, variant }) => holdout && variant === "control"))
  })

  it("of a new iteration draws anew, whatever the salt of the ruleset is", () => {
    const draw = (salt: string, rulesetSalt: string) => {
      const rule: Rule = {
        ...experiment(0),
        strategy: "experiment",
        variants: halves,
        experiment: { salt, bucketBy: "subject", holdout: 0 }
      }
      const flag = compile(flagOf([rule], { salt: rulesetSalt }))
      return users(200).map((targetingKey) => Evaluator.evaluate(flag, { targetingKey }).variant)
    }
    assert.deepStrictEqual(draw("one", "a"), draw("one", "b"))
    assert.notDeepEqual(draw("one", "a"), draw("two", "a"))
  })

  it("passes over who has no identity of its kind", () => {
    assert.isNull(evaluate([experiment(20, "tenant")], { targetingKey: "u" }).rule)
    assert.strictEqual(evaluate([experiment(20, "tenant")], { tenantKey: "t" }).rule, "experiment")
  })
})

describe("a killed flag", () => {
  const killed = (value: Value) =>
    evaluateAny(compile(flagOf([forced("all", "on")], { defaultValue: true, killSwitch: { value } })), {})

  it("serves the off value for a reason of its own, whatever its rules and default are", () => {
    assert.deepInclude(killed(false), { value: false, enabled: false, reason: "killed", rule: null, variant: null })
  })

  it("is off unless its off value is true", () => {
    const enabled = ([false, null, "safe", 0, {}, true] as const).map((value) => killed(value).enabled)
    assert.deepStrictEqual(enabled, [false, false, false, false, false, true])
  })

  it("asks neither the context nor, in strict mode, for identities", () => {
    const rule: Rule = { key: "share", strategy: "percentage_rollout", conditions: [], rollout: all, value: 1 }
    const flag = compile(flagOf([rule], { killSwitch: { value: "off" } }))
    assert.deepInclude(Evaluator.evaluateStrict(flag, {}), { reason: "killed", value: "off" })
    assert.deepInclude(evaluateAny(flag, null), { reason: "killed" })
  })
})

describe("strict evaluation", () => {
  const share = (key: string, bucketBy: "account" | "session", percentage = 100): Rule => ({
    key,
    strategy: "percentage_rollout",
    conditions: [],
    rollout: { percentage, bucketBy },
    value: 1
  })
  const strict = (rules: ReadonlyArray<Rule>, context = {}) => Evaluator.evaluateStrict(compile(flagOf(rules)), context)

  it("ends at the first rule that holds and lacks its identity, and names both", () => {
    assert.deepStrictEqual(strict([share("by-session", "session", 0), forced("all", 2)]), {
      flag: "flag",
      rule: "by-session",
      bucketBy: "session"
    })
  })

  it("does not mind an identity that nobody asks for", () => {
    assert.deepInclude(strict([forced("first", 1), share("by-session", "session")]), { rule: "first" })
    assert.deepInclude(strict([share("by-account", "account"), share("by-session", "session")], { accountKey: 1 }), {
      rule: "by-account"
    })
    const guarded = { ...share("guarded", "session"), conditions: [onPlan("pro")] }
    assert.deepInclude(strict([guarded, forced("rest", 1)]), { rule: "rest" })
  })
})

describe("a context that cannot be read", () => {
  const refuse = (): never => {
    throw new Error("secret of the application")
  }
  const unreadable = {
    attributes: {
      get plan() {
        return refuse()
      }
    }
  }

  it("is answered with the default, for a reason of its own", () => {
    const rules = [forced("pro", 1, onPlan("pro")), forced("rest", 2)]
    assert.deepInclude(evaluate(rules, unreadable), { value: "default", reason: "error", rule: null })
    for (const context of [null, undefined]) {
      assert.deepInclude(evaluateAny(compile(flagOf(rules)), context), { value: "default", reason: "error" })
    }
  })

  it("does no harm where the fact is not needed", () => {
    assert.deepInclude(evaluate([forced("all", 1)], unreadable), { rule: "all" })
    const either = [forced("a", 1, { attribute: "age", operator: "exists" }, onPlan("pro")), forced("rest", 2)]
    assert.deepInclude(evaluate(either, unreadable), { rule: "rest" })
  })

  it("in strict mode is answered likewise", () => {
    assert.deepInclude(
      Evaluator.evaluateStrict(compile(flagOf([forced("pro", 1, onPlan("pro"))])), unreadable),
      { value: "default", reason: "error" }
    )
  })
})
