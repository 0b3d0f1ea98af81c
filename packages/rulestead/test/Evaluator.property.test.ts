import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Bucket from "rulestead/Bucket"
import * as Evaluator from "rulestead/Evaluator"
import { BucketBy, type Rule } from "rulestead/Rule"
import {
  anyContext,
  anyFlag,
  anyOddContext,
  compile,
  evaluateAny,
  explainAny,
  flagOf,
  users
} from "./support/evaluating.ts"
import { flagEntry } from "./support/Published.ts"
import { anyString } from "./support/strings.ts"

/** The same value with the members of all its objects in another order. */
const reordered = <A>(value: A): A =>
  JSON.parse(
    JSON.stringify(value),
    (_, member) =>
      typeof member === "object" && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).reverse())
        : member
  )

const isDeeplyFrozen = (value: unknown): boolean =>
  typeof value !== "object" || value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))

describe("a rollout", () => {
  const keys = fc.record({ flag: anyString, rule: anyString, salt: anyString, rolloutSalt: anyString })
  const points = fc.nat(10_000)

  it("of a higher percentage moves nobody out, and nobody to another variant", () => {
    const bucketBy = fc.constantFrom(...BucketBy.literals)
    const identities = fc.array(anyString, { minLength: 20, maxLength: 60 })
    fc.assert(fc.property(keys, bucketBy, points, points, identities, (keys, bucketBy, one, other, identities) => {
      const at = (points: number) =>
        Evaluator.compileFlag(flagEntry(keys.flag, {
          valueType: "json",
          salt: keys.salt,
          rules: [{
            key: keys.rule,
            strategy: "variant_split",
            conditions: [],
            rollout: { percentage: points / 100, bucketBy, salt: keys.rolloutSalt },
            variants: [{ key: "a", weight: 33.33, value: 1 }, { key: "b", weight: 66.67, value: 2 }]
          }]
        }))
      const lower = at(Math.min(one, other))
      const higher = at(Math.max(one, other))
      for (const id of identities) {
        const context = { targetingKey: id, accountKey: id, tenantKey: id, sessionId: id }
        const { variant } = Evaluator.evaluate(lower, context)
        if (variant !== null) assert.strictEqual(Evaluator.evaluate(higher, context).variant, variant)
      }
    }))
  })

  it("of 0 % is for nobody and of 100 % for everybody with an identity", () => {
    fc.assert(fc.property(keys, anyString, (keys, targetingKey) => {
      const at = (percentage: number) =>
        Evaluator.evaluate(
          compile(flagOf([{
            key: keys.rule,
            strategy: "percentage_rollout",
            conditions: [],
            rollout: { percentage, bucketBy: "account" },
            value: true
          }])),
          { accountKey: targetingKey }
        ).reason
      assert.strictEqual(at(0), "default")
      assert.strictEqual(at(100), targetingKey === "" ? "default" : "rule_match")
    }))
  })
})

describe("a bucket", () => {
  const hash = { flag: "flag", rule: "rule", bucketBy: "subject" } as const

  it("is let in from the first hundredth of a percent above it", () => {
    for (const targetingKey of users(100)) {
      const bucket = Bucket.bucket({ ...hash, namespace: "rollout", identity: targetingKey })
      const reasons = [bucket, bucket + 1].map((points) => {
        const rollout = { percentage: points / 100, bucketBy: "subject" } as const
        const rule: Rule = { key: "rule", strategy: "percentage_rollout", conditions: [], rollout, value: 1 }
        return Evaluator.evaluate(compile(flagOf([rule])), { targetingKey }).reason
      })
      assert.deepStrictEqual(reasons, ["default", "rule_match"])
    }
  })

  it("has the variant in whose weight it lies", () => {
    for (const targetingKey of users(100)) {
      const bucket = Bucket.bucket({ ...hash, namespace: "variant", identity: targetingKey })
      const served = [bucket, bucket + 1].map((points) => {
        const rule: Rule = {
          key: "rule",
          strategy: "variant_split",
          conditions: [],
          rollout: { percentage: 100, bucketBy: "subject" },
          variants: [
            { key: "a", weight: points / 100, value: 1 },
            { key: "b", weight: (10_000 - points) / 100, value: 2 }
          ]
        }
        return Evaluator.evaluate(compile(flagOf([rule])), { targetingKey }).variant
      })
      assert.deepStrictEqual(served, ["b", "a"])
    }
  })

  it("is held out of an experiment if it lies below the holdout", () => {
    for (const targetingKey of users(100)) {
      const salts = { rulesetSalt: "s", rolloutSalt: "s" }
      const bucket = Bucket.bucket({ ...hash, ...salts, namespace: "experiment", identity: targetingKey })
      const heldOut = [bucket, bucket + 1].map((points) => {
        const rule: Rule = {
          key: "rule",
          strategy: "experiment",
          conditions: [],
          experiment: { salt: "s", bucketBy: "subject", holdout: points / 100 },
          variants: [{ key: "a", weight: 100, value: 1 }]
        }
        return Evaluator.evaluate(compile(flagOf([rule])), { targetingKey }).holdout
      })
      assert.deepStrictEqual(heldOut, [false, true])
    }
  })
})

describe("shares", () => {
  const population = users(50_000)

  /** How far what was counted is from what was expected; 1 in 1,000 fair draws is further off than `bound`. */
  const assertShares = (rule: Rule, expected: Readonly<Record<string, number>>, bound: number) => {
    const flag = compile(flagOf([rule]))
    const counts = new Map<string, number>()
    for (const targetingKey of population) {
      const { holdout, reason, variant } = Evaluator.evaluate(flag, { targetingKey })
      const group = holdout ? "held out" : reason === "default" ? "out" : variant ?? "in"
      counts.set(group, (counts.get(group) ?? 0) + 1)
    }
    assert.hasAllKeys(Object.fromEntries(counts), Object.keys(expected))
    const distance = Object.entries(expected).reduce((sum, [group, percentage]) => {
      const fair = population.length * percentage / 100
      return sum + ((counts.get(group) ?? 0) - fair) ** 2 / fair
    }, 0)
    assert.isBelow(distance, bound)
  }

  it.each([0.5, 1, 12.34, 37, 50, 99])("of a rollout converge to %d %%", (percentage) => {
    const rollout = { percentage, bucketBy: "subject" } as const
    assertShares({ key: `at-${percentage}`, strategy: "percentage_rollout", conditions: [], rollout, value: 1 }, {
      in: percentage,
      out: 100 - percentage
    }, 10.83)
  })

  it.each([
    [[50, 50], 10.83],
    [[1, 99], 10.83],
    [[33.33, 33.33, 33.34], 13.82],
    [[10, 20, 30, 40], 16.27],
    [[0.5, 0, 24.5, 25, 50], 16.27]
  ])("of variants converge to their weights %j", (weights, bound) => {
    const [first = 0, ...others] = weights
    const variant = (weight: number, index: number) => ({ key: `v${index}`, weight, value: index })
    const rollout = { percentage: 100, bucketBy: "subject" } as const
    assertShares(
      {
        key: `weights-${weights.join("-")}`,
        strategy: "variant_split",
        conditions: [],
        rollout,
        variants: [variant(first, 0), ...others.map((weight, index) => variant(weight, index + 1))]
      },
      Object.fromEntries(
        weights.flatMap((weight, index) => weight === 0 ? [] : [[`v${index}`, weight] as const])
      ),
      bound
    )
  })

  it("of a gated split are the gate's share of each weight, for gate and variant are drawn apart", () => {
    assertShares(
      {
        key: "gated",
        strategy: "variant_split",
        conditions: [],
        rollout: { percentage: 40, bucketBy: "subject" },
        variants: [{ key: "a", weight: 25, value: 1 }, { key: "b", weight: 75, value: 2 }]
      },
      { a: 10, b: 30, out: 60 },
      13.82
    )
  })

  it("of an experiment are the holdout, and of the rest each weight", () => {
    assertShares(
      {
        key: "drawn",
        strategy: "experiment",
        conditions: [],
        experiment: { salt: "iteration-1", bucketBy: "subject", holdout: 20 },
        variants: [{ key: "a", weight: 50, value: 1 }, { key: "b", weight: 50, value: 2 }]
      },
      { "held out": 20, a: 40, b: 40 },
      13.82
    )
  })
})

describe("an answer", () => {
  const ordinary = anyContext.map((context) => () => context)

  it("does not depend on the order of members in flags and contexts", () => {
    fc.assert(fc.property(anyFlag, anyContext, (flag, context) => {
      const entry = flagOf(flag.entry.rules)
      assert.deepStrictEqual(
        Evaluator.evaluate(compile(reordered(entry)), reordered(context)),
        Evaluator.evaluate(compile(entry), context)
      )
    }))
  })

  it("does not depend on other flags, or on what was asked before", () => {
    fc.assert(fc.property(
      fc.array(anyFlag, { minLength: 1, maxLength: 4 }),
      fc.array(anyContext, { minLength: 1, maxLength: 4 }),
      (flags, contexts) => {
        const first = flags.map((flag) => contexts.map((context) => Evaluator.evaluate(flag, context)))
        for (const context of contexts.toReversed()) {
          for (const flag of flags.toReversed()) Evaluator.evaluate(flag, context)
        }
        const second = flags.map((flag) => contexts.map((context) => Evaluator.evaluate(flag, context)))
        for (const [index, answers] of first.entries()) {
          for (const [at, answer] of answers.entries()) assert.strictEqual(second[index]?.[at], answer)
        }
      }
    ))
  })

  it("is the outcome of its explanation, whose last rule is the one that decided", () => {
    fc.assert(
      fc.property(anyFlag, fc.oneof(ordinary, anyOddContext), fc.boolean(), (flag, make, reveal) => {
        const context = make()
        const answer = evaluateAny(flag, context)
        const { outcome, rules } = explainAny(flag, context, { reveal })
        assert.strictEqual(outcome, answer)
        const matched = rules.filter(({ matched }) => matched)
        assert.strictEqual(matched.length, answer.reason === "rule_match" ? 1 : 0)
        if (answer.reason === "rule_match") assert.strictEqual(rules.at(-1)?.rule, answer.rule)
        if (answer.reason === "killed") assert.deepStrictEqual(rules, [])
      }),
      { numRuns: 1_000 }
    )
  })

  it("in strict mode is the same, unless a rule that holds lacks an identity", () => {
    fc.assert(
      fc.property(anyFlag, anyContext, (flag, context) => {
        const { outcome, rules } = Evaluator.explain(flag, context)
        const lacking = rules.find(({ skipped }) => skipped === "targeting_key_missing")
        const answer = Evaluator.evaluateStrict(flag, context)
        if (lacking === undefined) return assert.strictEqual(answer, outcome)
        assert.deepInclude(answer, { flag: "flag", rule: lacking.rule })
        if ("bucketBy" in answer) assert.strictEqual(answer.bucketBy, lacking.bucket?.bucketBy)
      }),
      { numRuns: 500 }
    )
  })

  it("is one of the flag's outcomes, frozen through and through, whatever the context is", () => {
    fc.assert(
      fc.property(anyFlag, anyOddContext, (flag, make) => {
        const answer = evaluateAny(flag, make())
        assert.isTrue(flag.outcomes.some(({ outcome }) => outcome === answer))
        assert.isTrue(isDeeplyFrozen(answer))
      }),
      { numRuns: 1_000 }
    )
  })

  it("exists for identities and facts of 10 MB", () => {
    const huge = "\ud83d".repeat(5_000_000)
    const flag = compile(flagOf([
      {
        key: "nobody",
        strategy: "percentage_rollout",
        conditions: [
          { attribute: "plan", operator: "not_in", values: ["pro"] },
          { attribute: "targetingKey", operator: "not_equals", value: "x" },
          { attribute: "plan", operator: "regex", pattern: ".*" }
        ],
        rollout: { percentage: 50, bucketBy: "subject" },
        value: 1
      },
      {
        key: "share",
        strategy: "percentage_rollout",
        conditions: [],
        rollout: { percentage: 99.99, bucketBy: "subject" },
        value: 2
      }
    ]))
    const { rule } = Evaluator.evaluate(flag, { targetingKey: huge, attributes: { plan: huge } })
    assert.strictEqual(rule, "share")
  })
})
