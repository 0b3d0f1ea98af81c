// An Effect application: flags of a manifest, decided through the service.
import { Console, Effect, Layer } from "effect"
import { Manifest, Rulestead, StoreMemory } from "rulestead"

const flags = Layer.effectDiscard(Manifest.apply({
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
}, { environment: "prod" }))

const program = Effect.gen(function*() {
  for (const plan of ["staff", "free"]) {
    const isOn = yield* Rulestead.enabled("new-checkout", { targetingKey: "user-1", attributes: { plan } })
    yield* Console.log(`${plan}: ${isOn ? "new" : "old"} checkout`)
  }
})

const live = Rulestead.layer({ environment: "prod" }).pipe(
  Layer.provide(flags),
  Layer.provide(StoreMemory.layer())
)

await Effect.runPromise(Effect.provide(program, live))
