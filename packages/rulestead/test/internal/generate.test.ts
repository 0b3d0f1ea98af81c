import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { spawnSync } from "node:child_process"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Evaluator from "rulestead/Evaluator"
import type { Rule } from "rulestead/Rule"
import { generate } from "../../src/internal/generate.ts"
import { interpret } from "../../src/internal/interpret.ts"
import type { Served } from "../../src/internal/served.ts"
import { anyContext, anyFlag, anyOddContext, compile, flagOf, forced } from "../support/evaluating.ts"
import { anyString } from "../support/strings.ts"

const generated = (flag: Evaluator.CompiledFlag) => generate(flag.program) ?? assert.fail("no code was generated")

const assertAgree = (flag: Evaluator.CompiledFlag, context: unknown): void => {
  const walk = generated(flag)
  for (const strict of [false, true]) {
    const byCode: Served = Reflect.apply(walk, undefined, [context, strict])
    const bySteps: Served = Reflect.apply(interpret, undefined, [flag.program, context, strict])
    assert.strictEqual(byCode, bySteps)
  }
}

const plans = (count: number): ReadonlyArray<Rule> =>
  Array.from(
    { length: count },
    (_, index) => forced(`rule-${index}`, index, { attribute: "plan", operator: "equals", value: `plan-${index}` })
  )

const attributesWith = (name: string, value: unknown): EvaluationContext => {
  const attributes = {}
  Object.defineProperty(attributes, name, { value, enumerable: true })
  return { attributes }
}

describe("generated code", () => {
  it("decides as the steps do, whatever the flag and the context are", () => {
    const ordinary = anyContext.map((context) => () => context)
    fc.assert(
      fc.property(anyFlag, fc.oneof(ordinary, anyOddContext), (flag, make) => assertAgree(flag, make())),
      { numRuns: 3_000 }
    )
  })

  it("reads an attribute of any name, and cannot be broken by it", () => {
    const awkward = fc.constantFrom(
      "\"",
      "\\",
      "\"] || true || attributes[\"",
      "'",
      "`${1}`",
      "\n",
      "\u2028",
      "\ud800",
      "*/",
      "__proto__",
      "constructor",
      "toString",
      "length",
      "context"
    )
    fc.assert(
      fc.property(fc.oneof(awkward, anyString.filter((name) => !name.includes("."))), (name) => {
        const flag = compile(flagOf([forced("here", 1, { attribute: `attributes.${name}`, operator: "exists" })]))
        for (const context of [attributesWith(name, "here"), attributesWith(`${name}?`, "elsewhere"), {}]) {
          assertAgree(flag, context)
        }
        assert.strictEqual(generated(flag)(attributesWith(name, "here"), false).outcome.value, 1)
        assert.strictEqual(generated(flag)({}, false).outcome.value, "default")
      }),
      { numRuns: 500 }
    )
  })

  it.each([2, 12, 13, 300])("finds the row of a table of %d", (rows) => {
    const flag = compile(flagOf(plans(rows)))
    for (const plan of ["plan-0", `plan-${rows - 1}`, `plan-${rows}`, 0, Number.NaN, undefined]) {
      assertAgree(flag, { attributes: { plan } })
    }
    const last = { attributes: { plan: `plan-${rows - 1}` } }
    assert.strictEqual(generated(flag)(last, false).outcome.value, rows - 1)
  })

  it("is not made for a flag that is too long to gain by it, which decides all the same", () => {
    const odd = (index: number) => ({ attribute: "seats", operator: "equals", value: index } as const)
    const rules = Array.from(
      { length: 2_000 },
      (_, index) => forced(`rule-${index}`, index, odd(index), { attribute: "plan", operator: "exists" })
    )
    const flag = compile(flagOf(rules))
    assert.isUndefined(generate(flag.program))
    for (let time = 0; time < 1_000; time++) {
      assert.strictEqual(Evaluator.evaluate(flag, { attributes: { seats: 7, plan: "pro" } }).value, 7)
    }
  })
})

describe("a flag that is decided again and again", () => {
  it("goes on answering with the same object", () => {
    fc.assert(
      fc.property(anyFlag, anyContext, (flag, context) => {
        const answer = Evaluator.evaluate(flag, context)
        const strict = Evaluator.evaluateStrict(flag, context)
        for (let time = 0; time < 300; time++) {
          assert.strictEqual(Evaluator.evaluate(flag, context), answer)
          assert.strictEqual(Evaluator.evaluateStrict(flag, context), strict)
        }
      })
    )
  })

  it("decides the same in a process that forbids code from strings", () => {
    const program = `
      import * as Evaluator from "rulestead/Evaluator"
      let forbidden = false
      try { new Function("") } catch { forbidden = true }
      const flag = Evaluator.compileFlag(${JSON.stringify(flagOf(plans(3)))})
      const values = new Set()
      for (let time = 0; time < 1_000; time++) {
        values.add(Evaluator.evaluate(flag, { attributes: { plan: "plan-2" } }).value)
      }
      console.log(JSON.stringify({ forbidden, values: [...values] }))
    `
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ["--conditions=source", "--disallow-code-generation-from-strings", "--input-type=module", "--eval", program],
      { cwd: import.meta.dirname, encoding: "utf8" }
    )
    assert.strictEqual(status, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), { forbidden: true, values: [2] })
  })
})

describe("a flag that cannot be compiled at its first decision", () => {
  it("answers its default as an error, and is compiled by a later one", () => {
    let isBroken = true
    const rule: Rule = {
      ...forced("rule", "on"),
      get conditions() {
        return isBroken ? assert.fail("it cannot be read") : []
      }
    }
    const flag = compile(flagOf([rule]))
    for (let time = 0; time < 300; time++) {
      assert.deepInclude(Evaluator.evaluate(flag, {}), { reason: "error", value: "default" })
      assert.deepInclude(Evaluator.evaluateStrict(flag, {}), { reason: "error", value: "default" })
      assert.deepInclude(Evaluator.explain(flag, {}).outcome, { reason: "error", value: "default" })
    }
    isBroken = false
    assert.deepInclude(Evaluator.evaluate(flag, {}), { reason: "rule_match", value: "on" })
  })
})
