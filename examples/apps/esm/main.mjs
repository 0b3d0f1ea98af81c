// A plain ECMAScript module, with the flags in a directory.
import { createRulestead } from "@rulestead/node"
import { rm } from "node:fs/promises"

const directory = "esm-flags"
const rulestead = await createRulestead({ environment: "prod", directory })
await rulestead.apply({
  schemaVersion: 1,
  flags: [{
    key: "new-checkout",
    valueType: "boolean",
    defaultValue: false,
    ruleset: {
      rules: [{
        key: "staff",
        strategy: "forced_value",
        conditions: [{ attribute: "plan", operator: "equals", value: "staff" }],
        value: true
      }]
    }
  }]
})
await rulestead.refresh()
for (const plan of ["staff", "free"]) {
  const isOn = rulestead.enabled("new-checkout", { targetingKey: "user-1", attributes: { plan } })
  console.log(`${plan}: ${isOn ? "new" : "old"} checkout`)
}
await rulestead.close()
await rm(directory, { recursive: true })
