import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { begin } from "./support/begin.ts"

const manifest = (percentage: number) =>
  `schemaVersion: 1
flags:
  - key: checkout
    valueType: boolean
    defaultValue: false
    ruleset:
      rules:
        - key: launch
          strategy: percentage_rollout
          rollout: { percentage: ${percentage} }
          value: true
`

describe("export and import", () => {
  it.live("bring an environment over as it is", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      assert.strictEqual(
        (yield* cli.run("export --env dev --out flags.yaml")).output,
        "wrote 1 flag and 0 audiences to flags.yaml"
      )
      assert.include((yield* cli.run("export --env dev")).output, "\"schemaVersion\": 1")
      yield* cli.run("env create other")
      const imported = yield* cli.run("import flags.yaml --env other --yes")
      assert.deepStrictEqual([imported.code, imported.output], [0, "published checkout\nother is at snapshot 1"])
      assert.deepStrictEqual(yield* cli.run("diff flags.yaml --env other"), {
        code: 0,
        output: "They mean the same.",
        errors: ""
      })
      assert.strictEqual((yield* cli.run("compare dev other")).code, 0)
      assert.strictEqual((yield* cli.run("import flags.yaml --env other")).output, "Nothing would change.")
    }))

  it.live("show what would change, and change it when that was agreed to", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("flags.yaml", manifest(40))
      const change = "~ publish the rules of checkout\n    rules[launch].rollout.percentage: 100 -> 40"
      const warning = "warning flags[0].ruleset.rules[0].rollout.percentage: the rollout drops from 100 % to 40 %\n"
        + "    keep the percentage, if those who are in shall stay in"
      const tried = yield* cli.run("import flags.yaml --env dev --dry-run")
      assert.deepStrictEqual([tried.code, tried.output], [2, `${change}\n${warning}\n1 change in dev`])
      assert.strictEqual((yield* cli.run("diff flags.yaml --env dev")).code, 2)
      const unanswered = yield* cli.run("import flags.yaml --env dev")
      assert.strictEqual(unanswered.code, 3)
      assert.include(unanswered.errors, change)
      assert.include((yield* cli.run("rollout show checkout --env dev")).output, "100 %")
      assert.strictEqual((yield* cli.run("import flags.yaml --env dev --yes")).code, 0)
      assert.include((yield* cli.run("rollout show checkout --env dev")).output, "40 %")
    }))

  it.live("take an owner away that the manifest says is nobody, and keep one that it does not name", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("flag change checkout --owner team:payments")
      yield* cli.write("flags.yaml", manifest(100))
      assert.strictEqual((yield* cli.run("diff flags.yaml --env dev")).output, "They mean the same.")
      assert.strictEqual((yield* cli.run("import flags.yaml --env dev --yes")).output, "Nothing would change.")
      yield* cli.write("flags.yaml", manifest(100).replace("    ruleset:", "    owner: null\n    ruleset:"))
      const tried = yield* cli.run("import flags.yaml --env dev --dry-run")
      assert.deepStrictEqual([tried.code, tried.output.split("\n").slice(0, 2)], [
        2,
        ["~ change the flag checkout", "    owner: {\"kind\":\"team\",\"ref\":\"payments\"} -> null"]
      ])
      assert.strictEqual((yield* cli.run("import flags.yaml --env dev --yes")).code, 0)
      assert.match((yield* cli.run("flag show checkout")).output, /^owner +-$/m)
      assert.match((yield* cli.run("export --env dev")).output, /"owner": null/)
    }))

  it.live("refuse a plan that is not the one that would be made now", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("flags.yaml", manifest(40))
      assert.strictEqual((yield* cli.run("import flags.yaml --env dev --save-plan plan.json")).code, 2)
      yield* cli.run("rollout set checkout 20 --env dev")
      const stale = yield* cli.run("import --plan plan.json --yes")
      assert.strictEqual(stale.code, 3)
      assert.include(stale.errors, "Make the plan again")
      yield* cli.run("import flags.yaml --env dev --save-plan plan.json")
      assert.strictEqual((yield* cli.run("import --plan plan.json --yes")).code, 0)
    }))

  it.live("are blocked by what never changes", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("flags.yaml", manifest(40).replace("defaultValue: false", "defaultValue: true"))
      const blocked = yield* cli.run("import flags.yaml --env dev --yes")
      assert.strictEqual(blocked.code, 3)
      assert.include(blocked.output, "error flags[0].defaultValue")
    }))

  it.live("say of a flag without rules that nobody is served it, and what is advised makes it live", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write(
        "flags.yaml",
        "schemaVersion: 1\nflags: [{ key: sale, valueType: boolean, defaultValue: true }]\n"
      )
      const validated = yield* cli.run("validate flags.yaml")
      assert.include(validated.output, "without a ruleset the flag is served only where it was published already")
      const imported = yield* cli.run("import flags.yaml --env dev --yes")
      assert.include(imported.errors, "nobody is served this flag")
      const advised = "to serve its default: echo 'rules: []' | rulestead rule save sale --env dev --publish -"
      for (const line of ["evaluate sale --env dev", "publish sale --env dev"]) {
        assert.include((yield* cli.run(line)).errors, advised, line)
      }
      assert.strictEqual((yield* cli.run("rule save sale --env dev --publish -", { input: "rules: []\n" })).code, 0)
      assert.include((yield* cli.run("evaluate sale --env dev")).output, "sale: true, default")
      assert.strictEqual((yield* cli.run("import flags.yaml --env dev --yes")).output, "Nothing would change.")
    }))
})

describe("promote", () => {
  it.live("takes a reason and the environment's key where it is protected", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      assert.strictEqual((yield* cli.run("promote --from dev --to prod --dry-run")).code, 2)
      assert.strictEqual((yield* cli.run("promote --from dev --to prod --yes")).code, 3)
      const promoted = yield* cli.run("promote --from dev --to prod --flag checkout --reason launch --confirm prod")
      assert.deepStrictEqual([promoted.code, promoted.output], [0, "published checkout\nprod is at snapshot 1"])
      assert.strictEqual((yield* cli.run("compare dev prod")).code, 0)
    }))
})

describe("validate", () => {
  it.live("lists everything that is wrong, with its line", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("flags.yaml", manifest(40))
      assert.deepStrictEqual(yield* cli.run("validate flags.yaml"), {
        code: 0,
        output: "It is a manifest.",
        errors: ""
      })
      yield* cli.write("flags.yaml", manifest(140))
      const wrong = yield* cli.run("validate flags.yaml")
      assert.strictEqual(wrong.code, 3)
      assert.include(wrong.output, "flags[0].ruleset.rules[0].rollout.percentage")
      assert.strictEqual((yield* cli.run("validate missing.yaml")).code, 1)
      assert.strictEqual((yield* cli.run("validate -", { input: "{" })).code, 3)
    }))
})

describe("simulate", () => {
  it.live("says who would be served something else", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("rule set checkout launch --percentage 0 --env dev")
      const contexts = Array.from({ length: 10 }, (_, index) => JSON.stringify({ targetingKey: `user-${index}` }))
      yield* cli.write("contexts.jsonl", contexts.join("\n"))
      const { code, output } = yield* cli.run("simulate checkout --contexts contexts.jsonl --env dev --examples 1")
      assert.strictEqual(code, 0)
      assert.include(output, "checkout: 10 of 10 contexts served something else\n  10  true -> false\n  context 1:")
      yield* cli.write("flags.yaml", manifest(0))
      const imported = yield* cli.json(
        Schema.Struct({
          contexts: Schema.Literal(10),
          flags: Schema.Array(Schema.Struct({ changed: Schema.Literal(10) }))
        }),
        "simulate --manifest flags.yaml --contexts contexts.jsonl --env dev"
      )
      assert.strictEqual(imported.flags.length, 1)
      const wrong = yield* cli.run("simulate --contexts - --env dev", { input: "{}\nnot json\n" })
      assert.strictEqual(wrong.code, 3)
      assert.include(wrong.errors, "-, line 2,")
    }))
})

describe("without a store", () => {
  it.live("a manifest decides and explains", () =>
    Effect.gen(function*() {
      const cli = yield* begin({ open: () => Effect.die("no store is opened") })
      yield* cli.write("flags.yaml", manifest(100))
      yield* cli.write("context.json", "{ \"targetingKey\": \"u1\", \"attributes\": { \"plan\": \"pro\" } }")
      const decided = yield* cli.run("evaluate checkout --context context.json --manifest flags.yaml")
      assert.strictEqual(decided.output, "checkout: true, rule launch\nsnapshot 1 of manifest (live)")
      const explained = yield* cli.run("explain checkout --key u1 --manifest -", { input: manifest(0) })
      assert.include(explained.output, "skipped, rollout_excluded")
      const lost = yield* cli.run("evaluate checkout --manifest flags.yaml")
      assert.deepStrictEqual([lost.code, lost.errors], [
        1,
        "error: The rule launch of checkout needs an identity: subject\nName one: --key USER"
      ])
    }))

  it.live("definitions are written, and are found to be out of date", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("flags.yaml", manifest(100))
      assert.strictEqual((yield* cli.run("generate --manifest flags.yaml --out flags.ts --dry-run")).code, 2)
      assert.strictEqual((yield* cli.run("generate --manifest flags.yaml --out flags.ts")).code, 0)
      assert.include(yield* cli.read("flags.ts"), "\"checkout\": Flag.boolean(\"checkout\"")
      assert.strictEqual((yield* cli.run("generate --manifest flags.yaml --out flags.ts --dry-run")).code, 0)
      assert.include((yield* cli.run("generate")).output, "\"checkout\": Flag.boolean(\"checkout\"")
      yield* cli.run("flag create banner --type string")
      assert.strictEqual((yield* cli.run("generate --out flags.ts --dry-run")).code, 2)
    }))
})

describe("an export of Elixir Rulestead", () => {
  const elixir = JSON.stringify({
    schema_version: 1,
    kind: "rulestead_environment_manifest",
    environment_key: "prod",
    flags: [{
      flag_key: "checkout",
      flag: {
        flag_type: "release",
        value_type: "boolean",
        default_value: { value: false },
        owner: "web",
        permanent: false,
        tags: []
      },
      environment: { status: "active", active_ruleset_version: 1 },
      active_ruleset: { version: 1, salt: "abc", metadata: {}, rules: [] }
    }]
  })

  it.live("is turned into a manifest", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("export.json", elixir)
      const refused = yield* cli.run("import export.json --env dev")
      assert.strictEqual(refused.code, 3)
      assert.include(refused.errors, "rulestead convert export.json flags.yaml")
      const converted = yield* cli.run("convert export.json flags.yaml")
      assert.include(converted.output, "wrote 1 flag of prod to flags.yaml")
      assert.strictEqual((yield* cli.run("validate flags.yaml")).code, 0)
    }))
})
