import { assert, describe, it } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import type { InvalidInput } from "rulestead/InvalidInput"

const build = <A, E>(layer: Layer.Layer<A, E>) => Effect.scoped(Layer.build(layer))

const configured = (settings: Record<string, string>) =>
  Effect.provideService(
    Postgres.config.pipe(Effect.map((options) => options)),
    ConfigProvider.ConfigProvider,
    ConfigProvider.fromUnknown(settings)
  )

describe("the options of a store on Postgres", () => {
  const problemsOf = (options: Postgres.Options) =>
    Effect.map(
      Effect.flip(build(Postgres.layer(options))),
      (error: InvalidInput) => error.problems.map(({ path, rule }) => `${path} (${rule})`)
    )

  it.effect("that make no sense are refused before anything else happens, all of them at once", () =>
    Effect.gen(function*() {
      const problems = yield* problemsOf({
        url: "mysql://localhost/shop",
        schema: "a\"b",
        retention: 0.5,
        maxConnections: 1,
        connectTimeout: "0 seconds",
        statementTimeout: Number.POSITIVE_INFINITY,
        lockTimeout: -1,
        timeout: Number.NaN
      })
      assert.deepStrictEqual(problems, [
        "schema (schema)",
        "retention (retention)",
        "timeout (timeout)",
        "url (url)",
        "maxConnections (maxConnections)",
        "connectTimeout (connectTimeout)",
        "statementTimeout (statementTimeout)",
        "lockTimeout (lockTimeout)"
      ])
      for (const url of ["", "localhost", "postgres:", "postgres://[", Redacted.make("http://localhost")]) {
        assert.deepStrictEqual(yield* problemsOf({ url }), ["url (url)"])
      }
    }))

  it.effect("never show the password", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(build(Postgres.layer({ url: "postgre://ada:sesame@localhost" })))
      assert.notInclude(inspect(error, { depth: 20, showHidden: true }), "sesame")
    }))

  it.effect("are enough to build the store, server or no server", () =>
    Effect.gen(function*() {
      yield* build(Postgres.layer({ url: "postgres://localhost:1/absent" }))
      yield* build(Postgres.layerFeed({ url: Redacted.make("postgresql://localhost:1/absent") }))
    }))

  it.effect("can come from the environment", () =>
    Effect.gen(function*() {
      const url = "postgres://localhost/shop"
      const all = {
        DATABASE_URL: url,
        RULESTEAD_SCHEMA: "flags",
        RULESTEAD_RETENTION: "50",
        RULESTEAD_MAX_CONNECTIONS: "4",
        RULESTEAD_TIMEOUT: "20 seconds"
      }
      const options = yield* configured(all)
      assert.strictEqual(Redacted.isRedacted(options.url) && Redacted.value(options.url), url)
      assert.deepInclude(options, { schema: "flags", retention: 50, maxConnections: 4 })
      yield* build(Postgres.layer(options))
      yield* build(Postgres.layer(yield* configured({ DATABASE_URL: url })))
      assert.include((yield* Effect.flip(configured({}))).message, "DATABASE_URL")
      assert.include(
        (yield* Effect.flip(configured({ ...all, RULESTEAD_RETENTION: "many" }))).message,
        "RULESTEAD_RETENTION"
      )
    }))
})
