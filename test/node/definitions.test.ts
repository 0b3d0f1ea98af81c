import { createRulestead, type RulesteadClient } from "@rulestead/node"
import * as Flag from "@rulestead/node/Flag"
import type { Event } from "rulestead/Telemetry"
import { afterAll, assert, beforeAll, describe, expectTypeOf, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

const pro = { targetingKey: "user-1", attributes: { plan: "pro" } }

const Banner = Flag.decoded("banner", {
  decode: (value) => {
    if (value !== "left" && value !== "right") throw new TypeError("neither left nor right")
    return value
  },
  default: "left",
  variants: ["a", "b"]
})

const Limit = Flag.string("upload-limit", { default: "none" })

describe("a client that is asked by definitions", () => {
  let rulestead: RulesteadClient

  beforeAll(async () => {
    rulestead = await createRulestead({ environment: "prod", manifest: catalogue, logLevel: "None" })
  })
  afterAll(() => rulestead.close())

  it("answers with the types of the definition", () => {
    assert.isTrue(rulestead.enabled(Flag.boolean("new-checkout"), pro))
    assert.strictEqual(rulestead.value(Flag.number("upload-limit", { default: 1 }), pro), 10)
    const variant = rulestead.variant(Banner, pro)
    assert.oneOf(variant, ["a", "b"])
    expectTypeOf(rulestead.value(Banner, pro)).toEqualTypeOf<"left" | "right">()
    expectTypeOf(variant).toEqualTypeOf<"a" | "b" | undefined>()
  })

  it("answers with the default of the code where the flag serves something else, and tells listeners of events", async () => {
    const told = Promise.withResolvers<Event>()
    const end = rulestead.onEvent((event) => event._tag === "DefinitionUnmet" ? told.resolve(event) : undefined)
    assert.strictEqual(rulestead.value(Limit, pro), "none")
    assert.deepInclude(await told.promise, { _tag: "DefinitionUnmet", flag: "upload-limit" })
    end()
  })
})
