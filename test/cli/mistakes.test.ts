import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Store } from "rulestead/Store"
import { begin } from "./support/begin.ts"
import type * as CommandLine from "./support/CommandLine.ts"

const manifest = `schemaVersion: 1
flags: [{ key: checkout, valueType: boolean, defaultValue: false, ruleset: { rules: [] }, killSwitch: { value: false } }]
`

const withManifest = Effect.gen(function*() {
  const cli = yield* begin()
  yield* cli.run("env create staging")
  yield* cli.write("flags.yaml", manifest)
  return cli
})

const environmentsOf = ({ services }: CommandLine.CommandLine) =>
  Effect.map(Context.get(services, Store).environments, (environments) => environments.map(({ key }) => key))

const unknown = "error: There is no environment prdo\nDid you mean prod? There are: prod, dev, staging."

describe("an environment that was mistyped", () => {
  it.live("is not created by an import, whatever is agreed to, and those that there are are named", () =>
    Effect.gen(function*() {
      const cli = yield* withManifest
      for (const options of ["--yes", "", "--dry-run", "--save-plan plan.json", "--yes --format json"]) {
        const { code, errors } = yield* cli.run(`import flags.yaml --env prdo ${options}`, {
          terminal: { typed: options === "--yes" ? "y" : "" },
          variables: { TERM: options === "" ? "dumb" : "xterm" }
        })
        assert.strictEqual(code, 1, options)
        assert.include(errors, "There is no environment prdo", options)
        assert.include(errors, "There are: prod, dev, staging. To create prdo: --create", options)
      }
      assert.deepStrictEqual(yield* environmentsOf(cli), ["dev", "prod", "staging"])
    }))

  it.live("is created where that was said", () =>
    Effect.gen(function*() {
      const cli = yield* withManifest
      const tried = yield* cli.run("import flags.yaml --env preview --create --dry-run")
      assert.deepStrictEqual([tried.code, tried.output.split("\n")[0]], [2, "+ create the environment preview"])
      assert.strictEqual((yield* cli.run("import flags.yaml --env preview --create --yes")).code, 0)
      assert.include(yield* environmentsOf(cli), "preview")
      assert.strictEqual((yield* cli.run("import flags.yaml --env preview --create")).output, "Nothing would change.")
    }))

  it.live("is asked about on a terminal, before anything else", () =>
    Effect.gen(function*() {
      const cli = yield* withManifest
      const declined = yield* cli.run("import flags.yaml --env prdo", { terminal: { typed: "n" } })
      assert.strictEqual(declined.code, 3)
      assert.include(declined.output, "There is no environment prdo. Did you mean prod?")
      assert.include(declined.output, "Create prdo?")
      assert.include(declined.errors, "Nothing was changed")
      assert.notInclude(yield* environmentsOf(cli), "prdo")
      const agreed = yield* cli.run("import flags.yaml --env prdo", { terminal: { typed: "yy" } })
      assert.strictEqual(agreed.code, 0)
      assert.include(yield* environmentsOf(cli), "prdo")
    }))

  it.live("is not created by a plan from a file either", () =>
    Effect.gen(function*() {
      const cli = yield* withManifest
      assert.strictEqual((yield* cli.run("import flags.yaml --env prdo --create --save-plan plan.json")).code, 2)
      for (const command of ["import", "promote"]) {
        const refused = yield* cli.run(`${command} --plan plan.json --yes`)
        assert.strictEqual(refused.code, 1)
        assert.include(refused.errors, unknown)
      }
      assert.strictEqual((yield* cli.run("import --plan plan.json --create --yes")).code, 0)
    }))

  it.live("is not created by the command for developing", () =>
    Effect.gen(function*() {
      const cli = yield* withManifest
      const { code, errors } = yield* cli.run("dev flags.yaml --env prdo")
      assert.strictEqual(code, 1)
      assert.include(errors, `${unknown} To create prdo: --create`)
      assert.deepStrictEqual(yield* environmentsOf(cli), ["dev", "prod", "staging"])
    }))

  const lines = [
    "promote --from dev --to prdo --yes",
    "promote --from prdo --to dev --yes",
    "compare prdo dev",
    "diff flags.yaml --env prdo",
    "export --env prdo",
    "export --env prdo --snapshot",
    "flag list --env prdo",
    "audit list --env prdo",
    "kill checkout --env prdo",
    "sign --env prdo",
    "evaluate checkout --env prdo",
    "verify --env prdo",
    "env show prdo"
  ]

  for (const line of lines) {
    it.live(`is told from those that there are: ${line}`, () =>
      Effect.gen(function*() {
        const cli = yield* withManifest
        const { code, errors } = yield* cli.run(line)
        assert.deepStrictEqual([code, errors], [1, unknown])
      }))
  }
})

describe("a key that was mistyped", () => {
  it.live("is answered with the one that may have been meant", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("audience create staff --everyone")
      const mistakes = {
        "flag show chekcout": "error: There is no flag chekcout\nDid you mean checkout? To see which there are",
        "kill chckout --env dev": "error: There is no flag chckout\nDid you mean checkout?",
        "evaluate checkouts --env dev": "There is no flag checkouts in dev that is live\nDid you mean checkout?",
        "simulate checkot --env dev --contexts -": "error: There is no flag checkot\nDid you mean checkout?",
        "audience show stuff": "error: There is no audience stuff\nDid you mean staff?",
        "rule set checkout s --audience saff --value true --env dev":
          "error: There is no audience saff\nDid you mean staff?",
        "flag show banner": "error: There is no flag banner\nTo see which there are: rulestead flag list"
      }
      for (const [line, expected] of Object.entries(mistakes)) {
        const { code, errors } = yield* cli.run(line)
        assert.strictEqual(code, 1, line)
        assert.include(errors, expected, line)
      }
    }))

  it.live("is told as it is where nothing is known of what there is", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("flags.yaml", manifest)
      const { code, errors } = yield* cli.run("evaluate chekout --manifest flags.yaml")
      assert.strictEqual(code, 1)
      assert.notInclude(errors, "Did you mean")
    }))
})

describe("a command line that is wrong", () => {
  const Failed = Schema.Struct({
    error: Schema.Struct({ code: Schema.String, message: Schema.String, next: Schema.String, exit: Schema.Finite })
  })

  it.live("is one document on standard error, too, where programs read it", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      for (const line of ["flag lst", "flag list --limi 3", "kill", "flag list --limit many", "kill checkout banner"]) {
        const { error } = yield* cli.json(Failed, line)
        assert.deepStrictEqual([error.code, error.exit], ["usage", 1], line)
        assert.match(error.next, /rulestead .*--help$/, line)
        assert.strictEqual((yield* cli.run(`${line} --format json`)).output, "", line)
      }
    }))

  it.live("says how JSON is asked for", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const { code, errors } = yield* cli.run("flag list --json")
      assert.strictEqual(code, 1)
      assert.include(errors, "JSON is --format json.")
    }))
})

describe("leaving a question unanswered", () => {
  it.live("changes nothing, and says so", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const errors: Array<string> = []
      const left = yield* Effect.exit(
        cli.run("kill checkout --env prod", {
          terminal: { typed: "fi\u0003" },
          onError: (line) => void errors.push(line)
        })
      )
      assert.isTrue(Exit.hasInterrupts(left))
      assert.deepStrictEqual(errors, ["\nNothing was changed."])
      const { killSwitch } = yield* Context.get(cli.services, Store).state("checkout", "prod")
      assert.isNull(killSwitch)
    }))
})
