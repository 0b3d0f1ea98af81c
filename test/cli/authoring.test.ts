import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Policy from "rulestead/Policy"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import { begin } from "./support/begin.ts"
import * as CommandLine from "./support/CommandLine.ts"

describe("a flag", () => {
  it.live("is created, given a rule, published, killed and released", () =>
    Effect.gen(function*() {
      const cli = yield* CommandLine.make()
      yield* cli.run("env create dev")
      assert.deepStrictEqual(yield* cli.run("flag create checkout"), {
        code: 0,
        output: "created the flag checkout",
        errors: ""
      })
      const draft = yield* cli.run("rule set checkout launch --percentage 100 --value true --env dev")
      assert.deepStrictEqual(draft, {
        code: 0,
        output: "saved a draft of checkout in dev",
        errors: "It is a draft. To make it live: rulestead publish checkout --env dev"
      })
      assert.strictEqual((yield* cli.run("publish checkout --env dev")).output, "published checkout in dev")
      const decide = Effect.map(cli.run("evaluate checkout --key u1 --env dev"), ({ output }) => output)
      assert.strictEqual(yield* decide, "checkout: true, rule launch\nsnapshot 1 of dev (live)")
      assert.strictEqual((yield* cli.run("kill checkout --env dev")).output, "killed checkout in dev")
      assert.strictEqual(yield* decide, "checkout: false, killed\nsnapshot 2 of dev (live)")
      assert.strictEqual((yield* cli.run("release checkout --env dev")).output, "released checkout in dev")
      assert.strictEqual(yield* decide, "checkout: true, rule launch\nsnapshot 3 of dev (live)")
    }))

  it.live("has the details that were given, and keeps the others", () =>
    Effect.gen(function*() {
      const cli = yield* CommandLine.make()
      yield* cli.run("flag create banner --type string --default none --owner team:web --tag home --description Hello")
      yield* cli.run("flag change banner --tag home --tag sale --permanent")
      const flag = yield* Context.get(cli.services, Store).flag("banner")
      assert.strictEqual(flag.defaultValue, "none")
      assert.deepStrictEqual(flag.owner, { kind: "team", ref: "web" })
      assert.deepStrictEqual(flag.tags, ["home", "sale"])
      assert.deepStrictEqual(flag.lifecycle, { mode: "permanent" })
      assert.strictEqual(flag.description, "Hello")
    }))

  it.live("loses its tags and its owner when that is asked for", () =>
    Effect.gen(function*() {
      const cli = yield* CommandLine.make()
      yield* cli.run("flag create banner --owner team:web --tag home")
      yield* cli.run("flag change banner --untagged --unowned")
      const { owner, tags } = yield* Context.get(cli.services, Store).flag("banner")
      assert.deepStrictEqual({ owner, tags }, { owner: null, tags: [] })
    }))

  it.live("is found by its owner and its tags", () =>
    Effect.gen(function*() {
      const cli = yield* CommandLine.make()
      yield* cli.run("flag create banner --owner team:web --tag home --tag sale")
      yield* cli.run("flag create footer --owner team:web --tag home")
      yield* cli.run("flag create checkout --owner team:shop")
      const keys = (args: string) =>
        Effect.map(cli.run(args), ({ output }) => output.split("\n").slice(1).map((line) => line.split(" ")[0]))
      assert.deepStrictEqual(yield* keys("flag list --owner web"), ["banner", "footer"])
      assert.deepStrictEqual(yield* keys("flag list --tag home --tag sale"), ["banner"])
      assert.strictEqual((yield* cli.run("flag list --owner nobody")).output, "No such flags.")
    }))

  it.live("says what is wrong with a value in the words of its type", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const refused = yield* cli.run("rule set checkout launch --value maybe --env dev")
      assert.strictEqual(refused.code, 3)
      assert.include(refused.errors, "--value is not true or false")
      assert.include((yield* cli.run("flag create n1 --type number --default abc")).errors, "--default is not a number")
    }))

  it.live("is archived only when that was agreed to, and can be taken up again", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const asked = yield* cli.run("flag archive checkout")
      assert.strictEqual(asked.code, 3)
      assert.include(asked.errors, "It is live in dev")
      assert.include(asked.errors, "To agree: --yes.")
      assert.strictEqual((yield* cli.run("flag archive checkout --yes")).code, 0)
      const refused = yield* cli.run("kill checkout --env dev")
      assert.strictEqual(refused.code, 3)
      assert.include(refused.errors, "rulestead flag unarchive checkout")
      assert.strictEqual((yield* cli.run("flag unarchive checkout")).code, 0)
      assert.include((yield* cli.run("evaluate checkout --key u1 --env dev")).output, "checkout: true")
    }))
})

describe("rules", () => {
  it.live("are not called a draft where nothing had to be changed", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const { rules: [rule] } = (yield* Context.get(cli.services, Store).ruleset("checkout", "dev")).ruleset
      assert.deepStrictEqual(yield* cli.run(`rule move checkout ${rule?.key} 0 --env dev`), {
        code: 0,
        output: "Nothing to change: it is so already.",
        errors: ""
      })
      assert.strictEqual(
        (yield* cli.run("rule remove checkout nope --env dev")).errors,
        "error: There is no rule nope of checkout in dev\nTo see which there are: rulestead rule list checkout --env dev"
      )
    }))

  it.live("change one at a time, and only in what was said", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("rule set checkout staff --when 'actor.role in staff,support' --value true --env dev")
      yield* cli.run("rule move checkout staff 0 --env dev")
      yield* cli.run("rule set checkout launch --percentage 25 --env dev --publish")
      const { output } = yield* cli.run("rule list checkout --env dev")
      assert.deepStrictEqual(output.split("\n"), [
        "RULE    WHEN                         SHARE            SERVES  DESCRIPTION",
        "staff   actor.role in staff,support  all              true",
        "launch  always                       25 % of subject  true"
      ])
      yield* cli.run("rule remove checkout staff --env dev --publish")
      assert.notInclude((yield* cli.run("rule list checkout --env dev")).output, "staff")
    }))

  it.live("of every strategy can be written on the command line", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("audience create beta --when 'beta equals true'")
      yield* cli.run("flag create banner --type string")
      const set = (rule: string) => cli.run(`rule set banner ${rule} --env dev`)
      for (
        const rule of [
          "forced --value hello --when 'plan equals pro'",
          "segment --audience beta --value beta",
          "share --percentage 12.5 --bucket-by tenant --value hi",
          "split --variant a:50:x --variant b:50:y:z --percentage 80",
          "experiment --experiment 2027-01 --holdout 10 --variant a:50:x --variant b:50:y"
        ]
      ) {
        assert.deepStrictEqual(yield* Effect.map(set(rule), ({ code }) => [rule, code]), [rule, 0])
      }
      const state = yield* Context.get(cli.services, Store).state("banner", "dev")
      assert.deepStrictEqual(state.draft?.rules, [
        {
          key: "forced",
          strategy: "forced_value",
          conditions: [{ attribute: "plan", operator: "equals", value: "pro" }],
          value: "hello"
        },
        { key: "segment", strategy: "segment_match", conditions: [], audience: "beta", value: "beta" },
        {
          key: "share",
          strategy: "percentage_rollout",
          conditions: [],
          rollout: { percentage: 12.5, bucketBy: "tenant" },
          value: "hi"
        },
        {
          key: "split",
          strategy: "variant_split",
          conditions: [],
          rollout: { percentage: 80, bucketBy: "subject" },
          variants: [{ key: "a", weight: 50, value: "x" }, { key: "b", weight: 50, value: "y:z" }]
        },
        {
          key: "experiment",
          strategy: "experiment",
          conditions: [],
          experiment: { salt: "2027-01", bucketBy: "subject", holdout: 10 },
          variants: [{ key: "a", weight: 50, value: "x" }, { key: "b", weight: 50, value: "y" }]
        }
      ])
    }))

  it.live("are saved whole from a file, and told where they are wrong", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.write("rules.yaml", "rules:\n  - key: all\n    strategy: forced_value\n    value: true\n")
      assert.strictEqual((yield* cli.run("rule save checkout rules.yaml --env dev --publish")).code, 0)
      yield* cli.write("rules.yaml", "rules:\n  - key: all\n    strategy: forced_value\n    value: 7\n")
      const wrong = yield* cli.run("rule save checkout rules.yaml --env dev")
      assert.strictEqual(wrong.code, 3)
      assert.include(wrong.errors, "rules[0].value")
      assert.include(wrong.errors, "line 4")
      const piped = yield* cli.run("rule save checkout - --env dev", { input: "{\"rules\":[]}" })
      assert.strictEqual(piped.code, 0)
      assert.strictEqual((yield* cli.run("rule discard checkout --env dev --yes")).code, 0)
    }))

  it.live("roll out in steps, and go back", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("rollout set checkout 10 --env dev")
      assert.include((yield* cli.run("rollout advance checkout 50 --env dev")).output, "percentage: 10 -> 50")
      assert.strictEqual((yield* cli.run("rollout advance checkout 20 --env dev")).code, 3)
      assert.include((yield* cli.run("rollout show checkout --env dev")).output, "50 %")
      assert.include((yield* cli.run("history checkout --env dev")).output, "3 (live)")
      assert.strictEqual((yield* cli.run("revert checkout 2 --env dev")).code, 3)
      yield* cli.run("revert checkout 2 --env dev --yes")
      assert.include((yield* cli.run("rollout show checkout --env dev")).output, "10 %")
    }))
})

describe("audiences", () => {
  it.live("show what a change touches, and do not go while they are used", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("audience create beta --when 'beta equals true'")
      yield* cli.run("rule set checkout beta --audience beta --value true --env dev --publish")
      assert.include((yield* cli.run("audience impact beta")).output, "checkout")
      assert.strictEqual((yield* cli.run("audience archive beta --yes")).code, 3)
      assert.strictEqual((yield* cli.run("audience change beta --everyone")).code, 3)
      assert.strictEqual((yield* cli.run("audience change beta --everyone --yes")).code, 0)
      assert.include((yield* cli.run("audience list")).output, "everyone")
    }))
})

describe("a write", () => {
  it.live("is tried without a trace, and says what it would do", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const store = Context.get(cli.services, Store)
      const before = yield* store.audit({ limit: 1 })
      const tried = yield* cli.run("rollout set checkout 20 --env dev --dry-run")
      assert.deepStrictEqual(tried, {
        code: 2,
        output:
          "would set the rollout of checkout in dev\n  version: 1 -> 2\n  ruleset.rules[launch].rollout.percentage: 100 -> 20",
        errors: ""
      })
      assert.deepStrictEqual(yield* store.audit({ limit: 1 }), before)
      assert.strictEqual((yield* store.state("checkout", "dev")).rulesetVersion, 1)
      assert.deepStrictEqual(yield* cli.run("release checkout --env dev --dry-run"), {
        code: 0,
        output: "Nothing would change.",
        errors: ""
      })
    }))

  it.live("says when everything is so already", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      assert.strictEqual((yield* cli.run("release checkout --env dev")).output, "Nothing to change: it is so already.")
    }))

  it.live("is refused when what it was based on has changed", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const stale = yield* cli.run("rollout set checkout 20 --env dev --expected 1")
      assert.strictEqual(stale.code, 3)
      assert.include(stale.errors, "The flag checkout in dev is at revision 2; the write was based on 1")
      assert.include(stale.errors, "Look at it again")
    }))

  it.live("is audited under the user, or the actor that was named", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("kill checkout --env dev --reason 'on fire'")
      yield* cli.run("release checkout --env dev --actor grace")
      const [released, killed] = yield* Context.get(cli.services, Store).audit({ limit: 2 })
      assert.deepStrictEqual([killed?.actor.id, killed?.reason], ["ada", "on fire"])
      assert.strictEqual(released?.actor.id, "grace")
    }))

  it.live("is refused by a policy with an exit code of its own", () =>
    Effect.gen(function*() {
      const store = StoreMemory.layer().pipe(Layer.provide(Policy.layer(Policy.readOnly)))
      const cli = yield* CommandLine.make({ store })
      const refused = yield* cli.run("flag create checkout")
      assert.strictEqual(refused.code, 3)
      assert.include(refused.errors, "is not allowed")
    }))

  it.live("says what is missing, and where to look", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const flag = yield* cli.run("publish nothing --env dev")
      assert.strictEqual(flag.code, 1)
      assert.include(flag.errors, "There is no flag nothing\nTo see which there are: rulestead flag list")
      const environment = yield* cli.run("publish checkout --env stage")
      assert.strictEqual(environment.code, 1)
      assert.include(environment.errors, "There is no environment stage\nThere are: dev, prod.")
      assert.include((yield* cli.run("publish checkout")).errors, "Which environment?")
      assert.strictEqual((yield* cli.run("publish checkout --env dev")).code, 1)
    }))
})
