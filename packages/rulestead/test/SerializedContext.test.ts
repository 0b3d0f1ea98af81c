import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Evaluator from "rulestead/Evaluator"
import * as SerializedContext from "rulestead/SerializedContext"
import { anyContext, anyFlag, anyOddContext } from "./support/evaluating.ts"

const names = ["plan", "age", "beta", "constructor", "__proto__", "role", "org", "tier"]
const everything = { attributes: names, actor: [...names, "key", "id"], maxBytes: 65_536 }

/** As a queue in a database keeps it. */
const throughQueue = (context: SerializedContext.SerializedContext): unknown => JSON.parse(JSON.stringify(context))

const serialized = (context: EvaluationContext, options?: SerializedContext.Options) =>
  Result.getOrThrow(SerializedContext.serialize(context, options))

const refusal = (
  result: Result.Result<unknown, { readonly problems: ReadonlyArray<{ readonly path: string; readonly rule: string }> }>
) => Result.isFailure(result) ? result.failure.problems.map(({ path, rule }) => `${path}: ${rule}`) : []

describe("a job", () => {
  it("decides as its request did", () => {
    fc.assert(
      fc.property(anyFlag, anyContext, (flag, context) => {
        const job = Result.getOrThrow(
          SerializedContext.deserialize(throughQueue(serialized(context, everything)), everything)
        )
        assert.deepStrictEqual(Evaluator.evaluate(flag, job), Evaluator.evaluate(flag, context))
        assert.deepStrictEqual(Evaluator.evaluateStrict(flag, job), Evaluator.evaluateStrict(flag, context))
      }),
      { numRuns: 500 }
    )
  })

  it("has the identity of the actor, though nothing else of the actor goes along", () => {
    const context = serialized({ actor: { id: 42, email: "ada@example.com" } })
    assert.deepStrictEqual(context, { version: 1, targetingKey: "42", actor: {} })
  })

  it("has no identity where the request had a blank one", () => {
    const context = serialized({ targetingKey: " ", actor: { key: "user-1" } }, { actor: ["key"] })
    assert.deepStrictEqual(context, { version: 1, targetingKey: "", actor: { key: "user-1" } })
  })
})

describe("serializing", () => {
  it("takes the facts that are named and no others", () => {
    const context: EvaluationContext = {
      targetingKey: "user-1",
      attributes: { plan: "pro", email: "ada@example.com", org: { tier: 1 }, gone: undefined }
    }
    assert.deepStrictEqual(serialized(context), { version: 1, targetingKey: "user-1" })
    assert.deepStrictEqual(serialized(context, { attributes: ["plan", "org", "gone", "toString"] }).attributes, {
      plan: "pro",
      org: { tier: 1 }
    })
  })

  it("refuses facts that would come out as others", () => {
    const attributes = { since: new Date(0), most: Infinity, big: 1n, nothing: undefined, plan: "pro" }
    for (const name of ["since", "most", "big"]) {
      assert.deepStrictEqual(
        refusal(SerializedContext.serialize({ attributes }, { attributes: ["plan", name] })),
        [`attributes.${name}: type`],
        name
      )
    }
    assert.isTrue(Result.isSuccess(SerializedContext.serialize({ attributes }, { attributes: ["plan", "nothing"] })))
  })

  it("refuses what is too long", () => {
    const context = { attributes: { note: "é".repeat(100) } }
    assert.isTrue(Result.isSuccess(SerializedContext.serialize(context, { attributes: ["note"] })))
    assert.deepStrictEqual(
      refusal(SerializedContext.serialize(context, { attributes: ["note"], maxBytes: 200 })),
      [": max_bytes"]
    )
  })

  it("does not throw, whatever it is given", () => {
    fc.assert(fc.property(anyOddContext, (make) => {
      const result: unknown = Reflect.apply(SerializedContext.serialize, undefined, [make() ?? {}, everything])
      assert.isTrue(Result.isResult(result))
    }))
  })
})

describe("deserializing", () => {
  it("refuses what it did not make, and another version", () => {
    const refused = (input: unknown) => refusal(SerializedContext.deserialize(input))
    assert.deepStrictEqual(refused({ version: 2 }), ["version: type"])
    assert.deepStrictEqual(refused({ version: 1, targetingKey: 42 }), ["targetingKey: type"])
    assert.deepStrictEqual(refused({ version: 1, attributes: [] }), ["attributes: type"])
    assert.deepStrictEqual(refused({ version: 1, password: "" }), ["password: unknown_field"])
    assert.deepStrictEqual(refused({ version: 1, attributes: { note: "x".repeat(4096) } }), [": max_bytes"])
    for (const input of [undefined, null, "", [], 1]) assert.isNotEmpty(refused(input))
  })
})
