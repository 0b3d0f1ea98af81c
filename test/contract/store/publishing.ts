import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Evaluator from "rulestead/Evaluator"
import { Publisher } from "rulestead/Publisher"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const rollout = (percentage: number): Ruleset.Input => ({
  rules: [{ key: "some", strategy: "percentage_rollout", rollout: { percentage }, value: true }]
})

/** Publishing, and what a snapshot then holds. */
export const publishing = (it: Scene.It) => {
  it.effect("a new environment has an empty snapshot of version 0", () =>
    Effect.gen(function*() {
      const environment = yield* Scene.environment
      const { entries, head } = yield* Mirror.fetch(environment)
      assert.strictEqual(entries.size, 0)
      assert.deepInclude(head, { environment, version: 0, entries: 0, schemaVersion: 1 })
    }))

  it.effect("publishing makes the draft the next ruleset and commits the next snapshot", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      for (const version of [1, 2, 3]) {
        const drafted = yield* Scene.draft(flag, environment, rollout(version * 10))
        const { head, state } = yield* publisher.publish(flag, environment, { expected: drafted.revision })
        assert.deepStrictEqual(state, {
          ...drafted,
          revision: drafted.revision + 1,
          draft: null,
          rulesetVersion: version,
          publishedAt: state.publishedAt
        })
        assert.isNumber(state.publishedAt)
        assert.deepStrictEqual(yield* store.state(flag, environment), state)
        assert.deepStrictEqual(yield* store.ruleset(flag, environment), {
          flag,
          environment,
          version,
          ruleset: drafted.draft,
          publishedAt: state.publishedAt
        })
        assert.strictEqual(head?.version, version)
        assert.deepStrictEqual((yield* Mirror.fetch(environment)).head, head)
      }
    }))

  it.effect("published rulesets stay readable by their version", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      yield* Scene.publish(flag, environment, Scene.forced(true))
      const first = yield* store.ruleset(flag, environment)
      yield* Scene.publish(flag, environment, Scene.forced(false))
      assert.deepStrictEqual(yield* store.ruleset(flag, environment, 1), first)
      assert.strictEqual((yield* store.ruleset(flag, environment)).version, 2)
      for (const version of [0, 3, -1, 1.5, Number.NaN, Infinity, Number.MAX_SAFE_INTEGER]) {
        yield* refused(store.ruleset(flag, environment, version), notFound("ruleset", `${flag} in ${environment}`))
      }
    }))

  it.effect("an entry holds what a node needs to decide and nothing else", () =>
    Effect.gen(function*() {
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const rule = { key: "everybody", strategy: "forced_value", conditions: [], value: true } as const
      yield* Scene.publish(flag, environment, { rules: [{ ...rule, description: "A secret reason" }], salt: "s" })
      yield* Scene.draft(flag, environment, Scene.forced(false))
      const mirror = yield* Mirror.fetch(environment)
      assert.deepStrictEqual(yield* Mirror.flagEntry(mirror, flag), {
        key: flag,
        valueType: "boolean",
        defaultValue: false,
        rulesetVersion: 1,
        salt: "s",
        hashVersion: 1,
        rules: [rule]
      })
    }))

  it.effect("equal content is equal text, in whatever order its fields were written", () =>
    Effect.gen(function*() {
      const [one, other] = [yield* Scene.environment, yield* Scene.environment]
      const flag = yield* Scene.jsonFlag(null)
      yield* Scene.publish(flag, one, Scene.forced({ b: { y: 1, x: [{ q: 1, p: 2 }] }, a: 2 }))
      yield* Scene.publish(flag, other, Scene.forced({ a: 2, b: { x: [{ p: 2, q: 1 }], y: 1 } }))
      const [left, right] = [yield* Mirror.fetch(one), yield* Mirror.fetch(other)]
      assert.deepStrictEqual(Mirror.contents(left), Mirror.contents(right))
      assert.strictEqual(left.head.digest, right.head.digest)
    }))

  it.effect("a flag is live where it was published and nowhere else", () =>
    Effect.gen(function*() {
      const [one, other, flag] = [yield* Scene.environment, yield* Scene.environment, yield* Scene.flag]
      yield* Scene.publish(flag, one, Scene.forced(true))
      yield* Scene.draft(flag, other, Scene.forced(true))
      assert.deepStrictEqual(Mirror.keys(yield* Mirror.fetch(one)), [`flag ${flag}`])
      assert.deepStrictEqual(Mirror.keys(yield* Mirror.fetch(other)), [])
    }))

  it.effect("a snapshot holds the audiences that its rules use, each once, for as long as one uses them", () =>
    Effect.gen(function*() {
      const environment = yield* Scene.environment
      const [one, other] = [yield* Scene.flag, yield* Scene.flag]
      const [a, b, c] = [yield* Scene.audience("a"), yield* Scene.audience("b"), yield* Scene.audience("c")]
      const audiences = Effect.map(
        Mirror.fetch(environment),
        (mirror) => Mirror.keys(mirror).filter((key) => key.startsWith("audience"))
      )
      const named = (...keys: ReadonlyArray<string>) => keys.map((key) => `audience ${key}`).sort()

      yield* Scene.draft(one, environment, Scene.segments(c))
      assert.deepStrictEqual(yield* audiences, [])
      yield* Scene.publish(one, environment, Scene.segments(a, b))
      assert.deepStrictEqual(yield* audiences, named(a, b))
      yield* Scene.publish(other, environment, Scene.segments(b))
      assert.deepStrictEqual(yield* audiences, named(a, b))
      yield* Scene.publish(one, environment, Scene.segments(c))
      assert.deepStrictEqual(yield* audiences, named(b, c))
      yield* Scene.publish(other, environment, Scene.forced(true))
      assert.deepStrictEqual(yield* audiences, named(c))
      yield* Scene.publish(one, environment, { rules: [] })
      assert.deepStrictEqual(yield* audiences, [])
      const mirror = yield* Mirror.fetch(environment)
      assert.strictEqual(mirror.head.version, 5)
    }))

  it.effect("raising a percentage moves nobody out", () =>
    Effect.gen(function*() {
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const identities = Array.from({ length: 2000 }, (_, index) => `user-${index}`)
      const isIn = Effect.map(
        Effect.flatMap(Mirror.fetch(environment), (mirror) => Mirror.compile(mirror, flag)),
        (compiled) => identities.filter((targetingKey) => Evaluator.evaluate(compiled, { targetingKey }).value === true)
      )
      const salted = rollout(20)
      yield* Scene.publish(flag, environment, { ...salted, salt: "season" })
      const before = yield* isIn
      yield* Scene.publish(flag, environment, rollout(35))
      const after = yield* isIn
      assert.isAbove(before.length, 0)
      assert.isAbove(after.length, before.length)
      assert.deepStrictEqual(before.filter((identity) => !after.includes(identity)), [])
    }))

  it.effect("publishing needs a draft", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const draft = notFound("draft", `${flag} in ${environment}`)
      yield* refused(publisher.publish(flag, environment, { expected: 0 }), draft)
      const { state } = yield* Scene.publish(flag, environment, Scene.forced(true))
      yield* refused(publisher.publish(flag, environment, { expected: state.revision }), draft)
    }))

  it.effect("publishing is refused where it cannot be, and changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const drafted = yield* Scene.draft(flag, environment, Scene.forced(true))
      for (const key of [Scene.key("none"), "__proto__", "nul\0l"]) {
        yield* refused(publisher.publish(key, environment, { expected: 1 }), notFound("flag", key))
        yield* refused(publisher.publish(flag, key, { expected: 1 }), notFound("environment", key))
      }
      yield* invalid(publisher.publish(flag, environment, { expected: -1 }), "expected (revision)")
      for (const expected of [0, 2]) {
        yield* refused(publisher.publish(flag, environment, { expected }), {
          _tag: "Conflict",
          resource: "flag",
          key: `${flag} in ${environment}`,
          expected,
          current: 1
        })
      }
      yield* Scene.archive(flag)
      yield* refused(publisher.publish(flag, environment, { expected: 1 }), { _tag: "FlagArchived", flag })
      assert.deepStrictEqual(yield* store.state(flag, environment), drafted)
      assert.strictEqual((yield* Mirror.fetch(environment)).head.version, 0)
    }))
}
