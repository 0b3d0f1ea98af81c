import { assert, describe, it } from "@effect/vitest"
import { fromService, RulesteadProvider } from "@rulestead/openfeature"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import * as StoreMemory from "rulestead/StoreMemory"
import { eventsOf } from "./support/events.ts"

const flags = (on: boolean): Manifest.Input => ({
  schemaVersion: 1,
  flags: [{
    key: "checkout",
    valueType: "boolean",
    defaultValue: false,
    ruleset: { rules: [{ key: "all", strategy: "forced_value", value: on }] }
  }]
})

const away = { is: false }

const feed = Layer.effect(
  SnapshotFeed,
  Effect.map(SnapshotFeed, (feed) => ({
    ...feed,
    changesSince: (...of) => away.is ? Effect.never : feed.changesSince(...of)
  }))
)

const node = Rulestead.layer({ environment: "prod" }).pipe(
  Layer.provide(feed),
  Layer.provideMerge(
    Layer.tap(
      StoreMemory.layer(),
      (store) => Effect.provide(Manifest.apply(flags(false), { environment: "prod" }), store)
    )
  )
)

/** Lets everything that is due happen, until `condition` holds. */
const happens = (condition: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.andThen(Effect.yieldNow, happens(condition)))

describe("in an Effect application", () => {
  it.effect("the provider decides, follows what is published, and says when the store is away", () =>
    Effect.gen(function*() {
      const provider = new RulesteadProvider(fromService(yield* Rulestead))
      const events = eventsOf(provider)
      const resolve = Effect.promise(() => provider.resolveBooleanEvaluation("checkout", true, {}))
      yield* Effect.promise(() => provider.initialize())
      assert.deepInclude(yield* resolve, { value: false, reason: "STATIC" })

      yield* Manifest.apply(flags(true), { environment: "prod" })
      yield* happens(() => events.includes("CONFIGURATION_CHANGED checkout"))
      assert.deepInclude(yield* resolve, { value: true, reason: "STATIC" })

      away.is = true
      yield* TestClock.adjust("2 minutes")
      yield* happens(() => events.includes("STALE"))
      assert.deepInclude(yield* resolve, { value: true, reason: "STALE" })

      away.is = false
      yield* TestClock.adjust("2 minutes")
      yield* happens(() => events.at(-1) === "READY")
      assert.deepStrictEqual(events, ["READY", "CONFIGURATION_CHANGED checkout", "STALE", "READY"])
      yield* Effect.promise(() => provider.onClose())
    }).pipe(Effect.provide(node)))
})
