import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Evaluator from "rulestead/Evaluator"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const any = { expected: "any" } as const

const outcome = Effect.fnUntraced(function*(environment: string, flag: string) {
  const compiled = yield* Mirror.compile(yield* Mirror.fetch(environment), flag)
  const { enabled, reason, rulesetVersion, value } = Evaluator.evaluate(compiled, { targetingKey: "ada" })
  return { enabled, reason, rulesetVersion, value }
})

/** The kill switch of a flag in an environment. */
export const killSwitch = (it: Scene.It) => {
  it.effect("an engaged switch answers killed until it is released, also after a publish", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag, head, state } = yield* Scene.live(Scene.forced(true))
      assert.deepInclude(yield* outcome(environment, flag), { reason: "rule_match", value: true })

      const engaged = yield* publisher.engageKillSwitch(flag, environment, { expected: state.revision })
      assert.strictEqual(engaged.head?.version, head.version + 1)
      assert.deepInclude(engaged.state.killSwitch, { value: false })
      const killed = { enabled: false, reason: "killed", value: false } as const
      assert.deepInclude(yield* outcome(environment, flag), { ...killed, rulesetVersion: 1 })

      const published = yield* Scene.publish(flag, environment, Scene.forced(true))
      assert.deepStrictEqual(published.state.killSwitch, engaged.state.killSwitch)
      assert.deepInclude(yield* outcome(environment, flag), { ...killed, rulesetVersion: 2 })

      const released = yield* publisher.releaseKillSwitch(flag, environment, { expected: published.state.revision })
      assert.isNull(released.state.killSwitch)
      assert.deepInclude(yield* outcome(environment, flag), { reason: "rule_match", value: true, rulesetVersion: 2 })
    }))

  it.effect("it serves the value it is given, else what is safe for the type of the flag", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const environment = yield* Scene.environment
      const cases = [
        { valueType: "boolean", defaultValue: true, served: false, other: true },
        { valueType: "string", defaultValue: "calm", served: "calm", other: "" },
        { valueType: "number", defaultValue: 7, served: 7, other: 0 },
        { valueType: "json", defaultValue: { a: [1] }, served: { a: [1] }, other: null }
      ] as const
      for (const { other, served, ...typed } of cases) {
        const { key } = yield* store.createFlag({ key: Scene.key("flag"), ...typed })
        yield* Scene.publish(key, environment, { rules: [] })
        yield* publisher.engageKillSwitch(key, environment, any)
        assert.deepInclude(yield* outcome(environment, key), { reason: "killed", value: served })
        yield* publisher.engageKillSwitch(key, environment, { ...any, value: other })
        assert.deepInclude(yield* outcome(environment, key), { reason: "killed", value: other })
      }
    }))

  it.effect("engaging an engaged switch replaces its value, and remembers since when", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag } = yield* Scene.live(Scene.forced(true))
      const first = yield* publisher.engageKillSwitch(flag, environment, any)
      const second = yield* publisher.engageKillSwitch(flag, environment, { ...any, value: true })
      assert.strictEqual(second.state.killSwitch?.engagedAt, first.state.killSwitch?.engagedAt)
      assert.strictEqual(second.state.killSwitch?.value, true)
      assert.strictEqual(second.head?.version, Number(first.head?.version) + 1)
    }))

  it.effect("engaging it as it is, and releasing what is not engaged, changes nothing", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag, head, state } = yield* Scene.live(Scene.forced(true))
      assert.deepStrictEqual(yield* publisher.releaseKillSwitch(flag, environment, any), { state, head })
      const engaged = yield* publisher.engageKillSwitch(flag, environment, any)
      assert.deepStrictEqual(yield* publisher.engageKillSwitch(flag, environment, any), engaged)
      assert.deepStrictEqual(yield* publisher.engageKillSwitch(flag, environment, { ...any, value: false }), engaged)
    }))

  it.effect("engaged before the first publish, it commits no snapshot, and holds from that publish on", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const engaged = yield* publisher.engageKillSwitch(flag, environment, { expected: 0 })
      assert.strictEqual(engaged.state.revision, 1)
      assert.strictEqual(engaged.head?.version, 0)
      assert.strictEqual((yield* Mirror.fetch(environment)).entries.size, 0)
      yield* Scene.publish(flag, environment, Scene.forced(true))
      assert.deepInclude(yield* outcome(environment, flag), { reason: "killed", value: false })
    }))

  it.effect("killing a flag in one environment leaves the others alone", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag } = yield* Scene.live(Scene.forced(true))
      const other = yield* Scene.environment
      const { head } = yield* Scene.publish(flag, other, Scene.forced(true))
      yield* publisher.engageKillSwitch(flag, environment, any)
      assert.deepInclude(yield* outcome(other, flag), { reason: "rule_match", value: true })
      assert.deepStrictEqual((yield* Mirror.fetch(other)).head, head)
    }))

  it.effect("the draft survives the switch", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag } = yield* Scene.live(Scene.forced(true))
      const { draft } = yield* Scene.draft(flag, environment, Scene.forced(false))
      const engaged = yield* publisher.engageKillSwitch(flag, environment, any)
      assert.deepStrictEqual(engaged.state.draft, draft)
      const released = yield* publisher.releaseKillSwitch(flag, environment, any)
      assert.deepStrictEqual(released.state.draft, draft)
    }))

  it.effect("a switch thrown on another revision is refused with the current one, unless any will do", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(Scene.forced(true))
      const expected = state.revision + 1
      const conflict = {
        _tag: "Conflict",
        resource: "flag",
        key: `${flag} in ${environment}`,
        expected,
        current: state.revision
      } as const
      yield* refused(publisher.engageKillSwitch(flag, environment, { expected }), conflict)
      yield* refused(publisher.releaseKillSwitch(flag, environment, { expected }), conflict)
      assert.deepInclude(yield* outcome(environment, flag), { reason: "rule_match" })
      yield* publisher.engageKillSwitch(flag, environment, any)
    }))

  it.effect("a switch is refused where it cannot be, and changes nothing", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag, head } = yield* Scene.live(Scene.forced(true))
      for (const key of [Scene.key("none"), "__proto__", "nul\0l"]) {
        yield* refused(publisher.engageKillSwitch(key, environment, any), notFound("flag", key))
        yield* refused(publisher.engageKillSwitch(flag, key, any), notFound("environment", key))
        yield* refused(publisher.releaseKillSwitch(key, environment, any), notFound("flag", key))
        yield* refused(publisher.releaseKillSwitch(flag, key, any), notFound("environment", key))
      }
      yield* invalid(publisher.engageKillSwitch(flag, environment, { ...any, value: "off" }), "value (value_type)")
      yield* invalid(publisher.engageKillSwitch(flag, environment, { expected: -1 }), "expected (revision)")
      yield* invalid(publisher.releaseKillSwitch(flag, environment, { expected: -1 }), "expected (revision)")
      const json = yield* Scene.jsonFlag(null)
      yield* invalid(
        publisher.engageKillSwitch(json, environment, { ...any, value: "x".repeat(4_000_000) }),
        "value (size)"
      )
      assert.deepStrictEqual((yield* Mirror.fetch(environment)).head, head)
      yield* Scene.archive(flag)
      const archived = { _tag: "FlagArchived", flag } as const
      yield* refused(publisher.engageKillSwitch(flag, environment, any), archived)
      yield* refused(publisher.releaseKillSwitch(flag, environment, any), archived)
    }))
}
