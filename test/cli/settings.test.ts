import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Path from "node:path"
import type { StoreSettings } from "../../packages/cli/src/Settings.ts"
import { begin } from "./support/begin.ts"
import * as CommandLine from "./support/CommandLine.ts"

/** Runs a line and answers which store it opened. */
const opened = Effect.fnUntraced(function*(
  line: string,
  variables: Readonly<Record<string, string>>,
  file?: Readonly<Record<string, string>>
) {
  const { services } = yield* begin()
  let found: StoreSettings | undefined
  const cli = yield* CommandLine.make({
    open: (settings) =>
      Effect.sync(() => {
        found = settings
        return Layer.succeedContext(services)
      })
  })
  if (file !== undefined) yield* cli.write("rulestead.json", JSON.stringify(file))
  const ran = yield* cli.run(line, { variables: { RULESTEAD_DIRECTORY: "", ...variables } })
  const where = found === undefined
    ? "nowhere"
    : found._tag === "Server"
    ? Redacted.value(found.url)
    : Path.relative(cli.directory, found.directory)
  return { ...ran, where, schema: found?.schema }
})

const url = "postgres://localhost/one"
const other = "postgres://localhost/two"

describe("the store", () => {
  it.live("is the one of the flags, else of the variables, else of the file", () =>
    Effect.gen(function*() {
      const where = (
        line: string,
        variables: Readonly<Record<string, string>>,
        file?: Readonly<Record<string, string>>
      ) => Effect.map(opened(line, variables, file), ({ where }) => where)
      const file = { directory: ".rulestead" }
      assert.strictEqual(yield* where("env list", {}, file), ".rulestead")
      assert.strictEqual(yield* where("env list", { DATABASE_URL: url }, file), url)
      assert.strictEqual(yield* where("env list", { DATABASE_URL: url, RULESTEAD_DIRECTORY: "here" }, file), "here")
      assert.strictEqual(yield* where(`env list --url ${other}`, { DATABASE_URL: url }, file), other)
      assert.strictEqual(yield* where("env list --directory there", { DATABASE_URL: url }, file), "there")
      assert.strictEqual(yield* where(`--url ${other} env list`, {}), other)
    }))

  it.live("is not guessed", () =>
    Effect.gen(function*() {
      const none = yield* opened("env list", {})
      assert.deepStrictEqual([none.code, none.where], [1, "nowhere"])
      assert.include(none.errors, "rulestead init")
      const both = yield* opened(`env list --url ${url} --directory here`, {})
      assert.deepStrictEqual([both.code, both.where], [1, "nowhere"])
    }))

  it.live("is not needed to list the commands of a group", () =>
    Effect.gen(function*() {
      const { code, output, where } = yield* opened("flag", {})
      assert.deepStrictEqual([code, where], [0, "nowhere"])
      assert.include(output, "rulestead flag list")
    }))

  it.live("has the schema that was named", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* opened("env list", { DATABASE_URL: url }, { schema: "flags" })).schema, "flags")
      assert.strictEqual(
        (yield* opened("env list --schema mine", { DATABASE_URL: url }, { schema: "flags" })).schema,
        "mine"
      )
    }))
})

describe("rulestead.json", () => {
  it.live("names the environment that is meant", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("rulestead.json", "{ \"environment\": \"dev\" }")
      assert.strictEqual((yield* cli.run("kill checkout")).output, "killed checkout in dev")
      const other = yield* cli.run("rule list checkout", { variables: { RULESTEAD_ENVIRONMENT: "prod" } })
      assert.include(other.output, "never published in prod")
    }))

  it.live("is refused with what is wrong in it", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("rulestead.json", "{ \"enviroment\": \"dev\" }")
      const misspelt = yield* cli.run("env list")
      assert.strictEqual(misspelt.code, 3)
      assert.include(misspelt.errors, "enviroment")
      yield* cli.write("rulestead.json", "{")
      assert.include((yield* cli.run("env list")).errors, "is not JSON")
    }))
})
