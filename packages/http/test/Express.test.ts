import { assert } from "@effect/vitest"
import * as Flags from "@rulestead/http/Express"
import { currentContext } from "@rulestead/node"
import { createTestRulestead, type TestRulestead } from "@rulestead/node/testing"
import express from "express"
import { createServer } from "node:http"
import { afterAll, beforeAll, describe, it } from "vitest"
import { catalogue, closed, get, listening, meeting, mixedUp, post } from "./support/flags.ts"

let rulestead: TestRulestead

beforeAll(async () => {
  rulestead = await createTestRulestead({}, { manifest: catalogue })
})
afterAll(() => rulestead.close())

/** What authenticates: before the middleware, as in an application. */
const authenticate: express.RequestHandler = (request, _response, next) => {
  Object.assign(request, { user: { id: request.get("x-user") }, session: { get: () => request.get("x-session") } })
  next()
}

const serving = async (configure: (app: express.Express) => void, use: (url: string) => Promise<void>) => {
  const app = express()
  app.use(authenticate)
  configure(app)
  app.get("/who", (_request, response) => void response.send(rulestead.value("who", undefined, "?")))
  app.use(
    ((_error, _request, response, _next) =>
      void response.status(500).send("failed")) satisfies express.ErrorRequestHandler
  )
  const server = createServer(app)
  try {
    await use(await listening(server))
  } finally {
    await closed(server)
  }
}

describe("middleware for Express", () => {
  it("puts the context of the request in force for the handlers after it", () =>
    serving((app) => app.use(Flags.middleware({ targetingKey: Flags.user("id") })), async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "ada")
      assert.strictEqual(await get(`${url}/who`, { "x-user": "bob" }), "bob")
      assert.strictEqual(await get(`${url}/who`), "nobody")
      assert.deepStrictEqual(currentContext(), {})
    }))

  it("keeps requests apart that are served at the same time", () => {
    const together = meeting(6)
    return serving((app) => {
      app.use(Flags.middleware({ targetingKey: Flags.user("id") }))
      app.get("/later", async (_request, response) => {
        await together()
        response.send(rulestead.value("who", undefined, "?"))
      })
    }, async (url) => {
      assert.deepStrictEqual(await mixedUp((user) => get(`${url}/later`, { "x-user": user })), [])
    })
  })

  it("stays in force behind a parser of bodies", () =>
    serving((app) => {
      app.use(Flags.middleware({ targetingKey: Flags.user("id") }))
      app.use(express.json())
      app.post("/who", (request, response) =>
        void response.send(
          [rulestead.value("who", undefined, "?"), Flags.contextOf(request).targetingKey, request.body.n].join()
        ))
    }, async (url) => {
      assert.strictEqual(await post(`${url}/who`, { n: 7 }, { "x-user": "ada" }), "ada,ada,7")
    }))

  it("takes nothing from a header, a cookie or the query unless it is asked to", () =>
    serving((app) => app.use(Flags.middleware({ targetingKey: Flags.session("userId") })), async (url) => {
      const headers = { "x-user": "ada", "x-rulestead-targeting-key": "ada", "cookie": "rulestead_targeting_key=ada" }
      assert.strictEqual(await get(`${url}/who?targetingKey=ada`, headers), "nobody")
    }))

  it("takes the first source that has an identity, and a header where it is asked to", () =>
    serving((app) =>
      app.use(Flags.middleware({
        targetingKey: [Flags.user("id"), Flags.session("userId"), Flags.untrustedHeader("X-Gateway-User")]
      })), async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada", "x-session": "bob" }), "ada")
      assert.strictEqual(await get(`${url}/who`, { "x-user": " ", "x-session": "bob" }), "bob")
      assert.strictEqual(await get(`${url}/who`, { "x-gateway-user": "bob" }), "bob")
    }))

  it("takes every field from its source, and waits for those that are not there at once", () =>
    serving((app) => {
      app.use(Flags.middleware({
        targetingKey: async (request: express.Request) => (await Promise.resolve(request)).get("x-user"),
        tenantKey: () => 7,
        attributes: (request) => ({ method: request.method })
      }))
      app.get("/context", (_request, response) => void response.json(currentContext()))
    }, async (url) => {
      assert.deepStrictEqual(JSON.parse(await get(`${url}/context`, { "x-user": "ada" })), {
        targetingKey: "ada",
        tenantKey: 7,
        attributes: { method: "GET" }
      })
    }))
})

describe("a source that fails", () => {
  const boom = new Error("the session store is away")
  const failing = (): never => {
    throw boom
  }

  it("leaves the request with the empty context, and is reported", async () => {
    const errors: Array<unknown> = []
    const onFailure = (error: unknown) => errors.push(error)
    await serving(
      (app) => app.use(Flags.middleware({ targetingKey: Flags.user("id"), attributes: failing }, { onFailure })),
      async (url) => {
        assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "nobody")
        assert.deepStrictEqual(errors, [boom])
      }
    )
  })

  it("warns once in a while where nobody listens, and without what the error says", async () => {
    const warned = Promise.withResolvers<Error>()
    process.once("warning", warned.resolve)
    await serving((app) => app.use(Flags.middleware({ targetingKey: failing })), async (url) => {
      assert.strictEqual(await get(`${url}/who`), "nobody")
      assert.strictEqual(await get(`${url}/who`), "nobody")
      const warning = await warned.promise
      assert.include(warning.message, "A source of the evaluation context failed")
      assert.notInclude(warning.message, "session store")
    })
  })

  it("may report to somebody who fails too", () =>
    serving((app) => app.use(Flags.middleware({ targetingKey: failing }, { onFailure: failing })), async (url) => {
      assert.strictEqual(await get(`${url}/who`), "nobody")
    }))

  it("is not waited for longer than the timeout", () =>
    serving(
      (app) => app.use(Flags.middleware({ targetingKey: () => new Promise<string>(() => {}) }, { timeout: 1 })),
      async (url) => {
        assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "nobody")
      }
    ))

  it("fails the request if it is to", () =>
    serving((app) => app.use(Flags.middleware({ targetingKey: failing }, { whenFailed: "fail" })), async (url) => {
      assert.strictEqual(await get(`${url}/who`), "failed")
    }))
})
