// An application on Effect 3: the client brings the Effect that it needs, and shares nothing with the application's.
import { createRulestead } from "@rulestead/node"
import { Effect } from "effect"

const rulestead = Effect.acquireRelease(
  Effect.tryPromise(() =>
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
  ),
  (client) => Effect.promise(() => client.close())
)

const program = Effect.gen(function*() {
  const client = yield* rulestead
  for (const plan of ["staff", "free"]) {
    const isOn = client.enabled("new-checkout", { targetingKey: "user-1", attributes: { plan } })
    console.log(`${plan}: ${isOn ? "new" : "old"} checkout`)
  }
})

await Effect.runPromise(Effect.scoped(program))
