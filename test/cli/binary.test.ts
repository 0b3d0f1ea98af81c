import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as LockHolder from "../support/LockHolder.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import * as Binary from "./support/Binary.ts"

class Built extends Context.Service<Built, Binary.Binary>()("rulestead/test/Built") {
  static readonly layer = Layer.effect(Built, Binary.make)
}

const manifest = `schemaVersion: 1
flags: [{ key: checkout, valueType: boolean, defaultValue: true }]
`

layer(Built.layer, { excludeTestServices: true, timeout: "1 minute" })("the command as it is shipped", (it) => {
  it.effect("says its version and its commands", () =>
    Effect.gen(function*() {
      const { shell } = yield* Built
      const directory = yield* TemporaryDirectory.make
      const version = yield* shell("rulestead --version", directory)
      assert.match(version.output, /^rulestead v\d+\.\d+\.\d+\n$/)
      const help = yield* shell("rulestead --help", directory)
      assert.strictEqual(help.code, 0)
      for (const command of ["init", "dev", "promote", "code-refs"]) assert.include(help.output, `  ${command} `)
    }))

  it.effect("keeps flags in a directory, and ends with the code that it promises", () =>
    Effect.gen(function*() {
      const { shell } = yield* Built
      const directory = yield* TemporaryDirectory.make
      assert.strictEqual((yield* shell("rulestead init", directory)).code, 0)
      assert.strictEqual((yield* shell("rulestead init", directory)).code, 3)
      assert.strictEqual((yield* shell("rulestead flag create checkout", directory)).code, 0)
      assert.strictEqual((yield* shell("rulestead flag create banner --dry-run", directory)).code, 2)
      const flags = yield* shell("rulestead flag list --format json | cat", directory)
      assert.match(flags.output, /"key": "checkout"/)
      assert.notMatch(flags.output, /banner/)
      const unknown = yield* shell("rulestead flag show nothing", directory)
      assert.strictEqual(unknown.code, 1)
      assert.notMatch(unknown.errors, /\n {4}at /)
    }), 120_000)

  it.effect("says who has the directory, and how to go on", () =>
    Effect.gen(function*() {
      const { shell } = yield* Built
      const directory = yield* TemporaryDirectory.make
      const holder = yield* LockHolder.start(Path.join(directory, "store"))
      yield* holder.take
      const locked = yield* shell("rulestead flag list --directory store", directory)
      assert.strictEqual(locked.code, 3)
      assert.include(locked.errors, `is in use by process ${holder.pid}`)
      assert.include(locked.errors, "applies the manifest that it follows")
      assert.include(locked.errors, "DATABASE_URL")
    }))

  it.effect("ends on Ctrl-C and lets go of the directory", () =>
    Effect.gen(function*() {
      const { shell, start } = yield* Built
      const directory = yield* TemporaryDirectory.make
      yield* Effect.promise(() => Fs.writeFile(Path.join(directory, "flags.yaml"), manifest))
      yield* shell("rulestead init", directory)
      const { ended, process } = yield* start(directory, "dev", "flags.yaml")
      yield* Effect.callback<void>((resume) => {
        process.stdout?.once("data", () => resume(Effect.void))
      })
      process.kill("SIGINT")
      const { code, errors } = yield* ended
      assert.deepStrictEqual([code, errors], [130, ""])
      assert.strictEqual((yield* shell("rulestead env list", directory)).code, 0)
    }), 120_000)

  it.effect("stops when nobody reads on", () =>
    Effect.gen(function*() {
      const { shell } = yield* Built
      const directory = yield* TemporaryDirectory.make
      assert.deepStrictEqual(yield* shell("rulestead --help | head -1", directory), {
        code: 0,
        output: "DESCRIPTION\n",
        errors: ""
      })
    }))

  for (const shell of ["bash", "zsh", "fish"]) {
    it.effect(`completes in ${shell}`, () =>
      Effect.gen(function*() {
        const built = yield* Built
        const directory = yield* TemporaryDirectory.make
        const script = yield* built.shell(`rulestead completions ${shell}`, directory)
        assert.strictEqual(script.code, 0)
        for (const word of ["rollout", "kill-switches", "format"]) assert.include(script.output, word)
        const checked = spawnSync(shell, ["-n"], { input: script.output, encoding: "utf8" })
        // Not every machine has every shell.
        if (checked.error === undefined) assert.deepStrictEqual([checked.status, checked.stderr], [0, ""])
      }))
  }
})
