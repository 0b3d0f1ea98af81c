import { assert, describe, it } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inspect } from "node:util"
import type { InvalidInput } from "rulestead/InvalidInput"
import { authority } from "../support/certificates.ts"

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

  it.effect("that there are not are refused by their names", () =>
    Effect.gen(function*() {
      const url = "postgres://localhost/shop"
      const misspelt = { url, timeOut: "1 second", max: 2, ssl: { ca: authority, rejectUnauthorized: false } }
      assert.deepStrictEqual(yield* problemsOf(misspelt), [
        "ssl.rejectUnauthorized (unknown_field)",
        "timeOut (unknown_field)",
        "max (unknown_field)"
      ])
    }))

  const urls: Readonly<Record<string, ReadonlyArray<string>>> = {
    "?ssl=true": ["url.ssl (unknown_parameter)"],
    "?sslmode=REQUIRE": ["url.sslmode (sslmode)"],
    "?sslmode=no-verify": ["url.sslmode (sslmode)"],
    "?sslmode=prefer": ["url.sslmode (sslmode)"],
    "?sslmode=allow": ["url.sslmode (sslmode)"],
    "?sslmode=": ["url.sslmode (sslmode)"],
    "?sslmode=require&sslmode=disable": ["url.sslmode (once)"],
    "?sslrootcert=system": ["url.sslrootcert (contradiction)"],
    "?sslmode=disable&sslrootcert=system": ["url.sslrootcert (contradiction)"],
    "?sslmode=require&sslrootcert=/no/such/file": ["url.sslrootcert (sslrootcert)"],
    [`?sslmode=require&sslrootcert=${import.meta.filename}`]: ["url.sslrootcert (sslrootcert)"],
    "?sslcert=client.pem&channel_binding=require": [
      "url.sslcert (unknown_parameter)",
      "url.channel_binding (unknown_parameter)"
    ],
    "?__proto__=1&constructor=2": ["url.__proto__ (unknown_parameter)", "url.constructor (unknown_parameter)"],
    "?port=0&connect_timeout=soon&host=a,b": [
      "url.port (port)",
      "url.connect_timeout (connect_timeout)",
      "url.host (host)"
    ],
    "%zz": ["url (url)"],
    "%ff": ["url (url)"],
    "%00": ["url (url)"]
  }

  for (const [rest, expected] of Object.entries(urls)) {
    it.effect(`are refused where the URL ends with ${rest.replace(import.meta.dirname, "")}`, () =>
      Effect.map(
        problemsOf({ url: `postgres://ada:sesame@localhost/shop${rest}` }),
        (problems) => assert.deepStrictEqual(problems, expected)
      ))
  }

  it.effect("that contradict the URL are refused, and so is what is no certificate", () =>
    Effect.gen(function*() {
      const url = "postgres://localhost/shop"
      const refused = (options: Postgres.Options, ...expected: ReadonlyArray<string>) =>
        Effect.map(problemsOf(options), (problems) => assert.deepStrictEqual(problems, expected))
      yield* refused({ url: `${url}?sslmode=disable`, ssl: true }, "ssl (contradiction)")
      yield* refused({ url: `${url}?sslmode=disable`, ssl: { ca: authority } }, "ssl (contradiction)")
      yield* refused({ url: `${url}?sslmode=verify-full`, ssl: false }, "ssl (contradiction)")
      yield* refused(
        { url: `${url}?sslmode=require&sslrootcert=system`, ssl: { ca: authority } },
        "url.sslrootcert (contradiction)"
      )
      for (const ca of ["", "garbage", [], [authority, "garbage"], authority.replace("MII", "AAA")]) {
        yield* refused({ url, ssl: { ca, servername: "" } }, "ssl.ca (ca)", "ssl.servername (servername)")
      }
    }))

  it.effect("may be parameters of the URL", () =>
    Effect.gen(function*() {
      for (
        const rest of [
          "postgres://localhost?sslmode=disable",
          "postgres://ada:p%2520@[::1]:5433/shop?sslmode=require&sslrootcert=system&connect_timeout=5",
          "postgresql:///?host=/run/postgresql&port=5433&user=ada&password=x&dbname=shop&application_name=shop&options=-c%20work_mem=4MB"
        ]
      ) yield* build(Postgres.layer({ url: rest }))
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
