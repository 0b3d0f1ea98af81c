import { createRulestead } from "@rulestead/node"
import { assert, describe, it } from "vitest"
import { pair } from "../../packages/rulestead/test/support/signing.ts"
import { catalogue } from "./fixtures/catalogue.ts"

const { signing, verifying } = pair()

const options = { environment: "prod", manifest: catalogue, logLevel: "None" } as const

describe("a client that verifies", () => {
  it("serves what it signed itself, and what is applied to it later", async () => {
    await using rulestead = await createRulestead({ ...options, sign: { key: signing }, verify: [verifying] })
    assert.deepStrictEqual(rulestead.readiness(), { _tag: "Fresh" })
    assert.isFalse(rulestead.enabled("another"))
    const ruleset = { rules: [{ key: "all", strategy: "forced_value", value: true }] } as const
    const flag = { key: "another", valueType: "boolean", defaultValue: false, ruleset } as const
    await rulestead.apply({ schemaVersion: 1, flags: [flag] })
    await rulestead.refresh()
    assert.isTrue(rulestead.enabled("another"))
    assert.strictEqual(rulestead.health().counts.refused, 0)
  })

  it("serves nothing that is not signed, and says so", async () => {
    await using rulestead = await createRulestead({ ...options, verify: [verifying], bootTimeout: 0 })
    const refused = await rulestead.refresh().catch((error: unknown) => error)
    assert.deepInclude(refused, { _tag: "NotRefreshed", reason: "signature" })
    assert.deepStrictEqual(rulestead.readiness(), { _tag: "Empty", reason: "signature" })
  })

  it("is told that a key cannot sign", async () => {
    const error = await createRulestead({ ...options, sign: { key: verifying } }).catch((error: unknown) => error)
    assert.deepInclude(error, { _tag: "InvalidInput", subject: "signing options" })
  })
})
