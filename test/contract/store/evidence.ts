import { assert } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Evidence, type Usage } from "rulestead/Evidence"
import * as LifecycleReport from "rulestead/LifecycleReport"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import { invalid } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const hour = 3_600_000

/** Long enough ago that every store keeps it, whatever the precision of its clock. */
const earlier = Date.now() - 24 * hour

const served = (flag: string, at: number, more: Partial<Usage> = {}): Usage => ({
  flag,
  variant: null,
  reason: "rule_match",
  at,
  ...more
})

/** What nodes served, and where code refers to flags. */
export const evidence = (it: Scene.It) => {
  it.effect("usage keeps the latest time of each answer, by flag, reason and variant", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      const environment = yield* Scene.environment
      const [first, second] = [yield* Scene.flag, yield* Scene.flag].toSorted()
      if (first === undefined || second === undefined) return assert.fail()
      yield* evidence.recordUsage(environment, [
        served(second, earlier),
        served(first, earlier, { variant: "a" }),
        served(first, earlier, { reason: "default" })
      ])
      yield* evidence.recordUsage(environment, [served(first, earlier + hour, { variant: "a" })])
      yield* evidence.recordUsage(environment, [served(first, earlier - hour, { variant: "a" })])
      assert.deepStrictEqual(yield* evidence.usage(environment, [first, second]), [
        served(first, earlier, { reason: "default" }),
        served(first, earlier + hour, { variant: "a" }),
        served(second, earlier)
      ])
      assert.deepStrictEqual(yield* evidence.usage(environment, [second]), [served(second, earlier)])
      assert.deepStrictEqual(yield* evidence.usage(yield* Scene.environment, [first, second]), [])
    }))

  it.effect("usage is never in the future, and twice the same answer in one report is one", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      const environment = yield* Scene.environment
      const flag = yield* Scene.flag
      const now = yield* Clock.currentTimeMillis
      yield* evidence.recordUsage(environment, [served(flag, earlier), served(flag, now + 1000 * hour)])
      const [only, ...others] = yield* evidence.usage(environment, [flag])
      assert.isAbove(only?.at ?? 0, earlier)
      assert.isBelow(only?.at ?? Infinity, now + hour)
      assert.deepStrictEqual(others, [])
    }))

  it.effect("an environment is observed from its first report on; what the store does not know is passed over", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      const environment = yield* Scene.environment
      const flag = yield* Scene.flag
      assert.isNull(yield* evidence.observation(environment))
      yield* evidence.recordUsage(environment, [])
      const first = yield* evidence.observation(environment)
      yield* evidence.recordUsage(environment, [served("no-such-flag", earlier), served(flag, earlier)])
      const second = yield* evidence.observation(environment)
      assert.strictEqual(second?.since, first?.since)
      assert.isAtLeast(second?.last ?? 0, first?.last ?? Infinity)
      assert.deepStrictEqual(yield* evidence.usage(environment, ["no-such-flag", flag]), [served(flag, earlier)])
      yield* evidence.recordUsage("no-such-environment", [served(flag, earlier)])
      assert.isNull(yield* evidence.observation("no-such-environment"))
      assert.deepStrictEqual(yield* evidence.usage("no-such-environment", [flag]), [])
    }))

  it.effect("a bad report is refused whole, with its problems", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      const environment = yield* Scene.environment
      const flag = yield* Scene.flag
      yield* invalid(
        evidence.recordUsage(environment, [served(flag, earlier), { ...served(flag, Number.NaN), variant: "" }]),
        "usage[1].variant (variant_key)",
        "usage[1].at (value)"
      )
      assert.deepStrictEqual(yield* evidence.usage(environment, [flag]), [])
    }))

  it.effect("a scan replaces what the same source had, and nothing of another source", () =>
    Effect.gen(function*() {
      const evidence = yield* Evidence
      const [flag, other, web, api] = [yield* Scene.flag, yield* Scene.flag, Scene.key("web"), Scene.key("api")]
      const at = (line: number, of = flag) => ({ flag: of, file: "src/a.ts", line, kind: "call" as const })
      yield* evidence.recordScan({ source: web, at: earlier, references: [at(7), at(3), at(1, other)] })
      yield* evidence.recordScan({ source: api, at: earlier, references: [at(5)] })
      assert.deepStrictEqual(yield* evidence.references([flag]), [
        { source: api, ...at(5) },
        { source: web, ...at(3) },
        { source: web, ...at(7) }
      ])
      yield* evidence.recordScan({ source: web, at: earlier + hour, references: [at(2, other)] })
      assert.deepStrictEqual(yield* evidence.references([flag, other]), [
        { source: api, ...at(5) },
        { source: web, ...at(2, other) }
      ])
      const scans = (yield* evidence.scans).filter(({ source }) => source === web || source === api)
      assert.deepStrictEqual(scans, [
        { source: api, at: earlier, references: 1 },
        { source: web, at: earlier + hour, references: 1 }
      ])
      yield* invalid(
        evidence.recordScan({ source: "", at: earlier, references: [at(0)] }),
        "source (source)",
        "references[0].line (line)"
      )
    }))

  it.effect("a report knows which flags are live, and what was served of them", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const evidence = yield* Evidence
      const { environment, flag } = yield* Scene.live(Scene.forced(true))
      const unpublished = yield* Scene.flag
      const archived = yield* Scene.flag
      yield* Scene.publish(archived, environment, Scene.forced(true))
      yield* Scene.archive(archived)
      yield* evidence.recordUsage(environment, [served(flag, yield* Clock.currentTimeMillis)])

      const report = yield* LifecycleReport.make({ environment, archived: true, limit: 1000, after: "flag" })
      const states = new Map(report.map((assessment) => [assessment.flag.key, assessment.state]))
      assert.strictEqual(states.get(flag), "active")
      assert.strictEqual(states.get(unpublished), "unpublished")
      assert.strictEqual(states.get(archived), "archived")
      const { publishedAt } = yield* store.state(flag, environment)
      assert.strictEqual(report.find((assessment) => assessment.flag.key === flag)?.publishedAt, publishedAt)
      yield* Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, { expected: "any" }))
      const [after] = (yield* LifecycleReport.make({ environment, limit: 1000, after: "flag" }))
        .filter((assessment) => assessment.flag.key === flag)
      assert.strictEqual(after?.evaluation.status, "recently_evaluated")
    }))
}
