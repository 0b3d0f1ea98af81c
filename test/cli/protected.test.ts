import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { Store } from "rulestead/Store"
import { begin } from "./support/begin.ts"

describe("a protected environment", () => {
  it.live("takes a reason, and the key of what is changed", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const silent = yield* cli.run("kill checkout --env prod")
      assert.strictEqual(silent.code, 3)
      assert.include(silent.errors, "prod is protected: a change needs a reason")
      const unconfirmed = yield* cli.run("kill checkout --env prod --reason fire --yes")
      assert.strictEqual(unconfirmed.code, 3)
      assert.include(unconfirmed.errors, "--confirm checkout")
      const mistaken = yield* cli.run("kill checkout --env prod --reason fire --confirm banner")
      assert.strictEqual(mistaken.code, 3)
      assert.strictEqual((yield* cli.run("kill checkout --env prod --reason fire --confirm checkout")).code, 0)
      const [event] = yield* Context.get(cli.services, Store).audit({ limit: 1 })
      assert.strictEqual(event?.reason, "fire")
    }))

  it.live("asks on a terminal for what was not given", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const killed = yield* cli.run("kill checkout --env prod", { terminal: { typed: "fire\ncheckout\n" } })
      assert.strictEqual(killed.code, 0)
      const mistaken = yield* cli.run("release checkout --env prod", { terminal: { typed: "over\nbanner\n" } })
      assert.strictEqual(mistaken.code, 3)
      const { killSwitch } = yield* Context.get(cli.services, Store).state("checkout", "prod")
      assert.notStrictEqual(killSwitch, null)
    }))

  it.live("asks nobody where programs read the answer", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const refused = yield* cli.run("kill checkout --env prod --format json", {
        terminal: { typed: "fire\ncheckout\n" }
      })
      assert.strictEqual(refused.code, 3)
      assert.strictEqual(refused.output, "")
    }))

  it.live("can be tried without answers", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const tried = yield* cli.run("kill checkout --env prod --dry-run")
      assert.strictEqual(tried.code, 2)
      assert.include(tried.output, "would kill checkout in prod")
    }))

  it.live("takes the fingerprint of what a new definition of an audience touches", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("audience create beta --when 'plan equals beta'")
      yield* cli.run(
        "rule set checkout b --audience beta --value true --env prod --publish --reason r --confirm checkout"
      )
      const change = "audience change beta --everyone --reason r --confirm beta"
      const unseen = yield* cli.run(change)
      assert.strictEqual(unseen.code, 3)
      assert.include(unseen.errors, "rulestead audience impact beta")
      assert.strictEqual((yield* cli.run(`${change} --dry-run`)).code, 2)
      const { fingerprint } = yield* Context.get(cli.services, Store).audienceImpact("beta")
      assert.strictEqual((yield* cli.run(`${change} --impact ${fingerprint}`)).code, 0)
    }))

  it.live("guards what is felt there, also where it is not named", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      yield* cli.run("rule set checkout all --value true --env prod --publish --reason launch --confirm checkout")
      assert.include((yield* cli.run("flag archive checkout --yes")).errors, "prod is protected")
      assert.include((yield* cli.run("env change prod --no-protected")).errors, "prod is protected")
      assert.strictEqual((yield* cli.run("env change prod --no-protected --reason done --confirm prod")).code, 0)
      assert.strictEqual((yield* cli.run("kill checkout --env prod")).code, 0)
    }))
})

describe("an environment that is not protected", () => {
  it.live("asks on a terminal before what is hard to take back", () =>
    Effect.gen(function*() {
      const cli = yield* begin()
      const no = yield* cli.run("flag archive checkout", { terminal: { typed: "n" } })
      assert.strictEqual(no.code, 3)
      assert.include(no.errors, "Nothing was changed")
      assert.strictEqual((yield* cli.run("flag archive checkout", { terminal: { typed: "y" } })).code, 0)
    }))
})
