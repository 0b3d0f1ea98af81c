import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
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
      assert.strictEqual(after.version, head.version + 1)
      yield* Scene.publish(flag, environment, Scene.share(30))
      assert.strictEqual(yield* listener.version, after.version)
      assert.strictEqual(yield* listener.version, after.version + 1)
      assert.strictEqual((yield* store.audit({ correlationId })).length, 1)
    }))

  it.effect("all that a transaction changes in an environment is one version, which it answers", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [one, two, three] = [yield* Scene.environment, yield* Scene.environment, yield* Scene.environment]
      const [flag, other] = [yield* Scene.flag, yield* Scene.flag]
      const audience = yield* Scene.audience("pro")
      yield* Scene.publish(other, two, Scene.segments(audience))
      const { heads, value } = yield* publisher.together(Effect.gen(function*() {
        const inside = yield* publisher.together(Scene.publish(flag, two, Scene.forced(true)))
        yield* Scene.publish(flag, two, Scene.segments(audience))
        yield* store.changeAudience(audience, { definition: Scene.onPlan("team") }, { expected: 1 })
        yield* publisher.engageKillSwitch(other, two, { expected: "any" })
        yield* Scene.publish(flag, one, Scene.share(10))
        yield* Scene.draft(flag, three, Scene.share(10))
        const released = yield* publisher.releaseKillSwitch(other, one, { expected: "any" })
        return [inside.heads, inside.value.head, released.head]
      }))
      assert.deepStrictEqual(value, [[], null, null])
      const mirrors = yield* Effect.forEach([one, two].sort(), (key) => Oracle.verify(key, [flag, other]))
      assert.deepStrictEqual(heads, mirrors.map(({ head }) => head))
      const versions = new Map(heads.map(({ environment, version }) => [environment, version]))
      assert.deepStrictEqual([versions.get(one), versions.get(two), versions.get(three)], [1, 2, undefined])
      assert.strictEqual((yield* store.audit({ environment: two, actions: ["ruleset.publish"] })).length, 3)
    }))

  it.effect("a transaction that leaves what is live as it was makes no version", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag, head } = yield* Scene.live(Scene.forced(true))
      const { heads } = yield* publisher.together(Effect.andThen(
        publisher.engageKillSwitch(flag, environment, { expected: "any" }),
        publisher.releaseKillSwitch(flag, environment, { expected: "any" })
      ))
      assert.deepStrictEqual(heads, [head])
      assert.deepStrictEqual((yield* Mirror.fetch(environment)).head, head)
    }))

  it.effect("a transaction inside that is taken back takes its part of the version back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [kept, gone] = [yield* Scene.audience("kept"), yield* Scene.audience("gone")]
      const { environment, flag, head } = yield* Scene.live(Scene.segments(kept))
      const [other, late] = [yield* Scene.flag, yield* Scene.flag]
      const part = Effect.gen(function*() {
        yield* Scene.publish(flag, environment, Scene.forced(false))
        yield* Scene.publish(other, environment, Scene.segments(gone))
        yield* store.changeAudience(kept, { definition: Scene.onPlan("changed") }, { expected: 1 })
        yield* Scene.archive(flag)
      })
      for (const end of [Effect.fail("stop"), Effect.die("stop"), Effect.interrupt]) {
        const { heads } = yield* publisher.together(Effect.gen(function*() {
          yield* Scene.publish(late, environment, Scene.share(1))
          yield* Effect.exit(store.transaction(Effect.andThen(store.transaction(part), end)))
          yield* Scene.publish(late, environment, Scene.share(2))
        }))
        assert.deepStrictEqual(heads, [(yield* Oracle.verify(environment, [flag, other, late])).head])
      }
      const mirror = yield* Mirror.fetch(environment)
      assert.strictEqual(mirror.head.version, head.version + 3)
      assert.deepStrictEqual(Mirror.keys(mirror), [`audience ${kept}`, ...[`flag ${flag}`, `flag ${late}`].sort()])
    }))

  it.effect("a command inside that is interrupted is in the version whole or not at all", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag, other] = [yield* Scene.environment, yield* Scene.flag, yield* Scene.flag]
      const audience = yield* Scene.audience("pro")
      const rulesets = [Scene.segments(audience), Scene.forced(true), Scene.share(5)]
      for (let steps = 0; steps < 60; steps++) {
        yield* store.transaction(Effect.gen(function*() {
          const ruleset = rulesets[steps % 3] ?? Scene.forced(false)
          const fiber = yield* Effect.forkChild(store.transaction(Scene.publish(flag, environment, ruleset)))
          yield* Effect.replicateEffect(Effect.yieldNow, steps)
          yield* Fiber.interrupt(fiber)
          yield* Scene.publish(other, environment, Scene.share(steps))
        }))
        const { head } = yield* Oracle.verify(environment, [flag, other])
        assert.strictEqual(head.version, steps + 1)
      }
    }), 120_000)

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
      assert.strictEqual(mirror.head.version, 1)
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
      const results = yield* Effect.forEach(
        Array.from({ length: 24 }, (_, index) => index),
        (index) =>
          store.transaction(Effect.gen(function*() {
            for (const flag of flags.slice(index % 4)) {
              yield* Scene.publish(flag, environment, Scene.share(index))
            }
            return yield* index % 3 === 0 ? Effect.fail({ _tag: "Stop" }) : Effect.succeed("done")
          })).pipe(
            Effect.retry({ while: ({ _tag }) => _tag === "Conflict" }),
            Effect.catch(({ _tag }) => Effect.succeed(_tag))
          ),
        { concurrency: 8 }
      )
      const done = results.filter((result) => result === "done").length
      assert.deepStrictEqual([done, results.filter((result) => result === "Stop").length], [16, 8])
      const mirror = yield* Oracle.verify(environment, flags)
      const states = yield* Effect.forEach(flags, (flag) => store.state(flag, environment))
      const publishes = states.reduce((sum, { rulesetVersion }) => sum + rulesetVersion, 0)
      assert.strictEqual(mirror.head.version, done)
      assert.strictEqual(
        (yield* store.audit({ environment, actions: ["ruleset.publish"], limit: 1000 })).length,
        publishes
      )
    }), 120_000)

  it.effect(
    "transactions that go through environments in opposite orders do not stand in each other's way",
    () =>
      Effect.gen(function*() {
        const store = yield* Store
        const environments = yield* Effect.replicateEffect(Scene.environment, 3)
        const flags = yield* Effect.replicateEffect(Scene.flag, 8)
        yield* Effect.forEach(
          flags,
          (flag, index) =>
            store.transaction(Effect.forEach(
              index % 2 === 0 ? environments : environments.toReversed(),
              (environment) => Scene.publish(flag, environment, Scene.share(index))
            )),
          { concurrency: "unbounded" }
        )
        for (const environment of environments) {
          const { head } = yield* Oracle.verify(environment, flags)
          assert.strictEqual(head.version, flags.length)
        }
      }),
    120_000
  )
}
