import { createRulestead } from "@rulestead/node"
import * as SigningKey from "@rulestead/node/SigningKey"
import * as Redacted from "effect/Redacted"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { assert, describe, it } from "vitest"
import { pair } from "../../packages/rulestead/test/support/signing.ts"
import { catalogue } from "./fixtures/catalogue.ts"

const { signing, verifying } = pair()

const options = { environment: "prod", manifest: catalogue, logLevel: "None" } as const

describe("a secret among the options", () => {
  const secret = "a secret of 32 bytes or more, as plain text"
  const key = { algorithm: "hmac-sha256", secret } as const

  it("can be plain text, wherever there is a key", async () => {
    const directory = await mkdtemp(join(tmpdir(), "rulestead-secret-"))
    await using rulestead = await createRulestead({
      ...options,
      backup: { directory, key },
      sign: { key, previous: [key] },
      verify: [key, ...SigningKey.fromText(secret)]
    })
    assert.deepStrictEqual(rulestead.readiness(), { _tag: "Fresh" })
    await rulestead.flush()
    assert.strictEqual(rulestead.health().backup.state, "written")
    await rm(directory, { recursive: true })
  })

  it("can be the private half of a pair, as plain text", async () => {
    const privateKey = signing.algorithm === "ed25519" && signing.privateKey ? Redacted.value(signing.privateKey) : ""
    const [pair] = SigningKey.fromText(privateKey)
    if (pair === undefined) return assert.fail("no key")
    await using rulestead = await createRulestead({ ...options, sign: { key: pair }, verify: [verifying] })
    assert.deepStrictEqual(rulestead.readiness(), { _tag: "Fresh" })
  })

  it("is in no error, whichever way it is wrong", async () => {
    const keys: ReadonlyArray<unknown> = [
      { algorithm: "hmac-sha256", secret: "too short" },
      { algorithm: "hmac-sha512", secret: "too short" },
      { algorithm: "ed25519", publicKey: "PEM", privateKey: "too short" },
      "too short"
    ]
    for (const key of keys) {
      for (const where of [{ sign: { key } }, { verify: [key] }, { backup: { directory: tmpdir(), key } }]) {
        const error = await Reflect.apply(createRulestead, undefined, [{ ...options, ...where }]).catch(inspect)
        assert.include(error, "InvalidInput")
        assert.notInclude(error, "too short")
      }
    }
  })
})

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
