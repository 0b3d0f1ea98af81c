import { assert } from "@effect/vitest"
import { createAdaptorServer } from "@hono/node-server"
import * as Flags from "@rulestead/http/Hono"
import { createTestRulestead, type TestRulestead } from "@rulestead/node/testing"
import { Hono } from "hono"
import { createServer, Server } from "node:http"
import { afterAll, beforeAll, describe, it } from "vitest"
import { catalogue, closed, get, listening, meeting, mixedUp } from "./support/flags.ts"

interface Env {
  Variables: { user: { readonly id: string | undefined } }
}

let rulestead: TestRulestead

beforeAll(async () => {
  rulestead = await createTestRulestead({}, { manifest: catalogue })
})
afterAll(() => rulestead.close())

const serving = async (options: Parameters<typeof Flags.middleware<Env>>, use: (url: string) => Promise<void>) => {
  const together = meeting(6)
  const app = new Hono<Env>()
  app.use(async (c, next) => {
    c.set("user", { id: c.req.header("x-user") })
    await next()
  })
  app.use(Flags.middleware(...options))
  app.get("/who", (c) => c.text(`${rulestead.value("who", undefined, "?")},${Flags.contextOf(c).targetingKey}`))
  app.get("/later", async (c) => {
    await together()
    return c.text(rulestead.value("who", undefined, "?"))
  })
  app.onError((_error, c) => c.text("failed", 500))
  const server = createAdaptorServer({ fetch: app.fetch, createServer })
  assert(server instanceof Server)
  await serve(server, use)
}

const serve = async (server: Server, use: (url: string) => Promise<void>) => {
  try {
    await use(await listening(server))
  } finally {
    await closed(server)
  }
}

const failing = (): never => {
  throw new Error("the session store is away")
}

describe("middleware for Hono", () => {
  it("puts the context of the request in force for the handlers after it", () =>
    serving([{ targetingKey: Flags.variable("user", "id") }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "ada,ada")
      assert.strictEqual(await get(`${url}/who`), "nobody,undefined")
    }))

  it("keeps requests apart that are served at the same time", () =>
    serving([{ targetingKey: (c) => c.get("user").id }], async (url) => {
      assert.deepStrictEqual(await mixedUp((user) => get(`${url}/later`, { "x-user": user })), [])
    }))

  it("takes a header only where it is asked to", async () => {
    const headers = { "x-user": "eve", "x-gateway-user": "bob" }
    await serving([{ targetingKey: Flags.variable("user", "id") }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, headers), "nobody,eve")
    })
    await serving([{ targetingKey: Flags.untrustedHeader("X-Gateway-User") }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, headers), "bob,bob")
    })
  })

  it("leaves the request with the empty context when a source fails, and reports it", async () => {
    const errors: Array<unknown> = []
    const onFailure = (error: unknown) => errors.push(error)
    await serving([{ targetingKey: failing }, { onFailure }], async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "nobody,undefined")
      assert.lengthOf(errors, 1)
    })
  })

  it("fails the request when a source fails, if it is to", () =>
    serving([{ targetingKey: failing }, { whenFailed: "fail" }], async (url) => {
      assert.strictEqual(await get(`${url}/who`), "failed")
    }))
})
