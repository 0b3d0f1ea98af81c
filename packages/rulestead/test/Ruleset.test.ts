import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Ruleset from "rulestead/Ruleset"
import type { ValueType } from "rulestead/Value"
import { property } from "../../../test/support/property.ts"
import { problems } from "./support/problems.ts"

const decode = (valueType: ValueType, input: unknown) =>
  Effect.map(Effect.result(Ruleset.decode(valueType)(input)), problems)

const forced = (key: string, value: unknown) => ({ key, strategy: "forced_value", value })

const split = (...weights: ReadonlyArray<number>) => ({
  key: "split",
  strategy: "variant_split",
  rollout: { percentage: 100 },
  variants: weights.map((weight, index) => ({ key: `v${index}`, weight, value: index }))
})

const rollout = (key: string, salt?: string): Ruleset.Ruleset["rules"][number] => ({
  key,
  strategy: "percentage_rollout",
  conditions: [],
  rollout: { percentage: 10, bucketBy: "subject", ...(salt === undefined ? {} : { salt }) }
})

const ruleset = (rules: Ruleset.Ruleset["rules"], salt?: string): Ruleset.Ruleset => ({
  rules,
  ...(salt === undefined ? {} : { salt }),
  hashVersion: 1
})

describe("Ruleset.decode", () => {
  it.effect("fills in what may be left out", () =>
    Effect.gen(function*() {
      const input = {
        rules: [
          { key: "a", strategy: "percentage_rollout", rollout: { percentage: 5 } },
          {
            key: "b",
            strategy: "experiment",
            experiment: { salt: "one" },
            variants: [{ key: "v", weight: 100, value: 1 }]
          }
        ]
      }
      assert.deepStrictEqual(yield* Ruleset.decode("number")(input), {
        rules: [
          {
            key: "a",
            strategy: "percentage_rollout",
            conditions: [],
            rollout: { percentage: 5, bucketBy: "subject" }
          },
          {
            key: "b",
            strategy: "experiment",
            conditions: [],
            experiment: { salt: "one", bucketBy: "subject", holdout: 5 },
            variants: [{ key: "v", weight: 100, value: 1 }]
          }
        ],
        hashVersion: 1
      })
    }))

  it.effect("what it answers is accepted as it is", () =>
    Effect.gen(function*() {
      const once = yield* Ruleset.decode("number")({ rules: [split(50, 50), forced("a", 1)], salt: "s" })
      assert.deepStrictEqual(yield* Ruleset.decode("number")(once), once)
    }))

  it.effect("every value must be of the flag's type", () =>
    Effect.gen(function*() {
      const values = { boolean: true, string: "a", number: 1, json: { a: 1 } }
      const types: ReadonlyArray<ValueType> = ["boolean", "string", "number", "json"]
      for (const declared of types) {
        for (const given of types) {
          const value = values[given]
          const input = {
            rules: [
              forced("a", value),
              { key: "b", strategy: "segment_match", audience: "beta", value },
              { key: "c", strategy: "percentage_rollout", rollout: { percentage: 1 }, value },
              {
                key: "d",
                strategy: "variant_split",
                rollout: { percentage: 1 },
                variants: [{ key: "v", weight: 100, value }]
              }
            ]
          }
          const fits = declared === given || declared === "json"
          assert.deepStrictEqual(
            yield* decode(declared, input),
            fits ? [] : ["rules[0].value", "rules[1].value", "rules[2].value", "rules[3].variants[0].value"]
              .map((path) => `${path} (value_type)`)
          )
        }
      }
    }))

  it.effect("a rule key, and in a rule a variant key, is taken once", () =>
    Effect.gen(function*() {
      const twice = split(50, 50)
      const variants = twice.variants.map((variant) => ({ ...variant, key: "same" }))
      assert.deepStrictEqual(
        yield* decode("number", {
          rules: [forced("a", 1), forced("b", 2), forced("a", 3), { ...twice, variants }, forced("a", 4)]
        }),
        ["rules[2].key (unique_key)", "rules[4].key (unique_key)", "rules[3].variants[1].key (unique_key)"]
      )
      assert.deepStrictEqual(yield* decode("number", { rules: [split(100), { ...split(100), key: "other" }] }), [])
    }))

  it.effect.each([
    { weights: [100] },
    { weights: [50, 50] },
    { weights: [33.33, 33.33, 33.34] },
    { weights: [0.01, 99.99] },
    { weights: [0, 100, 0] }
  ])("weights that add up to 100 are accepted: $weights", ({ weights }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decode("number", { rules: [split(...weights)] }), [])
    }))

  it.effect("ten thousand weights of a hundredth add up to 100", () =>
    Effect.gen(function*() {
      const weights = Array.from({ length: 10_000 }, () => 0.01)
      assert.deepStrictEqual(yield* decode("number", { rules: [split(...weights)] }), [])
    }))

  it.effect.each([
    { weights: [99.99] },
    { weights: [50, 50.01] },
    { weights: [33.33, 33.33, 33.33] },
    { weights: [0] },
    { weights: [100, 100] }
  ])("weights that do not add up to 100 are refused: $weights", ({ weights }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* decode("number", { rules: [split(...weights)] }), ["rules[0].variants (weights)"])
    }))

  it.effect("problems of the shape and problems across fields are told together", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* decode("boolean", {
          rules: [
            forced("a", "yes"),
            { ...forced("a", true), conditions: [{ attribute: "org.tier", operator: "equals", value: 1 }] },
            "nonsense",
            null,
            { key: "c", strategy: "variant_split", rollout: { percentage: 200 }, variants: [{ weight: 1 }] }
          ],
          salt: 5
        }),
        [
          "rules[1].conditions[0].attribute (attribute_path)",
          "rules[2] (one_of)",
          "rules[3] (one_of)",
          "rules[4].rollout.percentage (percentage)",
          "rules[4].variants[0].key (required)",
          "rules[4].variants[0].value (required)",
          "salt (type)",
          "rules[1].key (unique_key)",
          "rules[0].value (value_type)",
          "rules[4].variants (weights)"
        ]
      )
    }))

  it.effect("nothing that could be passed for a document makes it throw", () =>
    Effect.gen(function*() {
      const oddities = [undefined, null, 1, "x", [], { rules: null }, { rules: { length: 1e9 } }, () =>
        1, Object.create(null)]
      for (const input of oddities) {
        assert.isNotEmpty(yield* decode("json", input))
      }
      yield* property(fc.anything(), (rules) =>
        Effect.asVoid(decode("json", { rules })), {})
    }))
})

describe("Ruleset.keepSalts", () => {
  it("takes what is left out from the ruleset before", () => {
    const before = ruleset([rollout("a", "one"), rollout("b", "two")], "outer")
    const kept = Ruleset.keepSalts(ruleset([rollout("b"), rollout("a")]), before)
    assert.deepStrictEqual(kept, ruleset([rollout("b", "two"), rollout("a", "one")], "outer"))
  })

  it("leaves alone what is given, what is new, and what had none", () => {
    const before = ruleset([rollout("a", "one"), rollout("b")], "outer")
    const next = ruleset([rollout("a", "new"), rollout("b"), rollout("c")], "changed")
    assert.deepStrictEqual(Ruleset.keepSalts(next, before), next)
    assert.deepStrictEqual(Ruleset.keepSalts(next, undefined), next)
  })

  it("an empty salt is a salt", () => {
    const before = ruleset([rollout("a", "one")], "outer")
    const next = ruleset([rollout("a", "")], "")
    assert.deepStrictEqual(Ruleset.keepSalts(next, before), next)
  })

  it("keeps the salt of a rule whose strategy changed, and none for a rule without a rollout", () => {
    const variants = [{ key: "v", weight: 100, value: 1 }] as const
    const before = ruleset([
      {
        key: "a",
        strategy: "variant_split",
        conditions: [],
        rollout: { percentage: 1, bucketBy: "subject", salt: "one" },
        variants
      }
    ])
    const forced = { key: "a", strategy: "forced_value", conditions: [], value: 1 } as const
    assert.deepStrictEqual(Ruleset.keepSalts(ruleset([rollout("a")]), before), ruleset([rollout("a", "one")]))
    assert.deepStrictEqual(Ruleset.keepSalts(ruleset([forced]), before), ruleset([forced]))
  })

  it("does it once: keeping again changes nothing", () => {
    const salts = fc.option(fc.string({ maxLength: 3 }), { nil: undefined })
    const rules = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c", "__proto__"), salts), {
      selector: ([key]) => key
    })
    const any = fc.tuple(rules, salts).map(([rules, salt]) =>
      ruleset(rules.map(([key, salt]) => rollout(key, salt)), salt)
    )
    fc.assert(fc.property(any, any, (next, before) => {
      const kept = Ruleset.keepSalts(next, before)
      assert.deepStrictEqual(Ruleset.keepSalts(kept, before), kept)
      assert.deepStrictEqual(Ruleset.keepSalts(next, kept), kept)
    }))
  })
})

describe("Ruleset.audiences", () => {
  it("names each audience once, in order of appearance", () => {
    const segment = (key: string, audience: string) =>
      ({ key, strategy: "segment_match", conditions: [], audience, value: 1 }) as const
    const rules = [segment("a", "two"), rollout("b"), segment("c", "one"), segment("d", "two")]
    assert.deepStrictEqual(Ruleset.audiences(ruleset(rules)), ["two", "one"])
  })
})
