import { assert, describe, it } from "@effect/vitest"
import type * as Command from "effect/cli/Command"
import { readFileSync } from "node:fs"
import { rulestead } from "../../packages/cli/src/rulestead.ts"
import { version } from "../../packages/cli/src/version.ts"
import { split } from "./support/CommandLine.ts"

interface Entry {
  readonly path: ReadonlyArray<string>
  readonly command: Command.Command.Any
}

const walk = (command: Command.Command.Any, above: ReadonlyArray<string>): ReadonlyArray<Entry> => {
  const path = [...above, command.name]
  return [
    { path, command },
    ...command.subcommands.flatMap(({ commands }) => commands.flatMap((inner) => walk(inner, path)))
  ]
}

const entries = walk(rulestead, [])

const nameOf = ({ path }: Entry): string => path.join(" ")

describe("the commands", () => {
  it("are all there", () => {
    const names = new Set(entries.map(({ command }) => command.name))
    const promised =
      "init dev migrate status verify env flag rule rollout publish kill release history revert audience evaluate explain"
      + " simulate export import diff validate compare promote audit lifecycle code-refs watch generate completions"
    for (const name of promised.split(" ")) assert.isTrue(names.has(name), name)
  })

  for (const entry of entries) {
    it(`${nameOf(entry)} says what it does, with an example`, () => {
      assert.match(entry.command.description ?? "", /\.$/)
      assert.isNotEmpty(entry.command.examples)
      for (const { command } of entry.command.examples) {
        const words = split(command)
        const at = words.findIndex((word) => word.endsWith("rulestead"))
        const named = entries.some(({ path }) =>
          words.slice(at + 1, at + path.length).join(" ") === path.slice(1).join(" ")
        )
        assert.isTrue(at >= 0 && named, command)
      }
    })
  }
})

describe("the version", () => {
  it("is that of the package", () => {
    const file = new URL("../../packages/cli/package.json", import.meta.url)
    assert.strictEqual(JSON.parse(readFileSync(file, "utf8")).version, version)
  })
})
