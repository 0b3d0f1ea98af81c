import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { inspect } from "node:util"
import * as Bucket from "rulestead/Bucket"
import * as Evaluator from "rulestead/Evaluator"
import * as Explanation from "rulestead/Explanation"
import type { Rule } from "rulestead/Rule"
import type { AudienceEntry } from "rulestead/Snapshot"
import {
  anyContext,
  anyFlag,
  anyOddContext,
  compile,
  explainAny,
  flagOf,
  forced,
  member
} from "./support/evaluating.ts"

const rollout = { percentage: 50, bucketBy: "subject" } as const
const halves = [{ key: "a", weight: 50, value: 1 }, { key: "b", weight: 50, value: 2 }] as const

/** One secret of every kind that an explanation meets on its way. */
const secrets = [
  "secret-user",
  "secret-tenant",
  "secret-account",
  "secret-session",
  "secret-actor",
  "secret-fact",
  "secret-nested",
  "secret-expected",
  "secret-listed",
  "secret-pattern",
  "secret-member",
  "31337"
]

const shares = (["subject", "account", "tenant", "session"] as const).map((bucketBy): Rule => ({
  key: `by-${bucketBy}`,
  strategy: "percentage_rollout",
  conditions: [],
  rollout: { percentage: 0, bucketBy },
  value: 1
}))

const secretive = compile(
  flagOf([
    forced("expected", 1, { attribute: "fact", operator: "equals", value: "secret-expected" }),
    forced("deep", 1, { attribute: "attributes.org", operator: "equals", value: { tier: "secret-expected" } }),
    forced("listed", 1, { attribute: "fact", operator: "in", values: ["secret-listed"] }),
    forced("pattern", 1, { attribute: "fact", operator: "regex", pattern: "^secret-pattern$" }),
    forced("number", 1, { attribute: "count", operator: "gt", value: 31_337 }),
    forced("actor", 1, { attribute: "actor", operator: "equals", value: { name: "nobody" } }),
    member("member", "members"),
    ...shares,
    {
      key: "split",
      strategy: "variant_split",
      conditions: [],
      rollout: { percentage: 100, bucketBy: "subject" },
      variants: halves
    }
  ]),
  [{ key: "members", definition: { conditions: [{ attribute: "fact", operator: "equals", value: "secret-member" }] } }]
)

const context = {
  targetingKey: "secret-user",
  tenantKey: "secret-tenant",
  accountKey: "secret-account",
  sessionId: "secret-session",
  actor: { name: "secret-actor" },
  attributes: { fact: "secret-fact", count: 31_337, org: { tier: "secret-nested" } }
}

const everything = (explanation: Explanation.Explanation): string =>
  `${inspect(explanation, { depth: Infinity })}\n${Explanation.format(explanation)}`

describe("an explanation", () => {
  it("holds no fact, no identity and no value that conditions compare with", () => {
    const text = everything(Evaluator.explain(secretive, context))
    assert.deepStrictEqual(secrets.filter((secret) => text.includes(secret)), [])
  })

  it("that is asked to reveal shows all of them", () => {
    const explanation = Evaluator.explain(secretive, context, { reveal: true })
    const text = inspect(explanation, { depth: Infinity })
    assert.deepStrictEqual(secrets.filter((secret) => !text.includes(secret)), [])
    assert.include(Explanation.format(explanation), "fact equals fails [\"secret-fact\" against \"secret-expected\"]")
  })

  it("names, for each rule walked, the conditions with their truth, the audience, and the bucket", () => {
    const members: AudienceEntry = {
      key: "members",
      definition: { conditions: [{ attribute: "plan", operator: "equals", value: "pro" }] }
    }
    const flag = compile(
      flagOf([
        forced("conditional", 1, { attribute: "plan", operator: "exists" }, {
          attribute: "age",
          operator: "gt",
          value: 3
        }),
        member("member", "members"),
        { key: "split", strategy: "variant_split", conditions: [], rollout, variants: halves },
        { key: "later", strategy: "forced_value", conditions: [], value: 1 }
      ], { key: "flag" }),
      [members]
    )
    const hash = { flag: "flag", rule: "split", bucketBy: "subject", identity: "user-3" } as const
    const bucket = Bucket.bucket({ ...hash, namespace: "rollout" })
    const { outcome, rules } = Evaluator.explain(flag, { targetingKey: "user-3", attributes: { plan: "free" } })
    assert.deepStrictEqual(rules.slice(0, 3), [
      {
        rule: "conditional",
        strategy: "forced_value",
        matched: false,
        skipped: "conditions_not_met",
        conditions: [
          { attribute: "plan", operator: "exists", passed: true, present: true },
          { attribute: "age", operator: "gt", passed: false, present: false }
        ],
        audience: null,
        bucket: null
      },
      {
        rule: "member",
        strategy: "segment_match",
        matched: false,
        skipped: "audience_missed",
        conditions: [],
        audience: {
          key: "members",
          outcome: "missed",
          conditions: [{ attribute: "plan", operator: "equals", passed: false, present: true }]
        },
        bucket: null
      },
      {
        rule: "split",
        strategy: "variant_split",
        matched: bucket < 5_000,
        skipped: bucket < 5_000 ? null : "rollout_excluded",
        conditions: [],
        audience: null,
        bucket: {
          bucketBy: "subject",
          threshold: 5_000,
          bucket,
          variantBucket: Bucket.bucket({ ...hash, namespace: "variant" })
        }
      }
    ])
    assert.strictEqual(rules.at(-1)?.rule, outcome.rule)
  })

  it("says why a rule was skipped", () => {
    const share: Rule = { key: "share", strategy: "percentage_rollout", conditions: [], rollout, value: 1 }
    const archived: AudienceEntry = { key: "old", definition: { everyone: true }, archived: true }
    const { rules } = Evaluator.explain(
      compile(
        flagOf([
          member("a", "none"),
          member("b", "old"),
          share,
          forced("d", 1, { attribute: "x", operator: "exists" })
        ]),
        [
          archived
        ]
      ),
      {}
    )
    assert.deepStrictEqual(
      rules.map(({ skipped }) => skipped),
      ["audience_missing", "audience_archived", "targeting_key_missing", "conditions_not_met"]
    )
    assert.deepStrictEqual(rules.map(({ audience }) => audience?.outcome), [
      "missing",
      "archived",
      undefined,
      undefined
    ])
    assert.deepStrictEqual(rules[2]?.bucket, {
      bucketBy: "subject",
      threshold: 5_000,
      bucket: null,
      variantBucket: null
    })
  })

  it("of a killed flag walks no rules", () => {
    const { outcome, rules } = Evaluator.explain(compile(flagOf([forced("a", 1)], { killSwitch: { value: 0 } })), {})
    assert.strictEqual(outcome.reason, "killed")
    assert.deepStrictEqual(rules, [])
  })

  it("of a context that cannot be read ends where reading it failed", () => {
    const context = {
      get tenantKey(): string {
        throw new Error("not loaded")
      }
    }
    const flag = compile(flagOf([
      forced("a", 1, { attribute: "plan", operator: "exists" }, { attribute: "tenantKey", operator: "exists" }),
      forced("b", 1, { attribute: "tenantKey", operator: "exists" })
    ]))
    const { outcome, rules } = Evaluator.explain(flag, context)
    assert.strictEqual(outcome, Evaluator.evaluate(flag, context))
    assert.strictEqual(outcome.reason, "error")
    assert.deepStrictEqual(rules.map(({ conditions, rule }) => [rule, conditions.map(({ passed }) => passed)]), [
      ["a", [false, false]]
    ])
  })

  it("reads as a few lines of English", () => {
    const flag = compile(flagOf([
      forced("pro", 1, { attribute: "plan", operator: "equals", value: "pro" }),
      {
        key: "test",
        strategy: "experiment",
        conditions: [],
        experiment: { salt: "s", bucketBy: "subject", holdout: 100 },
        variants: halves
      }
    ]))
    const hash = {
      flag: "flag",
      rule: "test",
      rulesetSalt: "s",
      rolloutSalt: "s",
      bucketBy: "subject",
      identity: "u"
    } as const
    const [bucket, variant] = (["experiment", "variant"] as const).map((namespace) =>
      Bucket.bucket({ ...hash, namespace })
    )
    assert.strictEqual(
      Explanation.format(Evaluator.explain(flag, { targetingKey: "u" })),
      [
        "flag: 1 (variant a)",
        "  pro (forced_value): skipped, conditions_not_met; plan equals (missing) fails",
        `  test (experiment): matched; bucket ${bucket} of subject against 10000, variant bucket ${variant}`,
        "  decided by test: held out of the experiment, so the first variant is served"
      ].join("\n")
    )
  })

  it("can be formatted whatever was asked about, revealed or not", () => {
    const make = fc.oneof(anyContext.map((context) => () => context), anyOddContext)
    fc.assert(fc.property(anyFlag, make, fc.boolean(), (flag, make, reveal) => {
      assert.isString(Explanation.format(explainAny(flag, make(), { reveal })))
    }))
  })
})
