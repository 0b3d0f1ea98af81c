import { assert } from "@effect/vitest"
import * as Flags from "@rulestead/http/Fastify"
import { createTestRulestead, type TestRulestead } from "@rulestead/node/testing"
import fastify, { type FastifyInstance } from "fastify"
import { afterAll, beforeAll, describe, it } from "vitest"
import { catalogue, get, meeting, mixedUp, post } from "./support/flags.ts"

let rulestead: TestRulestead

beforeAll(async () => {
  rulestead = await createTestRulestead({}, { manifest: catalogue })
})
afterAll(() => rulestead.close())

const serving = async (
  options: Parameters<typeof Flags.hook>,
  use: (url: string, app: FastifyInstance) => Promise<void>
) => {
  const app = fastify()
  const together = meeting(6)
  app.decorateRequest("user")
  app.addHook("onRequest", async (request) => {
    Object.assign(request, { user: { id: request.headers["x-user"] } })
  })
  app.addHook("preHandler", Flags.hook(...options))
  app.get("/who", () => rulestead.value("who", undefined, "?"))
  app.get("/later", async () => {
    await together()
    return rulestead.value("who", undefined, "?")
  })
  app.post("/who", (request) => `${rulestead.value("who", undefined, "?")},${Flags.contextOf(request).targetingKey}`)
  app.register(async (child) => {
    child.get("/child", () => rulestead.value("who", undefined, "?"))
  })
  try {
    await use(await app.listen({ host: "127.0.0.1", port: 0 }), app)
  } finally {
    await app.close()
  }
}

const failing = (): never => {
  throw new Error("the session store is away")
}

describe("a hook for Fastify", () => {
  it("puts the context of the request in force for the handler, those of plugins included", () =>
    serving([{ targetingKey: Flags.user("id") }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "ada")
      assert.strictEqual(await get(`${url}/child`, { "x-user": "bob" }), "bob")
      assert.strictEqual(await get(`${url}/who`), "nobody")
    }))

  it("keeps requests apart that are served at the same time", () =>
    serving([{ targetingKey: Flags.user("id") }], async (url) => {
      assert.deepStrictEqual(await mixedUp((user) => get(`${url}/later`, { "x-user": user })), [])
    }))

  it("is in force where there is a body", () =>
    serving([{ targetingKey: Flags.user("id") }], async (url) => {
      assert.strictEqual(await post(`${url}/who`, { n: 7 }, { "x-user": "ada" }), "ada,ada")
    }))

  it("takes nothing from a header unless it is asked to", () =>
    serving([{ targetingKey: Flags.session("userId") }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada", "x-rulestead-targeting-key": "ada" }), "nobody")
    }))

  it("leaves the request with the empty context when a source fails, and reports it", async () => {
    const errors: Array<unknown> = []
    const onFailure = (error: unknown) => errors.push(error)
    await serving([{ targetingKey: failing }, { onFailure }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "nobody")
      assert.lengthOf(errors, 1)
    })
  })

  it("fails the request when a source fails, if it is to", () =>
    serving([{ targetingKey: failing }, { whenFailed: "fail" }], async (url) => {
      assert.strictEqual((await fetch(`${url}/who`)).status, 500)
    }))
})
