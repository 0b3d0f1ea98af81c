import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")

const references = Array.from(
  readFileSync(join(root, "docs/differences.md"), "utf8").matchAll(/^ {2}- `(.+)` › (.+)$/gm),
  ([, file = "", title = ""]) => ({ file, title })
)

describe("docs/differences.md", () => {
  it("names tests, and each of them exists", () => {
    assert.isNotEmpty(references)
    const missing = references.filter(({ file, title }) =>
      !existsSync(join(root, file)) || !readFileSync(join(root, file), "utf8").includes(title)
    )
    assert.deepStrictEqual(missing, [])
  })

  it("has a test for every difference", () => {
    const [differences = "", kept = ""] = readFileSync(join(root, "docs/differences.md"), "utf8")
      .split(/^(?=### Kept as it is$)/m)
    const listed = differences + kept.slice(kept.indexOf("\n## "))
    const untested = listed.split(/^(?=- )/m).slice(1).filter((difference) => !/^ {2}- `/m.test(difference))
    assert.deepStrictEqual(untested, [])
  })
})
