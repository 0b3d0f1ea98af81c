import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Audit from "rulestead/Audit"
import type { Value } from "rulestead/Value"
import { anyJson } from "../../../test/contract/support/json.ts"

const event = (before: Value, after: Value): Audit.Event =>
  Audit.fromStored({
    id: 1,
    action: "ruleset.publish",
    result: "ok",
    key: "checkout",
    environment: "prod",
    actor: { id: "ada", kind: "person" },
    reason: "launch",
    correlationId: null,
    at: 0,
    before,
    after
  })

const changes = (before: Value, after: Value) => event(before, after).changes

const rule = (key: string, percentage: number, value: Value = true) => ({
  key,
  strategy: "percentage_rollout",
  rollout: { percentage, bucketBy: "subject" },
  value
})

describe("what changed", () => {
  it("is told field by field, rules and variants by their keys, other items by their numbers", () => {
    const before = { tags: ["a", "b"], rules: [rule("one", 1), rule("two", 2)], salt: "s" }
    const after = { tags: ["a", "c", "d"], rules: [rule("two", 2), rule("one", 10), rule("three", 3)], hashVersion: 1 }
    assert.deepStrictEqual(changes(before, after), [
      { path: "tags[1]", before: "b", after: "c" },
      { path: "tags[2]", after: "d" },
      { path: "rules[one].rollout.percentage", before: 1, after: 10 },
      { path: "rules[three]", after: rule("three", 3) },
      { path: "rules", before: ["one", "two"], after: ["two", "one"] },
      { path: "salt", before: "s" },
      { path: "hashVersion", after: 1 }
    ])
  })

  it("is all of it where something begins or ends, and nothing where both are the same", () => {
    assert.deepStrictEqual(changes(null, { a: 1 }), [{ path: "", after: { a: 1 } }])
    assert.deepStrictEqual(changes({ a: 1 }, null), [{ path: "", before: { a: 1 } }])
    assert.deepStrictEqual(changes(null, null), [])
    assert.deepStrictEqual(changes({ a: 1, b: [2] }, { b: [2], a: 1 }), [])
  })

  it("tells null from what is not there, below the top", () => {
    assert.deepStrictEqual(changes({ a: null }, {}), [{ path: "a", before: null }])
    assert.deepStrictEqual(changes({}, { a: null }), [{ path: "a", after: null }])
    assert.deepStrictEqual(changes({ a: null }, { a: {} }), [{ path: "a", before: null, after: {} }])
  })

  it("is empty if and only if both have the same content", () => {
    fc.assert(fc.property(anyJson, anyJson, (before, after) => {
      const isSame = JSON.stringify(sorted(before)) === JSON.stringify(sorted(after))
      assert.strictEqual(changes({ of: before }, { of: after }).length === 0, isSame)
      assert.deepStrictEqual(changes(before, structuredClone(before)), [])
    }))
  })
})

/** Fields in the order of their names. */
const sorted = (value: Value): Value => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const fields = Object.entries(value).map(([name, part]) => [name, sorted(part)] as const)
  return Object.fromEntries(fields.sort(([a], [b]) => a < b ? -1 : 1))
}

describe("a redacted event", () => {
  const before = {
    key: "checkout",
    description: "secret plan",
    valueType: "json",
    defaultValue: { key: "secret", revision: "secret" },
    owner: { kind: "person", ref: "ada@example.com" },
    revision: 1
  }

  it("keeps the fields that are allowed and marks the others, in what was, what is and what changed", () => {
    const after = { ...before, description: "another secret", defaultValue: {}, revision: 2 }
    const hidden = { description: "[redacted]", defaultValue: "[redacted]", owner: "[redacted]" }
    const shown = Audit.redact(event(before, after))
    assert.deepStrictEqual(shown, {
      ...event(before, after),
      before: { ...before, ...hidden },
      after: { ...after, ...hidden },
      changes: [
        { path: "description", before: "[redacted]", after: "[redacted]" },
        { path: "defaultValue", before: "[redacted]", after: "[redacted]" },
        { path: "revision", before: 1, after: 2 }
      ]
    })
  })

  it("shows shares and strategies of rules, drafted and published, and nothing that they serve or ask", () => {
    const conditions = [{ attribute: "email", operator: "equals", value: "secret" }]
    const rules = (percentage: number) => [{ ...rule("one", percentage, "secret"), conditions, description: "secret" }]
    const shown = [
      Audit.redact(event({ rules: rules(1), salt: "secret" }, { rules: rules(2), salt: "secret 2" })),
      Audit.redact(event({ version: 1, ruleset: { rules: rules(1) } }, { version: 2, ruleset: { rules: rules(2) } }))
    ]
    for (const event of shown) assert.notInclude(JSON.stringify(event), "secret")
    const [drafted, published] = shown.map(({ changes }) => changes)
    assert.deepStrictEqual(drafted, [
      { path: "rules[one].rollout.percentage", before: 1, after: 2 },
      { path: "salt", before: "[redacted]", after: "[redacted]" }
    ])
    assert.deepStrictEqual(published, [
      { path: "version", before: 1, after: 2 },
      { path: "ruleset.rules[one].rollout.percentage", before: 1, after: 2 }
    ])
  })

  it("shows what the reader allows, and not even the keys of rules unless they are", () => {
    const [one, two] = [{ rules: [rule("a", 1), rule("b", 2)] }, { rules: [rule("b", 2), rule("a", 1)] }]
    assert.deepStrictEqual(Audit.redact(event(one, two), []).changes, [
      { path: "rules", before: "[redacted]", after: "[redacted]" }
    ])
    assert.deepStrictEqual(Audit.redact(event(one, two), ["rules.rollout.percentage"]).changes, [
      { path: "rules[0].key", before: "[redacted]", after: "[redacted]" },
      { path: "rules[0].rollout.percentage", before: 1, after: 2 },
      { path: "rules[1].key", before: "[redacted]", after: "[redacted]" },
      { path: "rules[1].rollout.percentage", before: 2, after: 1 }
    ])
    assert.deepStrictEqual(Audit.redact(event(one, two), ["rules"]).changes, event(one, two).changes)
  })

  it("holds no text of what is not allowed, whatever it looks like", () => {
    fc.assert(fc.property(anyJson, anyJson, (one, two) => {
      const marked = (value: Value): Value => JSON.parse(JSON.stringify({ value, s3cr3t: value, key: "s3cr3t" }))
      const document = (value: Value) => ({
        defaultValue: marked(value),
        rules: [{ key: "a", value: marked(value), conditions: [marked(value)] }],
        ruleset: { rules: [{ key: "a", value: marked(value) }] }
      })
      const shown = Audit.redact(event(document(one), document(two)))
      assert.notInclude(JSON.stringify(shown), "s3cr3t")
      assert.strictEqual(shown.changes.length === 0, event(document(one), document(two)).changes.length === 0)
    }))
  })
})
