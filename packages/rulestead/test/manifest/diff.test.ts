import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Change from "rulestead/Change"
import * as Finding from "rulestead/Finding"
import * as Manifest from "rulestead/Manifest"
import { anyManifest } from "../../../../test/support/manifests.ts"
import { property } from "../../../../test/support/property.ts"
import { preview } from "../../src/internal/manifest/preview.ts"

const one = (flag: object, audiences: ReadonlyArray<object> = []) =>
  Effect.orDie(Manifest.decode({
    schemaVersion: 1,
    audiences,
    flags: [{ key: "checkout", valueType: "boolean", defaultValue: false, ...flag }]
  }))

const share = (percentage: number, rollout: object = {}) => ({
  key: "share",
  strategy: "percentage_rollout",
  rollout: { percentage, ...rollout },
  value: true
})

const told = (changes: ReadonlyArray<Change.Change>) => changes.map(({ action, key }) => `${action} ${key}`)

const diff = Effect.fnUntraced(function*(before: object, after: object) {
  return Manifest.diff(yield* one(before), yield* one(after))
})

describe("the difference of two manifests", () => {
  it.effect("is nothing, where only the order of fields, tags and documents is another", () =>
    Effect.gen(function*() {
      const changes = yield* diff(
        { tags: ["a", "b"], ruleset: { salt: "s", rules: [share(10)] } },
        { ruleset: { rules: [Object.fromEntries(Object.entries(share(10)).reverse())], salt: "s" }, tags: ["b", "a"] }
      )
      assert.deepStrictEqual(changes, [])
    }))

  it.effect("is something, where a salt or the order of rules is another, because that moves users", () =>
    Effect.gen(function*() {
      const salts = yield* diff({ ruleset: { rules: [share(10)] } }, {
        ruleset: { rules: [share(10, { salt: "new" })] }
      })
      assert.deepStrictEqual(told(salts), ["ruleset.publish checkout"])
      const [first, second] = [share(10), { ...share(20), key: "other" }]
      const order = yield* diff({ ruleset: { rules: [first, second] } }, { ruleset: { rules: [second, first] } })
      assert.deepStrictEqual(told(order), ["ruleset.publish checkout"])
    }))

  it.effect("is told field by field", () =>
    Effect.gen(function*() {
      const [change] = yield* diff(
        { ruleset: { rules: [share(10)] } },
        { ruleset: { rules: [{ key: "first", strategy: "forced_value", value: false }, share(25)] } }
      )
      assert.deepStrictEqual(change && Change.parts(change), [
        { path: "rules[share].rollout.percentage", before: 10, after: 25 },
        {
          path: "rules[first]",
          after: { key: "first", strategy: "forced_value", conditions: [], value: false }
        }
      ])
    }))

  it.effect("says that an owner goes where there shall be none, and nothing where none is said", () =>
    Effect.gen(function*() {
      const owner = { kind: "team", ref: "payments" }
      const lifecycle = { mode: "permanent" }
      assert.deepStrictEqual(yield* diff({ owner, lifecycle }, {}), [])
      const [change, ...others] = yield* diff({ owner, lifecycle }, { owner: null })
      assert.deepStrictEqual(change && Change.parts(change), [{ path: "owner", before: owner, after: null }])
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(told(yield* diff({}, { owner })), ["flag.change checkout"])
    }))

  it.effect("saves a draft anew that is published and shall be there still", () =>
    Effect.gen(function*() {
      const ruleset = { rules: [share(20)] }
      const changes = yield* diff({ ruleset: { rules: [] }, draft: ruleset }, { ruleset, draft: ruleset })
      assert.deepStrictEqual(told(changes), ["ruleset.publish checkout", "draft.save checkout"])
      assert.deepStrictEqual(changes.map(({ before }) => before === null), [false, true])
    }))

  it.effect("puts the kill switch before the rules when it is engaged, and after them when it is released", () =>
    Effect.gen(function*() {
      const live = { ruleset: { rules: [share(10)] } }
      const killed = { ruleset: { rules: [share(20)] }, killSwitch: { value: false } }
      assert.deepStrictEqual(told(yield* diff(live, killed)), [
        "kill_switch.engage checkout",
        "ruleset.publish checkout"
      ])
      assert.deepStrictEqual(told(yield* diff(killed, live)), [
        "ruleset.publish checkout",
        "kill_switch.release checkout"
      ])
    }))

  it.effect("says what comes and what goes, and leads from any manifest to any other", () =>
    property(fc.tuple(anyManifest, anyManifest), ([before, after]) =>
      Effect.gen(function*() {
        const [from, to] = [yield* Manifest.decode(before), yield* Manifest.decode(after)]
        assert.deepStrictEqual(Manifest.diff(from, from), [])
        const changes = Manifest.diff(from, to)
        assert.strictEqual(Manifest.print(preview(changes, from)), Manifest.print(to))
        for (const change of changes) assert.isNotEmpty(Change.parts(change))
      }), { numRuns: 100 }))
})

describe("validating a manifest", () => {
  it("finds everything that decoding refuses, as errors with a fix", () => {
    const findings = Manifest.validate({
      schemaVersion: 1,
      flags: [{ key: "no", valueType: "boolean", defaultValue: 1 }]
    })
    assert.deepStrictEqual(findings, [{
      severity: "error",
      code: "type",
      path: "flags[0].defaultValue",
      message: "found a number",
      fix: "true or false"
    }])
    assert.isTrue(Finding.hasErrors(findings))
  })

  it("warns of what is probably not meant", () => {
    const findings = Manifest.validate({
      schemaVersion: 1,
      audiences: [{ key: "staff", definition: { everyone: true } }],
      flags: [{
        key: "checkout",
        valueType: "boolean",
        defaultValue: false,
        ruleset: {
          rules: [share(0), { key: "all", strategy: "forced_value", value: true }, { ...share(5), key: "late" }]
        },
        killSwitch: { value: false }
      }, { key: "limit", valueType: "number", defaultValue: 1 }]
    })
    assert.deepStrictEqual(findings.map(({ code, path, severity }) => [severity, code, path]), [
      ["warning", "unused_audience", "audiences[0]"],
      ["warning", "empty_rollout", "flags[0].ruleset.rules[0].rollout.percentage"],
      ["warning", "unreachable_rule", "flags[0].ruleset.rules[2]"],
      ["warning", "killed", "flags[0].killSwitch"],
      ["warning", "not_served", "flags[1]"]
    ])
    assert.isFalse(Finding.hasErrors(findings))
  })
})
