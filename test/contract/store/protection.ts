import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import { type Command, invalid } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

/** Protected environments, in which every write has a reason. */
export const protection = (it: Scene.It) => {
  it.effect("every write in a protected environment takes a reason, and without one changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const audience = yield* Scene.audience("pro")
      const { environment, flag, state } = yield* Scene.live(Scene.share(10))
      const drafted = yield* Scene.draft(flag, environment, Scene.segments(audience))
      yield* store.changeEnvironment(environment, { protected: true }, { expected: 1 })
      const expected = drafted.revision
      const look = Effect.all({
        environment: store.environment(environment),
        flag: store.flag(flag),
        state: store.state(flag, environment),
        audit: store.audit({ key: flag }),
        events: store.audit({ environment })
      })
      const before = yield* look
      const rule = { key: "a", strategy: "forced_value", value: true } as const
      const share = { rule: "some", percentage: 20 }
      for (const reason of [undefined, "", "  \n"]) {
        const options = { expected, reason }
        const commands: ReadonlyArray<Command> = [
          store.saveDraft(flag, environment, Scene.forced(true), options),
          store.putRule(flag, environment, "a", rule, options),
          store.removeRule(flag, environment, audience, options),
          store.moveRule(flag, environment, audience, 0, options),
          store.discardDraft(flag, environment, options),
          publisher.publish(flag, environment, options),
          publisher.revert(flag, environment, 1, options),
          publisher.setRollout(flag, environment, share, options),
          publisher.advanceRollout(flag, environment, share, options),
          publisher.engageKillSwitch(flag, environment, options),
          publisher.releaseKillSwitch(flag, environment, options),
          store.archiveFlag(flag, { expected: 1, reason }),
          store.changeEnvironment(environment, { protected: false }, { expected: 2, reason })
        ]
        for (const command of commands) yield* invalid(command, "reason (reason_required)")
      }
      assert.deepStrictEqual(yield* look, before)
      const reason = "because"
      const { state: killed } = yield* publisher.engageKillSwitch(flag, environment, { expected, reason })
      yield* publisher.publish(flag, environment, { expected: killed.revision, reason })
      const archived = yield* store.archiveFlag(flag, { expected: 1, reason })
      yield* invalid(store.unarchiveFlag(flag, { expected: archived.revision }), "reason (reason_required)")
      yield* store.unarchiveFlag(flag, { expected: archived.revision, reason })
      yield* store.changeEnvironment(environment, { protected: false }, { expected: 2, reason })
      yield* Scene.draft(flag, environment, Scene.forced(true))
      assert.isAbove(expected, state.revision)
    }))

  it.effect("what changes nothing that a protected environment serves needs no reason", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const environment = yield* Scene.guarded
      const [flag, audience, drafted] = [yield* Scene.flag, yield* Scene.audience("pro"), yield* Scene.flag]
      yield* store.saveDraft(drafted, environment, Scene.segments(audience), { expected: 0, reason: "set up" })
      yield* store.changeFlag(drafted, { tags: ["a"], owner: { kind: "team", ref: "growth" } }, { expected: 1 })
      yield* store.changeAudience(audience, { definition: Scene.onPlan("team") }, { expected: 1 })
      yield* store.archiveFlag(drafted, { expected: 2 })
      const elsewhere = yield* Scene.environment
      yield* Scene.publish(flag, elsewhere, Scene.forced(true))
      const { protected: isProtected } = (yield* store.environments).find(({ key }) => key === environment) ?? {}
      assert.isTrue(isProtected)
    }))
}
