import { assert, describe, it } from "@effect/vitest"
import type { Provenance } from "rulestead/Decision"
import type { Rule } from "rulestead/Rule"
import { FlagNotFound, MissingIdentity, NotReady } from "rulestead/RulesteadError"
import type { FlagEntry } from "rulestead/Snapshot"
import * as Vocabulary from "rulestead/Vocabulary"
import { compile, evaluateAny, flagOf, forced, member } from "./support/evaluating.ts"

const user = { targetingKey: "user-1", attributes: { plan: "pro" } }
const live = { environment: "prod", epoch: "epoch-1", version: 1, source: "live", stale: false } as const
const onPro = { attribute: "plan", operator: "equals", value: "pro" } as const

const rolledOut = (percentage: number, ...conditions: Rule["conditions"]): Rule => ({
  key: "rollout",
  strategy: "percentage_rollout",
  conditions,
  rollout: { percentage, bucketBy: "subject" },
  value: 1
})

const split = (...weights: readonly [number, ...Array<number>]): Rule => {
  const [first, ...others] = weights.map((weight, index) => ({ key: `v${index}`, weight, value: index }))
  return {
    key: "split",
    strategy: "variant_split",
    conditions: [],
    rollout: { percentage: 100, bucketBy: "subject" },
    variants: [first ?? { key: "none", weight: 100, value: null }, ...others]
  }
}

const experiment: Rule = {
  key: "experiment",
  strategy: "experiment",
  conditions: [],
  experiment: { salt: "first", bucketBy: "subject", holdout: 5 },
  variants: [{ key: "control", weight: 100, value: 1 }]
}

const reasonOf = (rules: ReadonlyArray<Rule>, snapshot: Provenance = live, fields: Partial<FlagEntry> = {}) => {
  const audiences = [{ key: "pro", definition: { conditions: [onPro] } }] as const
  return Vocabulary.reasonOf({ ...evaluateAny(compile(flagOf(rules, fields), audiences), user), snapshot })
}

describe("the reason that others have a word for", () => {
  it("is static where the first rule serves everybody the same", () => {
    assert.strictEqual(reasonOf([forced("all", 1)]), "static")
    assert.strictEqual(reasonOf([rolledOut(100)]), "static")
    assert.strictEqual(reasonOf([split(100)]), "static")
    assert.strictEqual(reasonOf([split(0, 100)]), "static")
  })

  it("is a match where conditions, an audience or earlier rules select", () => {
    assert.strictEqual(reasonOf([forced("pro", 1, onPro)]), "targeting_match")
    assert.strictEqual(reasonOf([member("pro", "pro", 1)]), "targeting_match")
    assert.strictEqual(reasonOf([rolledOut(100, onPro)]), "targeting_match")
    assert.strictEqual(reasonOf([forced("none", 1, { ...onPro, value: "free" }), forced("rest", 2)]), "targeting_match")
  })

  it("is a split where the bucket matters", () => {
    assert.strictEqual(reasonOf([rolledOut(99.99)]), "split")
    assert.strictEqual(reasonOf([rolledOut(99.99, onPro)]), "split")
    assert.strictEqual(reasonOf([split(50, 50)]), "split")
    assert.strictEqual(reasonOf([experiment]), "split")
  })

  it("is the default where no rule applies, and disabled by a kill switch", () => {
    assert.strictEqual(reasonOf([]), "default")
    assert.strictEqual(reasonOf([rolledOut(0)]), "default")
    assert.strictEqual(reasonOf([forced("all", 1)], live, { killSwitch: { value: 2 } }), "disabled")
  })

  it("is first of all how current the snapshot is", () => {
    for (const killSwitch of [{}, { killSwitch: { value: 2 } }]) {
      assert.strictEqual(reasonOf([forced("all", 1)], { ...live, stale: true }, killSwitch), "stale")
      assert.strictEqual(
        reasonOf([forced("all", 1)], { ...live, source: "bootstrap", stale: true }, killSwitch),
        "stale"
      )
      assert.strictEqual(reasonOf([forced("all", 1)], { ...live, source: "backup", stale: true }, killSwitch), "cached")
    }
  })

  it("is an error where the context could not be read, however current the snapshot is", () => {
    const outcome = evaluateAny(compile(flagOf([forced("pro", 1, onPro)])), {
      attributes: {
        get plan() {
          throw new Error("a getter's own fault")
        }
      }
    })
    assert.strictEqual(Vocabulary.reasonOf({ ...outcome, snapshot: { ...live, stale: true } }), "error")
  })
})

describe("the code of an error", () => {
  it("says which identity is missing only of the subject's", () => {
    const missing = (bucketBy: "subject" | "tenant") =>
      Vocabulary.errorCodeOf(new MissingIdentity({ flag: "f", rule: "r", bucketBy }))
    assert.strictEqual(missing("subject"), "targeting_key_missing")
    assert.strictEqual(missing("tenant"), "invalid_context")
    assert.strictEqual(Vocabulary.errorCodeOf(new FlagNotFound({ environment: "prod", flag: "f" })), "flag_not_found")
    assert.strictEqual(Vocabulary.errorCodeOf(new NotReady({ environment: "prod" })), "provider_not_ready")
  })
})
