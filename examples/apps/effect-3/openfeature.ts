// An application on Effect 3 that asks through OpenFeature.
import { OpenFeature } from "@openfeature/server-sdk"
import { createRulestead } from "@rulestead/node"
import { RulesteadProvider } from "@rulestead/openfeature"
import { Effect } from "effect"

const open = () =>
  createRulestead({
    environment: "prod",
    manifest: {
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
  })

const client = Effect.acquireRelease(
  Effect.tryPromise(async () => {
    await OpenFeature.setProviderAndWait(new RulesteadProvider(open))
    return OpenFeature.getClient()
  }),
  () => Effect.promise(() => OpenFeature.close())
)

const program = Effect.gen(function*() {
  const flags = yield* client
  for (const plan of ["staff", "free"]) {
    const isOn = yield* Effect.tryPromise(() => flags.getBooleanValue("new-checkout", false, { plan }))
    console.log(`${plan}: ${isOn ? "new" : "old"} checkout`)
  }
})

await Effect.runPromise(Effect.scoped(program))
