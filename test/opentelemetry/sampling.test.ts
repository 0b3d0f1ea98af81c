import type { Attributes } from "@rulestead/opentelemetry/FlagEvaluation"
import * as Sampling from "@rulestead/opentelemetry/Sampling"
import type { Decision } from "rulestead/Decision"
import { assert, describe, it } from "vitest"

const snapshot = { environment: "prod", epoch: "epoch-1", version: 1, source: "live", stale: false } as const

const decisionOf = (flag: string, fields: Partial<Decision> = {}): Decision => ({
  flag,
  value: true,
  enabled: true,
  variant: null,
  reason: "rule_match",
  rule: "all",
  selection: "everybody",
  rulesetVersion: 1,
  holdout: false,
  snapshot,
  ...fields
})

/** An observer at a moment, which is changed by hand. */
const observing = (options: Sampling.Options) => {
  const told: Array<Attributes> = []
  const time = { now: 0, chance: 0 }
  const observer = Sampling.observer(options, {
    emit: (attributes) => told.push(attributes),
    now: () => time.now,
    random: () => time.chance
  })
  const decide = (decision: Decision, times = 1) => {
    for (let i = 0; i < times; i++) observer.decided(decision, {})
  }
  const fail = (flag: string, times = 1) => {
    for (let i = 0; i < times; i++) observer.failed({ flag, code: "flag_not_found", snapshot }, {})
  }
  const counts = () =>
    told.map((attributes) => `${attributes["feature_flag.key"]} ${attributes["rulestead.evaluation.count"]}`)
  return { counts, decide, fail, time, told }
}

describe("what is told of decisions", () => {
  it("is each answer once a minute, and then how often it was given", () => {
    const { counts, decide, time } = observing({})
    const [a, b] = [decisionOf("flag-a"), decisionOf("flag-b")]
    decide(a, 1_000)
    decide(b, 10)
    time.now = 59_999
    decide(a, 5)
    assert.deepStrictEqual(counts(), ["flag-a 1", "flag-b 1"])
    time.now = 60_000
    decide(a)
    assert.deepStrictEqual(counts(), ["flag-a 1", "flag-b 1", "flag-a 1005"])
  })

  it("is another answer of the same flag at once, and the same one from another snapshot", () => {
    const { decide, told } = observing({})
    decide(decisionOf("flag-a", { variant: "a" }))
    decide(decisionOf("flag-a", { variant: "b" }))
    decide(decisionOf("flag-a", { variant: "a", snapshot: { ...snapshot, version: 2 } }))
    assert.deepStrictEqual(
      told.map((attributes) => [attributes["feature_flag.result.variant"], attributes["feature_flag.version"]]),
      [
        ["a", "1"],
        ["b", "1"],
        ["a", "2"]
      ]
    )
  })

  it("is every evaluation, if that is wanted", () => {
    const { counts, decide, fail } = observing({ repeatAfter: 0 })
    decide(decisionOf("flag-a"), 3)
    fail("no-such-flag", 2)
    assert.deepStrictEqual(counts(), ["flag-a 1", "flag-a 1", "flag-a 1", "no-such-flag 1", "no-such-flag 1"])
  })

  it("is no more than so many a second, and nothing is lost from the counts", () => {
    const { counts, decide, time } = observing({ repeatAfter: 0, maxPerSecond: 3 })
    decide(decisionOf("flag-b"), 2)
    const a = decisionOf("flag-a")
    decide(a, 100)
    assert.deepStrictEqual(counts(), ["flag-b 1", "flag-b 1", "flag-a 1"])
    time.now = 1_000
    decide(a, 100)
    assert.deepStrictEqual(counts().slice(3), ["flag-a 100", "flag-a 1", "flag-a 1"])
  })

  it("is nothing with a rate of 0, and survives a clock that steps back", () => {
    const none = observing({ maxPerSecond: 0 })
    none.decide(decisionOf("flag-a"), 10)
    none.time.now = 1_000_000
    none.decide(decisionOf("flag-b"), 10)
    assert.deepStrictEqual(none.counts(), [])
    const { counts, decide, time } = observing({ repeatAfter: 0, maxPerSecond: 1 })
    time.now = 1_000_000
    decide(decisionOf("flag-a"), 2)
    time.now = 0
    decide(decisionOf("flag-b"))
    time.now = 1_000
    decide(decisionOf("flag-c"))
    assert.deepStrictEqual(counts(), ["flag-a 1", "flag-c 1"])
  })

  it("is a share, at random", () => {
    const { counts, decide, time } = observing({ repeatAfter: 0, ratio: 0.1 })
    const a = decisionOf("flag-a")
    for (const chance of [0.5, 0.1, 0.09, 0.99, 0]) {
      time.chance = chance
      decide(a)
    }
    assert.deepStrictEqual(counts(), ["flag-a 3", "flag-a 2"])
  })

  it("is bounded also where anybody may ask for any flag", () => {
    const { fail, told } = observing({ maxPerSecond: 10 })
    for (let i = 0; i < 10_000; i++) fail(`flag-${i}`)
    assert.lengthOf(told, 10)
  })
})

describe("the value", () => {
  const tell = (values: Sampling.Options["values"], ...decisions: ReadonlyArray<Decision>) => {
    const { decide, told } = observing({ values })
    for (const decision of decisions) decide(decision)
    return told.map((attributes) => attributes["feature_flag.result.value"])
  }
  const decisions = [true, "text", 7, { a: 1 }, [1], null].map((value) => decisionOf("flag-a", { value }))

  it("is told of boolean flags, of others only if that is allowed, and never of objects", () => {
    const [nothing, ...others] = Array.from({ length: 6 }, () => undefined)
    assert.deepStrictEqual(tell(undefined, ...decisions), [true, ...others])
    assert.deepStrictEqual(tell("none", ...decisions), [nothing, ...others])
    assert.deepStrictEqual(tell("scalar", ...decisions), [true, "text", 7, nothing, nothing, nothing])
  })

  it("is not told where a variant is", () => {
    assert.deepStrictEqual(tell("scalar", decisionOf("flag-a", { variant: "a" })), [undefined])
  })
})
