import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as HttpContext from "@rulestead/http/HttpContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import { Rulestead } from "rulestead/Rulestead"
import * as Testing from "rulestead/testing"
import { catalogue, get, meeting, mixedUp } from "./support/flags.ts"

/** The stand-in for what authenticates. */
const userOfRequest = Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => headers["x-user"])

const contextOfRequest = Effect.map(userOfRequest, (targetingKey): EvaluationContext => ({ targetingKey }))

const who = Rulestead.value("who", undefined, "?")

const together = meeting(6)

const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/who", Effect.map(who, HttpServerResponse.text)),
  HttpRouter.add(
    "GET",
    "/later",
    Effect.promise(together).pipe(Effect.andThen(who), Effect.map(HttpServerResponse.text))
  )
)

const addressOf = Effect.map(HttpServer.HttpServer, ({ address }) => {
  assert(address._tag === "InetAddressV4")
  return `http://127.0.0.1:${address.port}`
})

const serving = <E, R>(
  app: Layer.Layer<never, E, R>,
  use: (url: string) => Promise<void>
) =>
  Effect.flatMap(addressOf, (url) => Effect.promise(() => use(url))).pipe(
    Effect.provide(
      HttpRouter.serve(app, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(
          NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: "1 second" })
        ),
        Layer.provide(Testing.layerManifest(catalogue))
      )
    )
  )

describe("a middleware of HttpRouter", () => {
  it.live("provides the ambient context to the routes", () =>
    serving(routes.pipe(Layer.provide(HttpContext.middleware(contextOfRequest).layer)), async (url) => {
      assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "ada")
      assert.strictEqual(await get(`${url}/who`), "nobody")
    }))

  it.live("keeps requests apart that are served at the same time", () =>
    serving(routes.pipe(Layer.provide(HttpContext.middleware(contextOfRequest).layer)), async (url) => {
      assert.deepStrictEqual(await mixedUp((user) => get(`${url}/later`, { "x-user": user })), [])
    }))

  for (
    const [name, from] of [
      ["fails", Effect.fail("the session store is away")],
      ["dies", Effect.die("the session store is away")],
      ["never ends", Effect.never]
    ] as const
  ) {
    it.live(`leaves the request with the empty context when finding it ${name}, and says so in the log`, () => {
      const lines: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => void lines.push(message))])
      const middleware = HttpContext.middleware<string, never>(from, { timeout: "1 millis" }).layer
      return serving(routes.pipe(Layer.provide(middleware)), async (url) => {
        assert.strictEqual(await get(`${url}/who`, { "x-user": "ada" }), "nobody")
        const warned = lines.flat().filter((line) => String(line).includes("evaluation context"))
        assert.lengthOf(warned, 1)
        assert.notInclude(String(warned), "session store")
      }).pipe(Effect.provide(logger))
    })
  }
})

describe("a middleware of HttpApi", () => {
  class CurrentUser extends Context.Service<CurrentUser, { readonly id: string | undefined }>()("test/CurrentUser") {}

  class Authenticated extends HttpApiMiddleware.Service<Authenticated, { provides: CurrentUser }>()(
    "test/Authenticated"
  ) {}

  class FlagContext extends HttpApiMiddleware.Service<FlagContext, { requires: CurrentUser }>()("test/FlagContext") {}

  class Api extends HttpApi.make("api").add(
    HttpApiGroup.make("flags")
      .add(HttpApiEndpoint.get("who", "/who", { success: Schema.String }))
      .middleware(FlagContext)
      .middleware(Authenticated)
  ) {}

  const app = HttpApiBuilder.layer(Api).pipe(
    Layer.provide(HttpApiBuilder.group(Api, "flags", (handlers) => handlers.handle("who", () => who))),
    Layer.provide(
      Layer.succeed(
        FlagContext,
        HttpContext.provideContext(Effect.map(CurrentUser, ({ id }) => ({ targetingKey: id })))
      )
    ),
    Layer.provide(
      Layer.succeed(
        Authenticated,
        (httpEffect) => Effect.flatMap(userOfRequest, (id) => Effect.provideService(httpEffect, CurrentUser, { id }))
      )
    )
  )

  it.live("provides the ambient context to the endpoints", () =>
    serving(app, async (url) => {
      assert.deepStrictEqual(
        await Promise.all(["ada", "bob", "eve"].map((user) => get(`${url}/who`, { "x-user": user }))),
        ["\"ada\"", "\"bob\"", "\"nobody\""]
      )
    }))
})
