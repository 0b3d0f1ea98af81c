import { withContext } from "@rulestead/node"
import * as Flag from "@rulestead/node/Flag"
import { createTestRulestead, forced, type TestRulestead, Unexpected } from "@rulestead/node/testing"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { setImmediate } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

const pro = { targetingKey: "user-1", attributes: { plan: "pro" } }

describe("a client under test", () => {
  let rulestead: TestRulestead

  beforeEach(async () => {
    rulestead = await createTestRulestead(
      { limit: 7, banner: forced("Sale!", { variant: "loud" }) },
      { manifest: catalogue }
    )
  })
  afterEach(() => rulestead.close())

  it("serves what the test says, and decides the rest by its rules", () => {
    assert.strictEqual(rulestead.value("limit", {}, 0), 7)
    assert.strictEqual(rulestead.variant("banner"), "loud")
    assert.isTrue(rulestead.enabled("new-checkout", pro))
    assert.isFalse(withContext({}, () => rulestead.enabled(Flag.boolean("new-checkout"))))
    assert.deepStrictEqual(rulestead.asked(), [
      { flag: "limit", reason: "rule_match", variant: null },
      { flag: "banner", reason: "rule_match", variant: "loud" },
      { flag: "new-checkout", reason: "rule_match", variant: null },
      { flag: "new-checkout", reason: "default", variant: null }
    ])
  })

  it("throws at what the test did not foresee", () => {
    assert.throws(() => rulestead.enabled("unknown"), Unexpected, "The test has no flag unknown")
    assert.throws(() => rulestead.value("limit", {}, "ten"), Unexpected, "not what the code expects")
    assert.throws(() => rulestead.value(Flag.string("limit", { default: "" })), Unexpected, "not what the code expects")
  })

  it("decides a flag otherwise for a function, what it awaits included, and for nobody else", async () => {
    const limit = async () => {
      await setImmediate()
      return rulestead.value("limit", {}, 0)
    }
    const answers = await Promise.all([
      limit(),
      rulestead.withFlag("limit", 1, limit),
      rulestead.withFlag("limit", 2, () => rulestead.withFlag("limit", 3, limit)),
      rulestead.withFlag("other", 4, limit)
    ])
    assert.deepStrictEqual(answers, [7, 1, 3, 7])
    assert.throws(() =>
      rulestead.withFlag("limit", 1, () => {
        throw new Error("a test that fails")
      }), "a test that fails")
    assert.strictEqual(rulestead.value("limit", {}, 0), 7)
  })

  it("decides a flag otherwise until it is reset", () => {
    rulestead.set("limit", 9)
    assert.strictEqual(rulestead.value("limit", {}, 0), 9)
    assert.strictEqual(rulestead.withFlag("limit", 1, () => rulestead.value("limit", {}, 0)), 1)
    rulestead.reset()
    assert.strictEqual(rulestead.value("limit", {}, 0), 7)
    assert.lengthOf(rulestead.asked(), 1)
  })
})

describe("node:test", () => {
  it("works with it as with any other runner, and ends by itself", async () => {
    const file = fileURLToPath(new URL("./fixtures/node.test-program.ts", import.meta.url))
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const child = spawn(process.execPath, ["--conditions=source", "--test", file], {
      env,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")])
    assert.include(output, "pass 2")
    assert.strictEqual(code, 0)
  })
})
