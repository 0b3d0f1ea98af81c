import type * as Manifest from "rulestead/Manifest"

export const catalogue: Manifest.Input = {
  schemaVersion: 1,
  flags: [
    {
      key: "checkout",
      valueType: "boolean",
      defaultValue: false,
      ruleset: { rules: [{ key: "all", strategy: "forced_value", value: true }] }
    },
    {
      key: "banner",
      valueType: "string",
      defaultValue: "secret-default",
      ruleset: {
        rules: [{
          key: "halves",
          strategy: "variant_split",
          rollout: { percentage: 100 },
          variants: [{ key: "a", weight: 50, value: "secret-a" }, { key: "b", weight: 50, value: "secret-b" }]
        }]
      }
    },
    { key: "limits", valueType: "json", defaultValue: { size: "secret-size" }, ruleset: { rules: [] } }
  ]
}
