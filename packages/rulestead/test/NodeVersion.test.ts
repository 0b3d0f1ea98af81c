import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as NodeVersion from "rulestead/NodeVersion"

describe("the version of Node.js", () => {
  it.each(["22.19.0", "22.20.0", "24.0.0", "26.1.3", "25.0.0-nightly"])("%s will do", (version) => {
    assert.isUndefined(NodeVersion.refuse(version))
  })

  it.each(["20.20.2", "22.18.9", "18.0.0"])("%s is refused, and it is said what is needed", (version) => {
    assert.strictEqual(
      NodeVersion.refuse(version)?.message,
      `Rulestead needs Node.js 22.19.0 or newer; this is ${version}`
    )
  })

  it("is the one that the packages ask for", () => {
    const { engines } = JSON.parse(Fs.readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    assert.strictEqual(`${engines.node.replace(">=", "")}.0`, NodeVersion.oldest)
  })
})
