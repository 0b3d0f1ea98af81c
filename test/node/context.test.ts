import { currentContext, deserializeContext, mergeContexts, serializeContext, withContext } from "@rulestead/node"
import { createTestRulestead, type TestRulestead } from "@rulestead/node/testing"
import { EventEmitter } from "node:events"
import { setImmediate } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { catalogue } from "./fixtures/catalogue.ts"

const pro = { targetingKey: "user-1", attributes: { plan: "pro", email: "ada@example.com" } }
const free = { targetingKey: "user-2", attributes: { plan: "free" } }

describe("the context in force", () => {
  let rulestead: TestRulestead

  beforeAll(async () => {
    rulestead = await createTestRulestead({}, { manifest: catalogue })
  })
  afterAll(() => rulestead.close())

  it("is what is asked about where no context is passed", () => {
    assert.isFalse(rulestead.enabled("new-checkout"))
    assert.isTrue(withContext(pro, () => rulestead.enabled("new-checkout")))
    assert.strictEqual(withContext(pro, () => rulestead.evaluate("new-checkout").rule), "pro")
    assert.isFalse(withContext(pro, () => rulestead.enabled("new-checkout", {})))
    assert.deepStrictEqual(currentContext(), {})
  })

  it("follows promises, timers and listeners, and meets no other", async () => {
    const later = async () => {
      await setImmediate()
      return rulestead.enabled("new-checkout")
    }
    const listened = () => {
      const events = new EventEmitter()
      const { promise, resolve } = Promise.withResolvers<boolean>()
      events.once("asked", () => resolve(rulestead.enabled("new-checkout")))
      setTimeout(() => events.emit("asked"), 0)
      return promise
    }
    assert.deepStrictEqual(
      await Promise.all([withContext(pro, later), later(), withContext(free, later), withContext(pro, listened)]),
      [true, false, false, true]
    )
  })

  it("can be extended", () => {
    const extended = () => mergeContexts(currentContext(), { attributes: { plan: "pro" } })
    assert.isTrue(withContext(free, () => rulestead.enabled("new-checkout", extended())))
  })

  it("goes to a job with what is named of it, so that the job decides as the request did", async () => {
    interface Job {
      readonly order: number
      readonly context: unknown
    }
    const queue: Array<string> = []
    const add = (job: Job) => queue.push(JSON.stringify(job))
    const work = (job: Job) => withContext(deserializeContext(job.context), () => rulestead.enabled("new-checkout"))

    const asked = withContext(pro, () => {
      add({ order: 7, context: serializeContext({ attributes: ["plan"] }) })
      return rulestead.enabled("new-checkout")
    })
    const [text = ""] = queue
    assert.notInclude(text, "ada@example.com")
    assert.strictEqual(work(JSON.parse(text)), asked)
    assert.throws(() => deserializeContext({}), /version/)
    assert.throws(() => withContext(pro, () => serializeContext({ attributes: ["email"], maxBytes: 40 })), /40 bytes/)
  })
})
