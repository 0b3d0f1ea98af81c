import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const program = join(import.meta.dirname, "../../scratchpad/opentelemetry.ts")

describe("scratchpad/opentelemetry.ts", () => {
  it("shows the decisions, metrics and health of both applications at the collector", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", program], {
      env: { ...process.env, FORCE_COLOR: "0" }
    })
    const [effect = "", plain = ""] = stdout.split("Of the plain application arrived:")
    for (const text of [effect, plain]) {
      assert.match(text, /'feature_flag\.evaluation' +│ 'banner' +│ 'split' +│ '[ab]'/)
    }
    assert.match(effect, /'rulestead\.snapshot_published'/)
    assert.match(effect, /'rulestead\.snapshot_applied'/)
    assert.match(effect, /'rulestead\.node\.live' +│ '1' +│ 1 /)
    assert.match(effect, /'rulestead_refreshes_total'/)
    assert.match(effect, /^rulestead_node_ready\{feature_flag_set_id="prod"\} 1$/m)
    assert.match(plain, /'no-such-flag' +│ 'error' .* 'flag_not_found'/)
  }, 60_000)
})
