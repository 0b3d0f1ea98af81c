import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { FlagState } from "rulestead/FlagState"
import { Publisher } from "rulestead/Publisher"
import type * as Rule from "rulestead/Rule"
import { Store } from "rulestead/Store"
import type { Value } from "rulestead/Value"
import { property } from "../../support/property.ts"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const rule = (key: string, percentage = 10, salt?: string, value: Value = true): Rule.Input => ({
  key,
  strategy: "percentage_rollout",
  rollout: { percentage, ...(salt === undefined ? {} : { salt }) },
  value
})

const keysOf = ({ draft }: FlagState) => draft?.rules.map(({ key }) => key)

const saltsOf = ({ draft }: FlagState) => draft?.rules.map((rule) => "rollout" in rule ? rule.rollout.salt : undefined)

interface Edit {
  readonly name: "put" | "remove" | "move"
  readonly key: string
  readonly number: number
}

const edit: fc.Arbitrary<Edit> = fc.record({
  name: fc.constantFrom("put", "put", "remove", "move"),
  key: fc.constantFrom("a", "b", "c", "d", "__proto__"),
  number: fc.nat(6)
})

/** Editing one rule of a draft. */
export const rules = (it: Scene.It) => {
  it.effect("a rule is put, moved and removed, and the others stay as they are", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const at = (expected: number) => ({ expected })
      const one = yield* store.putRule(flag, environment, "a", rule("a"), at(0))
      assert.deepStrictEqual(keysOf(one), ["a"])
      const two = yield* store.putRule(flag, environment, "b", rule("b", 20), at(1))
      const three = yield* store.putRule(flag, environment, "a", rule("a", 30), at(2))
      assert.deepStrictEqual(keysOf(three), ["a", "b"])
      assert.deepStrictEqual(three.draft?.rules[1], two.draft?.rules[1])
      const moved = yield* store.moveRule(flag, environment, "a", 1, at(3))
      assert.deepStrictEqual(moved.draft?.rules, three.draft?.rules.toReversed())
      const first = yield* store.moveRule(flag, environment, "a", 0, at(4))
      assert.deepStrictEqual(first.draft, three.draft)
      const last = yield* store.moveRule(flag, environment, "a", 99, at(5))
      assert.deepStrictEqual(last.draft, moved.draft)
      const removed = yield* store.removeRule(flag, environment, "b", at(6))
      assert.deepStrictEqual(keysOf(removed), ["a"])
      assert.deepStrictEqual(removed.draft?.rules[0], three.draft?.rules[0])
      const actions = (yield* store.audit({ key: flag, environment })).map(({ action }) => action)
      assert.deepStrictEqual(actions, Array.from({ length: 7 }, () => "draft.save"))
    }))

  it.effect("without a draft, editing begins with what is live, and what is live stays", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const audience = yield* Scene.audience("pro")
      const live = { salt: "outer", rules: [rule("a", 1, "inner"), ...Scene.segments(audience).rules] }
      const edits = {
        put: (flag: string, environment: string, expected: number) =>
          store.putRule(flag, environment, "b", rule("b"), { expected }),
        remove: (flag: string, environment: string, expected: number) =>
          store.removeRule(flag, environment, "a", { expected }),
        move: (flag: string, environment: string, expected: number) =>
          store.moveRule(flag, environment, "a", 1, { expected })
      }
      for (const [name, edit] of Object.entries(edits)) {
        const { environment, flag, state } = yield* Scene.live(live)
        const before = yield* store.ruleset(flag, environment)
        const after = yield* edit(flag, environment, state.revision)
        const expected = { put: ["a", audience, "b"], remove: [audience], move: [audience, "a"] }[name]
        assert.deepStrictEqual(keysOf(after), expected)
        assert.strictEqual(after.draft?.salt, "outer")
        assert.deepStrictEqual(yield* store.ruleset(flag, environment), before)
      }
    }))

  it.effect("a rule that leaves its salt out keeps the one it has in the draft, else the one that is live", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, state } = yield* Scene.live({ rules: [rule("a", 1, "live"), rule("b", 1, "other")] })
      const kept = yield* store.putRule(flag, environment, "a", rule("a", 2), { expected: state.revision })
      assert.deepStrictEqual(saltsOf(kept), ["live", "other"])
      const salted = yield* store.putRule(flag, environment, "a", rule("a", 2, "new"), { expected: kept.revision })
      const again = yield* store.putRule(flag, environment, "a", rule("a", 3), { expected: salted.revision })
      assert.deepStrictEqual(saltsOf(again), ["new", "other"])
      const removed = yield* store.removeRule(flag, environment, "b", { expected: again.revision })
      const back = yield* store.putRule(flag, environment, "b", rule("b", 9), { expected: removed.revision })
      assert.deepStrictEqual(saltsOf(back), ["new", "other"])
    }))

  it.effect("a key is an identity: an edit that would change the key of its rule is refused", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, state } = yield* Scene.live({ rules: [rule("a"), rule("b")] })
      const expected = state.revision
      yield* invalid(store.putRule(flag, environment, "b", rule("c"), { expected }), "rules[1].key (identity)")
      yield* invalid(store.putRule(flag, environment, "c", rule("a"), { expected }), "rules[2].key (identity)")
      yield* invalid(
        store.putRule(flag, environment, "b", rule("b", 101, "salt", "no"), { expected }),
        "rules[1].rollout.percentage (percentage)",
        "rules[1].value (value_type)"
      )
      assert.deepStrictEqual(yield* store.state(flag, environment), state)
    }))

  it.effect("an edit that leaves everything as it is writes nothing, and begins no draft", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, state } = yield* Scene.live({ rules: [rule("a"), rule("b")] })
      const expected = state.revision
      assert.deepStrictEqual(yield* store.putRule(flag, environment, "a", rule("a"), { expected }), state)
      assert.deepStrictEqual(yield* store.moveRule(flag, environment, "b", 1, { expected }), state)
      const drafted = yield* store.removeRule(flag, environment, "b", { expected })
      assert.deepStrictEqual(
        yield* store.putRule(flag, environment, "a", rule("a"), { expected: drafted.revision }),
        drafted
      )
    }))

  it.effect("rules that are not there, stale revisions and positions that are none are refused", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, state } = yield* Scene.live({ rules: [rule("a")] })
      const expected = state.revision
      const missing = notFound("rule", `none of ${flag} in ${environment}`)
      yield* refused(store.removeRule(flag, environment, "none", { expected }), missing)
      yield* refused(store.moveRule(flag, environment, "none", 0, { expected }), missing)
      for (const position of [-1, 0.5, Number.NaN]) {
        const error = yield* Effect.flip(store.moveRule(flag, environment, "a", position, { expected }))
        assert.deepInclude(error, { _tag: "InvalidInput", subject: "position" })
      }
      for (
        const edit of [
          store.putRule(flag, environment, "a", rule("a", 2), { expected: 7 }),
          store.removeRule(flag, environment, "a", { expected: 7 }),
          store.moveRule(flag, environment, "a", 0, { expected: 7 })
        ]
      ) {
        yield* refused(edit, {
          _tag: "Conflict",
          resource: "flag",
          key: `${flag} in ${environment}`,
          expected: 7,
          current: expected
        })
      }
      yield* Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, { expected: "any" }))
      yield* Scene.archive(flag)
      const archived = { _tag: "FlagArchived", flag } as const
      yield* refused(store.putRule(flag, environment, "a", rule("a"), { expected }), archived)
    }))

  it.effect("any number of edits is what the same edits of a list are", () =>
    property(
      fc.array(edit, { minLength: 1, maxLength: 20 }),
      Effect.fnUntraced(function*(edits) {
        const store = yield* Store
        const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
        let list: ReadonlyArray<readonly [string, number]> = []
        for (const { key, name, number } of edits) {
          const { revision: expected } = yield* store.state(flag, environment)
          const known = list.findIndex(([other]) => other === key)
          const others = list.filter(([other]) => other !== key)
          if (name === "put") {
            yield* store.putRule(flag, environment, key, rule(key, number), { expected })
            list = known === -1 ? [...list, [key, number]] : list.with(known, [key, number])
          } else if (known === -1) {
            const edited = name === "remove"
              ? store.removeRule(flag, environment, key, { expected })
              : store.moveRule(flag, environment, key, number, { expected })
            assert.strictEqual((yield* Effect.flip(edited))._tag, "NotFound")
          } else if (name === "remove") {
            yield* store.removeRule(flag, environment, key, { expected })
            list = others
          } else {
            yield* store.moveRule(flag, environment, key, number, { expected })
            list = [...others.slice(0, number), list[known] ?? [key, 0], ...others.slice(number)]
          }
          const { draft } = yield* store.state(flag, environment)
          const now = (draft?.rules ?? []).map((rule) =>
            [rule.key, rule.strategy === "percentage_rollout" ? rule.rollout.percentage : -1] as const
          )
          assert.deepStrictEqual(now, list)
        }
      }),
      { numRuns: 10 }
    ), 60_000)
}
