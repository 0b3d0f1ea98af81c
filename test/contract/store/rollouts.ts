import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Evaluator from "rulestead/Evaluator"
import { Publisher } from "rulestead/Publisher"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import { property } from "../../support/property.ts"
import * as Mirror from "../support/Mirror.ts"
import * as Oracle from "../support/Oracle.ts"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const rules: Ruleset.Input = {
  salt: "outer",
  rules: [
    { key: "staff", strategy: "forced_value", value: true },
    { key: "some", strategy: "percentage_rollout", rollout: { percentage: 10, salt: "inner" }, value: true },
    { key: "rest", strategy: "percentage_rollout", rollout: { percentage: 5 }, value: true }
  ]
}

const subjects = Array.from({ length: 200 }, (_, index) => `user-${index}`)

/** Who is let in. */
const members = Effect.fnUntraced(function*(environment: string, flag: string) {
  const compiled = yield* Mirror.compile(yield* Mirror.fetch(environment), flag)
  return subjects.filter((targetingKey) => Evaluator.evaluate(compiled, { targetingKey }).enabled)
})

/** Shares of live rules, set and advanced. */
export const rollouts = (it: Scene.It) => {
  it.effect("a rollout publishes the share of one rule, and leaves everything else as it is", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(rules)
      const before = yield* store.ruleset(flag, environment)
      const change = { rule: "some", percentage: 12.5 }
      const set = yield* publisher.setRollout(flag, environment, change, { expected: state.revision, reason: "more" })
      const after = yield* store.ruleset(flag, environment)
      assert.deepStrictEqual(after, {
        ...before,
        version: 2,
        publishedAt: after.publishedAt,
        ruleset: {
          ...before.ruleset,
          rules: before.ruleset.rules.map((rule) =>
            rule.strategy === "percentage_rollout" && rule.key === "some"
              ? { ...rule, rollout: { ...rule.rollout, percentage: 12.5 } }
              : rule
          )
        }
      })
      assert.strictEqual(set.head?.version, 2)
      assert.deepStrictEqual((yield* Oracle.verify(environment, [flag])).head, set.head)
      const [event] = yield* store.audit({ key: flag, limit: 1 })
      assert.deepInclude(event, { action: "rollout.set", reason: "more", before, after })
      assert.deepStrictEqual(
        event?.changes.filter(({ path }) => path.startsWith("ruleset")),
        [{ path: "ruleset.rules[some].rollout.percentage", before: 10, after: 12.5 }]
      )

      const advance = { rule: "some", percentage: 50 }
      yield* publisher.advanceRollout(flag, environment, advance, { expected: set.state.revision })
      const [next] = yield* store.audit({ key: flag, limit: 1 })
      assert.deepInclude(next, { action: "rollout.advance" })
    }))

  it.effect("an advance goes up only; setting goes anywhere; the share that is live changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(Scene.share(50))
      const to = (percentage: number) => ({ rule: "some", percentage })
      const expected = state.revision
      yield* invalid(
        publisher.advanceRollout(flag, environment, to(49.99), { expected }),
        "percentage (advance)"
      )
      assert.deepStrictEqual((yield* publisher.advanceRollout(flag, environment, to(50), { expected })).state, state)
      assert.deepStrictEqual((yield* publisher.setRollout(flag, environment, to(50), { expected })).state, state)
      const lower = yield* publisher.setRollout(flag, environment, to(0), { expected })
      assert.strictEqual(lower.state.rulesetVersion, 2)
      assert.strictEqual((yield* store.audit({ key: flag, environment })).length, 3)
    }))

  it.effect("raising a share moves nobody out, whatever the steps", () =>
    property(
      fc.array(fc.integer({ min: 0, max: 10_000 }).map((points) => points / 100), { minLength: 1, maxLength: 5 }),
      Effect.fnUntraced(function*(steps) {
        const publisher = yield* Publisher
        const { environment, flag, state } = yield* Scene.live(Scene.share(0, "salt"))
        let expected = state.revision
        let inside = yield* members(environment, flag)
        for (const percentage of steps.toSorted((a, b) => a - b)) {
          const change = { rule: "some", percentage }
          const advanced = yield* publisher.advanceRollout(flag, environment, change, { expected })
          expected = advanced.state.revision
          const now = yield* members(environment, flag)
          assert.deepStrictEqual(inside.filter((subject) => !now.includes(subject)), [])
          inside = now
        }
      }),
      { numRuns: 8 }
    ), 60_000)

  it.effect("a draft takes the new share over, unless it says another one, so that publishing it takes nothing back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const shares = Effect.fnUntraced(function*(flag: string, environment: string) {
        const { draft } = yield* store.state(flag, environment)
        return draft?.rules.map((rule) => rule.strategy === "percentage_rollout" ? rule.rollout.percentage : null)
      })
      const { environment, flag, state } = yield* Scene.live(rules)
      const drafted = yield* store.putRule(flag, environment, "rest", {
        key: "rest",
        strategy: "percentage_rollout",
        rollout: { percentage: 6 },
        value: true
      }, { expected: state.revision })
      const first = yield* publisher.setRollout(flag, environment, { rule: "some", percentage: 20 }, {
        expected: drafted.revision
      })
      assert.deepStrictEqual(yield* shares(flag, environment), [null, 20, 6])
      yield* publisher.setRollout(flag, environment, { rule: "rest", percentage: 7 }, {
        expected: first.state.revision
      })
      assert.deepStrictEqual(yield* shares(flag, environment), [null, 20, 6])
    }))

  it.effect("rules that are not there, or have no rollout, and shares that are none, are refused", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(rules)
      const expected = state.revision
      const place = `${flag} in ${environment}`
      for (const command of [publisher.setRollout, publisher.advanceRollout]) {
        yield* refused(
          command(flag, environment, { rule: "none", percentage: 1 }, { expected }),
          notFound("rule", `none of ${place}`)
        )
        yield* invalid(command(flag, environment, { rule: "staff", percentage: 1 }, { expected }), "rule (rollout)")
        for (const percentage of [-1, 100.01, 0.001]) {
          yield* invalid(
            command(flag, environment, { rule: "some", percentage }, { expected }),
            "percentage (percentage)"
          )
        }
        yield* refused(command(flag, environment, { rule: "some", percentage: 1 }, { expected: 7 }), {
          _tag: "Conflict",
          resource: "flag",
          key: place,
          expected: 7,
          current: expected
        })
      }
      assert.deepStrictEqual(yield* store.state(flag, environment), state)
      const other = yield* Scene.flag
      yield* refused(
        publisher.setRollout(other, environment, { rule: "some", percentage: 1 }, { expected: 0 }),
        notFound("ruleset", `${other} in ${environment}`)
      )
      yield* Scene.archive(flag)
      yield* refused(publisher.setRollout(flag, environment, { rule: "some", percentage: 1 }, { expected }), {
        _tag: "FlagArchived",
        flag
      })
    }))
}
