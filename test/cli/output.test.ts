import { assert, describe, it } from "@effect/vitest"
import { displayWidth } from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { withoutSecrets } from "../../packages/cli/src/run.ts"
import { begin } from "./support/begin.ts"
import * as CommandLine from "./support/CommandLine.ts"

// oxlint-disable-next-line no-control-regex -- colours begin with one
const colour = /\u001B\[/

describe("tables", () => {
  it.live("fit the terminal, and show where they were cut", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run(`flag change checkout --description '${"long ".repeat(40).trim()}'`)
      yield* cli.run("flag create 旗 --description wide")
      const { output } = yield* cli.run("flag list --env dev", { terminal: { columns: 60 } })
      for (const line of output.split("\n")) assert.isAtMost(displayWidth(line), 60)
      assert.include(output, "…")
      const { output: narrow } = yield* cli.run("flag list", {
        terminal: { columns: 100 },
        variables: { NO_COLOR: "1" }
      })
      for (const line of narrow.split("\n")) assert.isAtMost(displayWidth(line), 100)
      assert.match(narrow, /^KEY +TYPE/m)
      assert.notInclude((yield* cli.run("flag list --env dev")).output, "…")
    }))

  it.live("do not let text of a store speak to the terminal", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("flag change checkout --description 'evil \u001B[2J\u0007 text'")
      const { output } = yield* cli.run("flag list")
      assert.notMatch(output, colour)
      assert.include(output, "evil \\u001b[2J\\u0007 text")
    }))

  it.live("have colour on a terminal only, and never with NO_COLOR", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const status = (surroundings?: CommandLine.Surroundings) =>
        Effect.map(cli.run("env list", surroundings), ({ output }) => output)
      assert.notMatch(yield* status(), colour)
      assert.match(yield* status({ terminal: {} }), colour)
      const without = yield* status({ terminal: {}, variables: { NO_COLOR: "1" } })
      assert.notMatch(without, colour)
      assert.include(without, "yes")
    }))

  it.live("are of ASCII alone where the locale has no more", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run(`flag change checkout --description '${"long ".repeat(40).trim()}'`)
      const list = (variables: Readonly<Record<string, string>>) =>
        Effect.map(cli.run("flag list", { terminal: { columns: 60 }, variables }), ({ output }) => output)
      const ascii = yield* list({ LC_ALL: "C", LANG: "de_AT.UTF-8" })
      assert.notInclude(ascii, "…")
      assert.match(ascii, /long\.\.\.$/m)
      for (const line of ascii.split("\n")) assert.isAtMost(displayWidth(line), 60)
      assert.include(yield* list({ LANG: "de_AT.UTF-8" }), "…")
      const asked = yield* cli.run("flag archive checkout", {
        terminal: { typed: "y" },
        variables: { LANG: "POSIX", NO_COLOR: "1" }
      })
      assert.include(asked.output, "? Archive checkout?")
      // oxlint-disable-next-line no-control-regex -- ASCII has them, too
      assert.match(asked.output, /^[\u0000-\u007F]*$/)
    }))
})

describe("errors", () => {
  it.live("have colour only where they are seen", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const { errors } = yield* cli.run("flag show nothing", { terminal: {} })
      assert.match(errors, colour)
      for (const line of ["flag show nothing", "flag shwo checkout"]) {
        const redirected = yield* cli.run(line, { terminal: { errors: false } })
        assert.notMatch(redirected.errors, colour, line)
      }
    }))
})

const Change = Schema.Struct({
  action: Schema.String,
  key: Schema.NullOr(Schema.String),
  environment: Schema.NullOr(Schema.String),
  before: Schema.Json,
  after: Schema.Json
})

const Written = Schema.Struct({ dryRun: Schema.Boolean, changes: Schema.Array(Change) })

const Failed = Schema.Struct({
  error: Schema.Struct({
    code: Schema.String,
    message: Schema.String,
    next: Schema.NullOr(Schema.String),
    exit: Schema.Finite
  })
})

describe("json", () => {
  it.live("is one document, whatever a command does", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const tried = yield* cli.json(Written, "kill checkout --env dev --dry-run")
      assert.strictEqual(tried.dryRun, true)
      assert.deepStrictEqual(tried.changes.map(({ action, environment, key }) => [action, key, environment]), [
        ["kill_switch.engage", "checkout", "dev"]
      ])
      const killed = yield* cli.json(Written, "kill checkout --env dev")
      assert.strictEqual(killed.dryRun, false)
      assert.strictEqual(killed.changes.length, 1)
    }))

  it.live("tells failures, too, where errors go", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const { error } = yield* cli.json(Failed, "publish nothing --env dev")
      assert.deepStrictEqual(error, {
        code: "not_found",
        message: "There is no flag nothing",
        next: "To see which there are: rulestead flag list",
        exit: 1
      })
    }))

  const shapes = {
    "env list": Schema.Struct({
      environments: Schema.Array(Schema.Struct({ key: Schema.String, protected: Schema.Boolean, revision: Schema.Int }))
    }),
    "env show dev": Schema.Struct({ key: Schema.String, name: Schema.String }),
    "flag list --env dev": Schema.Struct({
      flags: Schema.Array(Schema.Struct({
        flag: Schema.Struct({ key: Schema.String, valueType: Schema.String, archivedAt: Schema.Null }),
        state: Schema.Struct({ rulesetVersion: Schema.Int, draft: Schema.Null, killSwitch: Schema.Null })
      }))
    }),
    "flag show checkout": Schema.Struct({
      flag: Schema.Struct({ key: Schema.String }),
      states: Schema.Array(Schema.Struct({ environment: Schema.String }))
    }),
    "rule list checkout --env dev": Schema.Struct({
      stage: Schema.Literal("live"),
      version: Schema.Int,
      ruleset: Schema.Struct({ rules: Schema.Array(Schema.Struct({ key: Schema.String })) })
    }),
    "rollout show checkout --env dev": Schema.Struct({
      rollouts: Schema.Array(Schema.Struct({ rule: Schema.String, percentage: Schema.Finite }))
    }),
    "history checkout --env dev": Schema.Struct({
      live: Schema.Int,
      rulesets: Schema.Array(Schema.Struct({ version: Schema.Int, publishedAt: Schema.Finite }))
    }),
    "evaluate checkout --key u --env dev": Schema.Struct({
      value: Schema.Literal(true),
      reason: Schema.Literal("rule_match"),
      snapshot: Schema.Struct({ version: Schema.Int, source: Schema.Literal("live") })
    }),
    "evaluate --key u --env dev": Schema.Struct({ decisions: Schema.Array(Schema.Struct({ flag: Schema.String })) }),
    "explain checkout --key u --env dev": Schema.Struct({
      outcome: Schema.Struct({ flag: Schema.String }),
      rules: Schema.Array(Schema.Struct({ rule: Schema.String, matched: Schema.Boolean }))
    }),
    "status": Schema.Struct({
      store: Schema.Struct({ kind: Schema.Literal("embedded"), schema: Schema.Null }),
      environments: Schema.Array(Schema.Struct({ key: Schema.String, killed: Schema.Array(Schema.String) }))
    }),
    "verify --env dev": Schema.Struct({
      ok: Schema.Literal(true),
      checks: Schema.Array(Schema.Struct({ name: Schema.String, ok: Schema.Literal(true) }))
    }),
    "audit list --limit 2": Schema.Struct({
      events: Schema.Array(Schema.Struct({ id: Schema.Int, action: Schema.String, changes: Schema.Array(Schema.Json) }))
    }),
    "compare dev prod": Schema.Struct({
      changes: Schema.Array(Schema.Struct({ action: Schema.String })),
      equal: Schema.Array(Schema.String),
      findings: Schema.Array(Schema.Json)
    }),
    "lifecycle --env dev": Schema.Struct({
      assessments: Schema.Array(Schema.Struct({ state: Schema.String, readiness: Schema.String }))
    })
  }

  for (const [line, schema] of Object.entries(shapes)) {
    it.live(`of ${line} has its shape`, () =>
      Effect.gen(function*() {
        const cli = yield* begin()
        const answer: unknown = yield* cli.json<unknown>(schema, line)
        assert.notStrictEqual(answer, undefined)
      }))
  }
})

describe("secrets", () => {
  it.live("of a url never leave, whatever is wrong with it", () =>
    Effect.gen(function*() {
      const cli = yield* CommandLine.make()
      const lines = [
        "status postgres://ada:hunter2@db/shop",
        "status --url postgres://ada:hunter2@db/shop --directory store",
        "status --urll postgres://ada:hunter2@db/shop",
        "status --format postgres://ada:hunter2@db/shop"
      ]
      for (const line of lines) {
        const { code, errors, output } = yield* cli.run(line)
        assert.strictEqual(code, 1, line)
        assert.notInclude(output + errors, "hunter2", line)
      }
    }))

  it("are taken out of any message", () => {
    assert.strictEqual(
      withoutSecrets("cannot reach postgres://ada:hu@nt:er/2@db:5432/shop?sslmode=require now"),
      "cannot reach postgres://ada:***@db:5432/shop?sslmode=require now"
    )
    assert.strictEqual(withoutSecrets("postgres://db/shop?password=hunter2&x=1"), "postgres://db/shop?password=***&x=1")
    assert.strictEqual(withoutSecrets("https://example.com/a:b"), "https://example.com/a:b")
  })
})
