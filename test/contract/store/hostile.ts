import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Actor from "rulestead/Actor"
import type { Condition } from "rulestead/Condition"
import * as Evaluator from "rulestead/Evaluator"
import { Publisher } from "rulestead/Publisher"
import type { Rule } from "rulestead/Rule"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import type { Value } from "rulestead/Value"
import { property } from "../../support/property.ts"
import { anyJson } from "../support/json.ts"
import * as Mirror from "../support/Mirror.ts"
import * as Scene from "../support/Scene.ts"

const texts: ReadonlyArray<string> = [
  "__proto__",
  "constructor",
  "toString",
  "\0",
  "a\0b",
  "\\u0000",
  "\ud800",
  "\udfff\ud800",
  "👩‍👩‍👧‍👦",
  "'; drop table flags; --",
  "\"{}[],:\\",
  "a\u2028\u2029\ufeffb",
  "%s $1 :name ?",
  "é\u0301",
  "x".repeat(128)
]

const large = "€\0\ud83d".repeat(33_000)

const parse = (json: string): Value => JSON.parse(json)

const values: ReadonlyArray<Value> = [
  ...texts,
  large,
  texts,
  parse(`{ "__proto__": { "polluted": true }, "constructor": null, "\\u0000": "\\ud800" }`),
  parse(`{ "10": 1, "9": 2, "b": 3, "a": 4 }`),
  0.1,
  -0.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
  null
]

/** Text that only looks dangerous: it goes in and comes out as it is, and does nothing on the way. */
export const hostile = (it: Scene.It) => {
  it.effect("any text survives in descriptions, names, tags, reasons and actors", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (const text of [...texts, "€\0\ud83d".repeat(600)]) {
        const [environment, audience, flag] = [Scene.key("env"), Scene.key("audience"), Scene.key("flag")]
        const label = text.slice(0, 64).trim()
        const options = { reason: text, correlationId: text.slice(0, 255) }
        const actor = { id: text.slice(0, 255), kind: "service", name: text.slice(0, 255) } as const
        yield* Effect.gen(function*() {
          yield* store.createEnvironment({ key: environment, name: label, description: text }, options)
          yield* store.createAudience({ key: audience, description: text, definition: { everyone: true } }, options)
          const input = {
            key: flag,
            valueType: "boolean",
            defaultValue: true,
            description: text,
            tags: [label]
          } as const
          yield* store.createFlag(input, options)
        }).pipe(Effect.provideService(Actor.Current, actor))
        assert.deepInclude(yield* store.environment(environment), { name: label, description: text })
        assert.deepInclude(yield* store.audience(audience), { description: text })
        const stored = yield* store.flag(flag)
        assert.deepInclude(stored, { description: text, tags: [label] })
        const [event] = yield* store.audit({ key: flag })
        assert.deepInclude(event, { ...options, actor, after: stored })
        const { correlationId } = options
        const [found] = yield* store.audit({ actor: actor.id, correlationId, actions: ["flag.create"], limit: 1 })
        assert.deepStrictEqual(found, event)
      }
    }))

  it.effect("any value survives as a default, in rules, in variants and in a kill switch, up to the node", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const environment = yield* Scene.environment
      for (const value of values) {
        const flag = yield* Scene.jsonFlag(value)
        assert.deepStrictEqual((yield* store.flag(flag)).defaultValue, value)
        const rules: ReadonlyArray<Rule> = [
          {
            key: "split",
            strategy: "variant_split",
            conditions: [{ attribute: "never", operator: "exists" }],
            rollout: { percentage: 50, bucketBy: "subject" },
            variants: [{ key: "only", weight: 100, value }]
          },
          { key: "all", strategy: "forced_value", conditions: [], value }
        ]
        yield* Scene.publish(flag, environment, { rules })
        assert.deepStrictEqual((yield* store.ruleset(flag, environment)).ruleset.rules, rules)
        const mirror = yield* Mirror.fetch(environment)
        const entry = yield* Mirror.flagEntry(mirror, flag)
        assert.deepStrictEqual(entry.rules, rules)
        assert.deepStrictEqual(entry.defaultValue, value)
        assert.deepStrictEqual(Evaluator.evaluate(yield* Mirror.compile(mirror, flag), {}).value, value)
        const options = { expected: "any", value } as const
        const { state } = yield* publisher.engageKillSwitch(flag, environment, options)
        assert.deepStrictEqual(state.killSwitch?.value, value)
        assert.deepStrictEqual((yield* store.state(flag, environment)).killSwitch, state.killSwitch)
        const killed = yield* Mirror.flagEntry(yield* Mirror.fetch(environment), flag)
        assert.deepStrictEqual(killed.killSwitch, { value })
      }
      assert.isUndefined(Reflect.get({}, "polluted"))
    }))

  it.effect("any text survives as the key of a rule or variant, as a salt, and in conditions", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.jsonFlag(null)]
      const labels = [...new Set(texts.map((text) => text.trim()))].filter((text) => text !== "")
      const unused = labels.map((key) => ({ key, weight: 0, value: key }))
      const rules = labels.map((key, index): Rule => ({
        key,
        strategy: "variant_split",
        description: labels[index] ?? "",
        conditions: conditionsOn(texts),
        rollout: { percentage: 100, bucketBy: "subject", salt: key },
        variants: [{ key: "the one", weight: 100, value: key }, ...unused]
      }))
      const ruleset: Ruleset.Ruleset = { rules, salt: "\0\ud800", hashVersion: 1 }
      yield* Scene.publish(flag, environment, ruleset)
      assert.deepStrictEqual((yield* store.ruleset(flag, environment)).ruleset, ruleset)
      const { entries } = yield* Mirror.fetch(environment)
      assert.strictEqual(entries.size, 1)
    }))

  it.effect("documents are kept as they were, whatever becomes of the objects they were given in", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const inner = { list: [1, 2] }
      const given = { inner }
      const flag = yield* Scene.jsonFlag(given)
      inner.list.push(3)
      Object.assign(given, { more: true })
      assert.deepStrictEqual((yield* store.flag(flag)).defaultValue, { inner: { list: [1, 2] } })
    }))

  it.effect("any JSON value comes back as it went in", () =>
    Effect.gen(function*() {
      const store = yield* Store
      yield* property(anyJson, (value) =>
        Effect.gen(function*() {
          const flag = yield* Scene.jsonFlag(value)
          assert.deepStrictEqual((yield* store.flag(flag)).defaultValue, value)
        }), { numRuns: 50 })
    }))
}

const conditionsOn = (texts: ReadonlyArray<string>): ReadonlyArray<Condition> => [
  { attribute: "plan", operator: "not_in", values: texts },
  ...texts.map((value): Condition => ({ attribute: "attributes.__proto__", operator: "not_equals", value }))
]
