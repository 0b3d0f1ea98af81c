// What code without Effect can name, and what its types take.
import type {
  Change,
  Decision,
  DecisionCount,
  EvaluationContext,
  Event,
  Explained,
  Health,
  ManifestInput,
  ManifestReport,
  Readiness,
  RulesteadClient,
  Value
} from "@rulestead/node"
import { createTestRulestead } from "@rulestead/node/testing"
import { assert, describe, expectTypeOf, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

describe("the types of the package", () => {
  it("name all that a client answers and takes", () => {
    expectTypeOf<ReturnType<RulesteadClient["health"]>>().toEqualTypeOf<Health>()
    expectTypeOf<ReturnType<RulesteadClient["readiness"]>>().toEqualTypeOf<Readiness>()
    expectTypeOf<ReturnType<RulesteadClient["evaluate"]>>().toEqualTypeOf<Decision>()
    expectTypeOf<ReturnType<RulesteadClient["explain"]>>().toEqualTypeOf<Explained>()
    expectTypeOf<ReturnType<RulesteadClient["decisionCounts"]>>().toEqualTypeOf<ReadonlyArray<DecisionCount>>()
    expectTypeOf<RulesteadClient["apply"]>().toEqualTypeOf<(manifest: ManifestInput) => Promise<ManifestReport>>()
    expectTypeOf<Parameters<Parameters<RulesteadClient["onChange"]>[0]>[0]>().toEqualTypeOf<Change>()
    expectTypeOf<Parameters<Parameters<RulesteadClient["onEvent"]>[0]>[0]>().toEqualTypeOf<Event>()
  })

  it("take objects of the application as facts, whatever their interface or class, and nothing else", async () => {
    interface User {
      readonly id: string
      readonly plan: string
    }
    class Account {
      get plan(): string {
        return "pro"
      }
    }
    const user: User = { id: "user-1", plan: "pro" }
    await using rulestead = await createTestRulestead({}, { manifest: catalogue })
    assert.isTrue(rulestead.enabled("new-checkout", { attributes: user }))
    assert.isTrue(rulestead.enabled("new-checkout", { attributes: new Account(), actor: user }))
    assert.isFalse(rulestead.enabled("new-checkout", { attributes: { plan: new Date() } }))

    type Attributes = NonNullable<EvaluationContext["attributes"]>
    expectTypeOf<User>().toExtend<Attributes>()
    expectTypeOf<Account>().toExtend<Attributes>()
    expectTypeOf<{ readonly plan: string }>().toExtend<Attributes>()
    expectTypeOf<string>().not.toExtend<Attributes>()
    expectTypeOf<number>().not.toExtend<Attributes>()
    expectTypeOf<ReadonlyArray<string>>().not.toExtend<Attributes>()
    expectTypeOf<Map<string, string>>().not.toExtend<Attributes>()
  })

  it("take for JSON what is known to be JSON: an interface might have methods, a copy of its fields has none", async () => {
    interface Theme {
      readonly dark: boolean
    }
    const theme: Theme = { dark: true }
    await using rulestead = await createTestRulestead({ theme: { dark: false } })
    expectTypeOf<Theme>().not.toExtend<Value>()
    assert.deepStrictEqual(rulestead.value("theme", {}, { ...theme }), { dark: false })
  })
})
