import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { EvaluationContext } from "rulestead/EvaluationContext"
import * as Manifest from "rulestead/Manifest"
import * as TemporaryDirectory from "./support/TemporaryDirectory.ts"

const root = join(import.meta.dirname, "..")

const contexts = readFileSync(join(root, "examples/contexts.jsonl"), "utf8")

const decodeContext = Schema.decodeSync(Schema.fromJsonString(EvaluationContext), { onExcessProperty: "error" })

describe("examples", () => {
  it.effect("the catalogue is a manifest with every strategy, operator and type", () =>
    Effect.gen(function*() {
      const { audiences, flags } = yield* Manifest.parse(
        readFileSync(join(root, "examples/storefront.flags.json"), "utf8")
      )
      const rules = flags.flatMap(({ ruleset }) => ruleset?.rules ?? [])
      const conditions = [
        ...rules.flatMap(({ conditions }) => conditions),
        ...audiences.flatMap(({ definition }) => "conditions" in definition ? definition.conditions : [])
      ]
      assert.sameMembers([...new Set(flags.map(({ valueType }) => valueType))], ["boolean", "string", "number", "json"])
      assert.sameMembers([...new Set(rules.map(({ strategy }) => strategy))], [
        "forced_value",
        "segment_match",
        "percentage_rollout",
        "variant_split",
        "experiment"
      ])
      assert.sameMembers([...new Set(rules.flatMap((rule) => "rollout" in rule ? [rule.rollout.bucketBy] : []))], [
        "subject",
        "account",
        "tenant",
        "session"
      ])
      assert.sameMembers([...new Set(conditions.map(({ operator }) => operator))], [
        "equals",
        "not_equals",
        "in",
        "not_in",
        "gt",
        "gte",
        "lt",
        "lte",
        "regex",
        "exists"
      ])
      assert.lengthOf(flags.filter(({ killSwitch }) => killSwitch !== undefined), 1)
    }))

  it("the contexts are 10,000, readable, and no larger than they should be", () => {
    const lines = contexts.trimEnd().split("\n").map((line) => decodeContext(line))
    assert.lengthOf(lines, 10_000)
    assert.isBelow(contexts.length, 4_000_000)
  })

  it.effect("the contexts are what their script writes", () =>
    Effect.gen(function*() {
      const file = join(yield* TemporaryDirectory.make, "contexts.jsonl")
      execFileSync(process.execPath, [join(root, "scratchpad/make-contexts.ts"), file])
      assert.isTrue(readFileSync(file, "utf8") === contexts)
    }))
})
