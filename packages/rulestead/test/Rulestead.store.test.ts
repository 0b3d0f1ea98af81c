import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import { Rulestead } from "rulestead/Rulestead"
import { SnapshotCache } from "rulestead/SnapshotCache"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import { happens } from "./support/Nodes.ts"

const prepare = Effect.gen(function*() {
  const store = yield* Store
  yield* store.createEnvironment({ key: "prod", name: "Production" })
  yield* store.createFlag({ key: "checkout", valueType: "boolean", defaultValue: false })
  yield* publish(0)
})

const publish = Effect.fnUntraced(function*(expected: number) {
  const store = yield* Store
  const publisher = yield* Publisher
  const rules = [{ key: "all", strategy: "forced_value", value: true }] as const
  const draft = yield* store.saveDraft("checkout", "prod", { rules }, { expected })
  return yield* publisher.publish("checkout", "prod", { expected: draft.revision })
})

const node = Layer.provide(Rulestead.layer({ environment: "prod" }), Layer.effectDiscard(prepare)).pipe(
  Layer.provideMerge(StoreMemory.layer())
)

describe("a node on a store", () => {
  it.effect("follows what is published, killed, released and archived, without waiting for a poll", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const rulestead = yield* Rulestead
      const isOn = () => rulestead.enabledUnsafe("checkout", {})
      assert.isTrue(isOn())

      const { revision: published } = yield* store.state("checkout", "prod")
      const killed = yield* publisher.engageKillSwitch("checkout", "prod", { expected: published, reason: "trouble" })
      yield* happens(() => !isOn())
      assert.strictEqual((yield* rulestead.evaluate("checkout", {})).reason, "killed")

      yield* publisher.releaseKillSwitch("checkout", "prod", { expected: killed.state.revision, reason: "over" })
      yield* happens(isOn)
      assert.isAbove((yield* rulestead.health).version, killed.head?.version ?? 0)

      const { revision } = yield* store.flag("checkout")
      yield* store.archiveFlag("checkout", { expected: revision })
      yield* happens(() => rulestead.decisionsUnsafe({}).size === 0)
      assert.strictEqual((yield* Effect.flip(rulestead.evaluate("checkout", {})))._tag, "FlagNotFound")
      assert.isFalse((yield* SnapshotCache).provenance().stale)
    }).pipe(Effect.provide(node)))
})
