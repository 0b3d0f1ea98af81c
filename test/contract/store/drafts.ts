import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FlagState from "rulestead/FlagState"
import { Publisher } from "rulestead/Publisher"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const rollout = (percentage: number, salt?: string): Ruleset.Input => ({
  rules: [{
    key: "some",
    strategy: "percentage_rollout",
    rollout: { percentage, ...(salt === undefined ? {} : { salt }) },
    value: true
  }]
})

/** Drafts, and reading the state of a flag. */
export const drafts = (it: Scene.It) => {
  it.effect("a flag that was never touched in an environment has a state all the same", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      assert.deepStrictEqual(yield* store.state(flag, environment), FlagState.initial(flag, environment))
      yield* refused(store.ruleset(flag, environment), notFound("ruleset", `${flag} in ${environment}`))
    }))

  it.effect("a draft is saved with its defaults, replaced, and discarded", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const saved = yield* store.saveDraft(flag, environment, rollout(10), { expected: 0 })
      const draft = {
        rules: [{
          key: "some",
          strategy: "percentage_rollout",
          conditions: [],
          rollout: { percentage: 10, bucketBy: "subject" },
          value: true
        }],
        hashVersion: 1
      } as const
      assert.deepStrictEqual(saved, { ...FlagState.initial(flag, environment), revision: 1, draft })
      assert.deepStrictEqual(yield* store.state(flag, environment), saved)

      const replaced = yield* store.saveDraft(flag, environment, Scene.forced(true), { expected: 1 })
      assert.strictEqual(replaced.revision, 2)
      assert.deepStrictEqual(replaced.draft?.rules.map(({ key }) => key), ["everybody"])

      const discarded = yield* store.discardDraft(flag, environment, { expected: 2 })
      assert.deepStrictEqual(discarded, { ...FlagState.initial(flag, environment), revision: 3 })
      assert.deepStrictEqual(yield* store.state(flag, environment), discarded)
    }))

  it.effect("saving the draft that is there, and discarding none, changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const untouched = yield* store.discardDraft(flag, environment, { expected: 0 })
      assert.deepStrictEqual(untouched, FlagState.initial(flag, environment))
      const saved = yield* store.saveDraft(flag, environment, rollout(10), { expected: 0 })
      assert.deepStrictEqual(yield* store.saveDraft(flag, environment, rollout(10), { expected: 1 }), saved)
      assert.deepStrictEqual(yield* store.state(flag, environment), saved)
    }))

  it.effect("drafts of one flag in two environments have nothing to do with each other", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [one, other, flag] = [yield* Scene.environment, yield* Scene.environment, yield* Scene.flag]
      yield* store.saveDraft(flag, one, rollout(10), { expected: 0 })
      assert.deepStrictEqual(yield* store.state(flag, other), FlagState.initial(flag, other))
      assert.strictEqual((yield* store.saveDraft(flag, other, rollout(20), { expected: 0 })).revision, 1)
      assert.strictEqual((yield* store.state(flag, one)).revision, 1)
    }))

  it.effect("a draft based on another revision is refused with the current one, and changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const conflict = (expected: number, current: number) =>
        ({ _tag: "Conflict", resource: "flag", key: `${flag} in ${environment}`, expected, current }) as const
      yield* refused(store.saveDraft(flag, environment, rollout(1), { expected: 1 }), conflict(1, 0))
      yield* refused(store.discardDraft(flag, environment, { expected: 1 }), conflict(1, 0))
      const saved = yield* store.saveDraft(flag, environment, rollout(10), { expected: 0 })
      yield* refused(store.saveDraft(flag, environment, rollout(1), { expected: 0 }), conflict(0, 1))
      yield* refused(store.discardDraft(flag, environment, { expected: 2 }), conflict(2, 1))
      assert.deepStrictEqual(yield* store.state(flag, environment), saved)
    }))

  it.effect("a bad ruleset is refused with all its problems, unknown audiences included", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const known = yield* Scene.audience("pro")
      const segment = (key: string, audience: string) =>
        ({ key, strategy: "segment_match", audience, value: true }) as const
      const bad: Ruleset.Input = {
        rules: [
          segment("a", known),
          segment("a", Scene.key("unknown")),
          { key: "b", strategy: "forced_value", value: "yes" },
          { key: "c", strategy: "percentage_rollout", rollout: { percentage: 101 } },
          segment("d", "NOT A KEY"),
          segment("e", Scene.key("unknown"))
        ]
      }
      yield* invalid(
        store.saveDraft(flag, environment, bad, { expected: 0 }),
        "rules[3].rollout.percentage (percentage)",
        "rules[4].audience (audience_key)",
        "rules[1].key (unique_key)",
        "rules[2].value (value_type)",
        "rules[1].audience (known_audience)",
        "rules[5].audience (known_audience)"
      )
      yield* invalid(
        store.saveDraft(flag, environment, Scene.segments(Scene.key("unknown")), { expected: 0 }),
        "rules[0].audience (known_audience)"
      )
      assert.deepStrictEqual(yield* store.state(flag, environment), FlagState.initial(flag, environment))
    }))

  it.effect("a ruleset too large for a snapshot is refused, with the default that goes beside it", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.jsonFlag("x".repeat(2_500_000))]
      const half = Scene.forced("y".repeat(1_500_000))
      yield* invalid(store.saveDraft(flag, environment, half, { expected: 0 }), "rules (size)")
      yield* store.saveDraft(flag, environment, Scene.forced("y".repeat(1_000_000)), { expected: 0 })
    }))

  it.effect("salts that a draft leaves out are those of what is live, else of the draft before", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const saltOf = ({ draft }: FlagState.FlagState) => {
        const rule = draft?.rules[0]
        return [draft?.salt, rule?.strategy === "percentage_rollout" ? rule.rollout.salt : undefined]
      }
      const first = yield* store.saveDraft(flag, environment, { ...rollout(10, "inner"), salt: "outer" }, {
        expected: 0
      })
      const second = yield* store.saveDraft(flag, environment, rollout(20), { expected: first.revision })
      assert.deepStrictEqual(saltOf(second), ["outer", "inner"])

      yield* publisher.publish(flag, environment, { expected: second.revision })
      const third = yield* store.saveDraft(flag, environment, { ...rollout(30, "b"), salt: "a" }, { expected: 3 })
      assert.deepStrictEqual(saltOf(third), ["a", "b"])
      const fourth = yield* store.saveDraft(flag, environment, rollout(40), { expected: third.revision })
      assert.deepStrictEqual(saltOf(fourth), ["outer", "inner"])
    }))

  it.effect("drafts need a flag that is not archived and an environment", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const expected = 0
      for (const key of [Scene.key("none"), "__proto__", "nul\0l"]) {
        yield* refused(store.saveDraft(key, environment, rollout(1), { expected }), notFound("flag", key))
        yield* refused(store.saveDraft(flag, key, rollout(1), { expected }), notFound("environment", key))
        yield* refused(store.discardDraft(key, environment, { expected }), notFound("flag", key))
        yield* refused(store.discardDraft(flag, key, { expected }), notFound("environment", key))
        yield* refused(store.state(key, environment), notFound("flag", key))
        yield* refused(store.state(flag, key), notFound("environment", key))
        yield* refused(store.ruleset(key, environment), notFound("flag", key))
        yield* refused(store.ruleset(flag, key, 1), notFound("environment", key))
      }
      const saved = yield* store.saveDraft(flag, environment, rollout(1), { expected })
      yield* Scene.archive(flag)
      const archived = { _tag: "FlagArchived", flag } as const
      yield* refused(store.saveDraft(flag, environment, rollout(2), { expected: 1 }), archived)
      yield* refused(store.discardDraft(flag, environment, { expected: 1 }), archived)
      assert.deepStrictEqual(yield* store.state(flag, environment), saved)
    }))

  it.effect("options of drafts are checked", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      yield* invalid(store.saveDraft(flag, environment, rollout(1), { expected: -1 }), "expected (revision)")
      yield* invalid(store.discardDraft(flag, environment, { expected: 0.5 }), "expected (revision)")
    }))
}
