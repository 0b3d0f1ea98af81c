// What comes with an import, and what only with its use: a function in the cloud pays for it at every cold start.
import { execFileSync } from "node:child_process"
import { assert, describe, it } from "vitest"

const program = `
  import { registerHooks } from "node:module"
  const urls = []
  registerHooks({
    load: (url, context, next) => {
      urls.push(url)
      return next(url, context)
    }
  })
  await import(process.argv[1])
  console.log(JSON.stringify(urls))
`

/** The modules that a process loads to import this one. */
const loadedBy = (module: string): ReadonlyArray<string> =>
  JSON.parse(
    execFileSync(process.execPath, ["--conditions=source", "--input-type=module", "--eval", program, module], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      timeout: 20_000
    })
  )

const having = (modules: ReadonlyArray<string>, ...parts: ReadonlyArray<string>): ReadonlyArray<string> =>
  modules.filter((module) => parts.some((part) => module.includes(part)))

describe("importing", () => {
  it("the evaluator loads no schemas", () => {
    const modules = loadedBy("rulestead/Evaluator")
    assert.lengthOf(having(modules, "/rulestead/src/Evaluator.ts"), 1)
    assert.deepStrictEqual(having(modules, "/effect/dist/Schema", "/effect/dist/Effect.js"), [])
  })

  it("the client loads no store, and no file system", () => {
    const modules = loadedBy("@rulestead/node")
    assert.lengthOf(having(modules, "/node/src/createRulestead.ts"), 1)
    assert.deepStrictEqual(
      having(modules, "/postgres/", "/sql", "/platform-node", "/rulestead/src/Store.ts", "/rulestead/src/Manifest.ts"),
      []
    )
  })
})
