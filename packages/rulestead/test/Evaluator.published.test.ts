import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Evaluator from "rulestead/Evaluator"
import { Publisher } from "rulestead/Publisher"
import type { Rule } from "rulestead/Rule"
import { Rulestead } from "rulestead/Rulestead"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import { compile, forced, member, users } from "./support/evaluating.ts"
import { flagEntry } from "./support/Published.ts"

const halves = [{ key: "control", weight: 50, value: "c" }, { key: "treatment", weight: 50, value: "t" }] as const
const rollout = { percentage: 40, bucketBy: "subject", salt: "s" } as const
const share = { key: "share", strategy: "percentage_rollout", conditions: [], rollout } as const
const members = { conditions: [{ attribute: "plan", operator: "equals", value: "pro" }] } as const

const rules: { readonly [flag: string]: Rule } = {
  "by-force": forced("rule", "forced", { attribute: "plan", operator: "in", values: ["pro", "team"] }),
  "by-audience": member("rule", "pros", "member"),
  "by-share": { ...share, value: "in" },
  "by-share-of-the-default": share,
  "by-split": { key: "rule", strategy: "variant_split", conditions: [], rollout, variants: halves },
  "by-experiment": {
    key: "rule",
    strategy: "experiment",
    conditions: [],
    experiment: { salt: "iteration-1", bucketBy: "subject", holdout: 20 },
    variants: halves
  }
}

const author = Effect.gen(function*() {
  const store = yield* Store
  const publisher = yield* Publisher
  yield* store.createEnvironment({ key: "prod", name: "Production" })
  yield* store.createAudience({ key: "pros", definition: members })
  for (const [key, rule] of Object.entries(rules)) {
    yield* store.createFlag({ key, valueType: "string", defaultValue: "default" })
    const draft = yield* store.saveDraft(key, "prod", { rules: [rule] }, { expected: 0 })
    yield* publisher.publish(key, "prod", { expected: draft.revision })
  }
})

const node = Layer.provide(Rulestead.layer({ environment: "prod" }), Layer.effectDiscard(author)).pipe(
  Layer.provideMerge(StoreMemory.layer())
)

describe("a rule of every strategy", () => {
  it.effect("reaches nodes as it was authored, experiments included", () =>
    Effect.gen(function*() {
      const rulestead = yield* Rulestead
      const groups = new Set<string>()
      for (const [key, rule] of Object.entries(rules)) {
        const entry = flagEntry(key, { valueType: "string", defaultValue: "default", rules: [rule] })
        const flag = compile(entry, [{ key: "pros", definition: members }])
        for (const [index, targetingKey] of users(200).entries()) {
          const context = { targetingKey, attributes: { plan: index % 2 === 0 ? "pro" : "free" } }
          const expected = Evaluator.evaluate(flag, context)
          assert.deepInclude(yield* rulestead.evaluate(key, context), expected)
          groups.add(`${key} ${expected.reason} ${expected.variant} ${expected.holdout}`)
        }
      }
      assert.includeMembers([...groups], [
        "by-experiment rule_match control true",
        "by-experiment rule_match control false",
        "by-experiment rule_match treatment false"
      ])
    }).pipe(Effect.provide(node)))
})
