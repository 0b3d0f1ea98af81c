import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Policy from "rulestead/Policy"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import { listen } from "../support/Listener.ts"
import * as Mirror from "../support/Mirror.ts"
import * as Oracle from "../support/Oracle.ts"
import * as Scene from "../support/Scene.ts"

/** Several commands that take effect together, or not at all. */
export const transactions = (it: Scene.It) => {
  it.effect("commands in a transaction take effect together, and see each other before", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, head } = yield* Scene.live(Scene.share(10))
      const listener = yield* listen(environment)
      const correlationId = Scene.key("plan")
      const created = Scene.key("flag")
      const seen = yield* store.transaction(Effect.gen(function*() {
        yield* store.createFlag({ key: created, valueType: "boolean", defaultValue: false }, { correlationId })
        yield* Scene.publish(created, environment, Scene.forced(true))
        yield* Scene.publish(flag, environment, Scene.share(20))
        return yield* store.state(created, environment)
      }))
      assert.deepStrictEqual(yield* store.state(created, environment), seen)
      const { head: after } = yield* Oracle.verify(environment, [flag, created])
      assert.strictEqual(after.version, head.version + 2)
      yield* Effect.repeat(listener.version, { until: (version) => version === after.version })
      assert.strictEqual((yield* store.audit({ correlationId })).length, 1)
    }))

  it.effect("a transaction that fails, dies or is interrupted leaves no trace of what was done in it", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(Scene.forced(true))
      const before = yield* Mirror.fetch(environment)
      const events = yield* store.audit({ environment })
      for (const end of [Effect.fail("stop"), Effect.die("stop"), Effect.interrupt]) {
        const key = Scene.key("flag")
        const exit = yield* Effect.exit(store.transaction(Effect.gen(function*() {
          yield* store.createFlag({ key, valueType: "boolean", defaultValue: false })
          yield* publisher.engageKillSwitch(flag, environment, { expected: "any" })
          yield* Scene.publish(flag, environment, Scene.forced(false))
          return yield* end
        })))
        assert.isTrue(Exit.isFailure(exit))
        assert.isTrue(Exit.isFailure(yield* Effect.exit(store.flag(key))))
      }
      assert.deepStrictEqual(yield* store.state(flag, environment), state)
      assert.deepStrictEqual(yield* Mirror.fetch(environment), before)
      assert.deepStrictEqual(yield* store.audit({ environment }), events)
    }))

  it.effect("a command that is refused in a transaction can be passed over, and leaves no trace", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(Scene.forced(true))
      yield* store.transaction(Effect.gen(function*() {
        yield* Effect.flip(publisher.publish(flag, environment, { expected: state.revision }))
        yield* Scene.publish(flag, environment, Scene.forced(false))
      }))
      assert.strictEqual((yield* store.state(flag, environment)).rulesetVersion, 2)
      yield* Oracle.verify(environment, [flag])
    }))

  it.effect("commands that are run at once in a transaction take their turns", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const environment = yield* Scene.environment
      const flags = yield* Effect.replicateEffect(Scene.flag, 8)
      const publish = Effect.fnUntraced(function*(flag: string, index: number) {
        const { revision } = yield* store.saveDraft(flag, environment, Scene.share(index), { expected: 0 })
        const nested = publisher.publish(flag, environment, { expected: revision + index % 2 })
        return yield* Effect.result(store.transaction(nested))
      })
      const results = yield* store.transaction(Effect.forEach(flags, publish, { concurrency: "unbounded" }))
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 4)
      const mirror = yield* Oracle.verify(environment, flags)
      assert.strictEqual(mirror.head.version, 4)
    }))

  it.effect("what was denied in a transaction is in the audit, whatever became of the transaction", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, state } = yield* Scene.live(Scene.forced(true))
      const can: Policy.Can = (_actor, action) =>
        Effect.succeed(action === "flag.archive" ? Policy.refuse() : Policy.allow)
      const plan = Effect.gen(function*() {
        yield* Scene.draft(flag, environment, Scene.forced(false))
        yield* store.archiveFlag(flag, { expected: 1, correlationId: "plan" })
      }).pipe(Effect.provideService(Policy.Policy, { can }))
      const denials = Effect.map(
        store.audit({ key: flag, result: "denied" }),
        (events) => events.map(({ action, correlationId }) => [action, correlationId])
      )
      const error = yield* Effect.flip(store.transaction(store.transaction(plan)))
      assert.strictEqual(error._tag, "Denied")
      assert.deepStrictEqual(yield* store.state(flag, environment), state)
      assert.deepStrictEqual(yield* denials, [["flag.archive", "plan"]])
      yield* store.transaction(Effect.ignore(plan))
      assert.isNotNull((yield* store.state(flag, environment)).draft)
      assert.strictEqual((yield* denials).length, 2)
      yield* Effect.exit(store.transaction(Effect.andThen(Effect.exit(plan), Effect.interrupt)))
      assert.strictEqual((yield* denials).length, 3)
    }))

  it.effect("transactions at once, of which many fail, add up to those that did not", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const environment = yield* Scene.environment
      const flags = (yield* Effect.replicateEffect(Scene.flag, 6)).toSorted()
      // All begin with the same flag: those that take their locks in different orders may all end each other.
      const [first = "", ...others] = flags
      const results = yield* Effect.forEach(
        Array.from({ length: 24 }, (_, index) => index),
        (index) =>
          Effect.exit(store.transaction(Effect.gen(function*() {
            for (const flag of [first, ...others.slice(index % 4)]) {
              yield* Scene.publish(flag, environment, Scene.share(index))
            }
            if (index % 3 === 0) return yield* Effect.fail("stop")
          }))),
        { concurrency: 8 }
      )
      const done = results.filter(Exit.isSuccess).length
      assert.isAbove(done, 0)
      const mirror = yield* Oracle.verify(environment, flags)
      const states = yield* Effect.forEach(flags, (flag) => store.state(flag, environment))
      const publishes = states.reduce((sum, { rulesetVersion }) => sum + rulesetVersion, 0)
      assert.strictEqual(mirror.head.version, publishes)
      assert.strictEqual(
        (yield* store.audit({ environment, actions: ["ruleset.publish"], limit: 1000 })).length,
        publishes
      )
    }), 120_000)
}
