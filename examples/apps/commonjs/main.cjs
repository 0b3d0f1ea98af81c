// CommonJS: the packages are ECMAScript modules, which require loads.
const { createRulestead } = require("@rulestead/node")

const manifest = {
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
}

const main = async () => {
  const rulestead = await createRulestead({ environment: "prod", manifest })
  for (const plan of ["staff", "free"]) {
    const isOn = rulestead.enabled("new-checkout", { targetingKey: "user-1", attributes: { plan } })
    console.log(`${plan}: ${isOn ? "new" : "old"} checkout`)
  }
  await rulestead.close()
}

void main()
