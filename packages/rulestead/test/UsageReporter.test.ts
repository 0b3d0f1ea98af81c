import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { Evidence, type Usage } from "rulestead/Evidence"
import * as Manifest from "rulestead/Manifest"
import { Rulestead } from "rulestead/Rulestead"
import { StoreUnavailable } from "rulestead/StoreError"
import * as StoreMemory from "rulestead/StoreMemory"
import * as UsageReporter from "rulestead/UsageReporter"

const rules = {
  rules: [{
    key: "split",
    strategy: "variant_split",
    rollout: { percentage: 100 },
    variants: [{ key: "a", weight: 50, value: true }, { key: "b", weight: 50, value: true }]
  }]
} as const

const publish = Manifest.apply({
  schemaVersion: 1,
  flags: ["checkout", "search"].map((key) => ({
    key,
    valueType: "boolean" as const,
    defaultValue: false,
    ruleset: rules
  }))
}, { environment: "prod" })

/** A node that reports, a tap on what it tells, and a switch that takes the store away. */
const node = Effect.fnUntraced(function*(options: UsageReporter.Options = {}) {
  const told: Array<ReadonlyArray<Usage>> = []
  const store = { isAway: false, hangs: false }
  const tapped = Layer.effect(
    Evidence,
    Effect.map(Evidence, (evidence): Evidence["Service"] => ({
      ...evidence,
      recordUsage: (environment, usage) => {
        if (store.hangs) return Effect.never
        if (store.isAway) return Effect.fail(away)
        told.push(usage)
        return evidence.recordUsage(environment, usage)
      }
    }))
  )
  const scope = yield* Scope.fork(yield* Effect.scope)
  const context = yield* Layer.buildWithScope(
    UsageReporter.UsageReporter.layer(options).pipe(
      Layer.provideMerge(tapped),
      Layer.provideMerge(Rulestead.layer({ environment: "prod" })),
      Layer.provideMerge(Layer.effectDiscard(publish)),
      Layer.provideMerge(StoreMemory.layer())
    ),
    scope
  )
  const rulestead = yield* Effect.provide(Rulestead, context)
  const reporter = yield* Effect.provide(UsageReporter.UsageReporter, context)
  const evidence = yield* Effect.provide(Evidence, context)
  return { told, store, rulestead, reporter, evidence, close: Scope.close(scope, Exit.void) }
})

const away = new StoreUnavailable({ operation: "record usage", reason: "unreachable", detail: "away" })

const hour = "1 hour"

const keys = (usage: ReadonlyArray<Usage> | undefined): ReadonlyArray<string> =>
  (usage ?? []).map(({ flag, variant }) => `${flag} ${variant}`).toSorted()

describe("a node that reports what it serves", () => {
  it.effect("tells each new answer within the interval, and then nothing until something is new", () =>
    Effect.gen(function*() {
      const { evidence, rulestead, told } = yield* node({ interval: "1 minute" })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(told, [])
      rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" })
      const at = yield* Clock.currentTimeMillis
      yield* TestClock.adjust("90 seconds")
      assert.lengthOf(told, 1)
      const [served] = told[0] ?? []
      assert.strictEqual(served?.flag, "checkout")
      assert.isAtLeast(served?.at ?? 0, at)
      yield* TestClock.adjust("30 minutes")
      assert.lengthOf(told, 1)
      assert.deepStrictEqual(yield* evidence.usage("prod", ["checkout"]), told[0])
      for (let user = 0; user < 100; user++) rulestead.enabledUnsafe("search", { targetingKey: `user-${user}` })
      yield* TestClock.adjust("90 seconds")
      assert.deepStrictEqual(keys(told[1]), ["search a", "search b"])
    }))

  it.effect("tells an answer that goes on being served again after the resolution", () =>
    Effect.gen(function*() {
      const { rulestead, told } = yield* node({ interval: "1 minute", resolution: hour })
      for (let minute = 0; minute < 150; minute++) {
        rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" })
        yield* TestClock.adjust("1 minute")
      }
      assert.lengthOf(told, 3)
    }))

  it.effect("tells in batches", () =>
    Effect.gen(function*() {
      const { reporter, rulestead, told } = yield* node()
      rulestead.decisionsUnsafe({ targetingKey: "user-1" })
      yield* reporter.flush
      assert.deepStrictEqual(told.map((usage) => usage.length), [2])
      yield* reporter.flush
      assert.lengthOf(told, 1)
    }))

  it.effect("tells later what a store that is away was not told, and fails only where asked to", () =>
    Effect.gen(function*() {
      const { reporter, rulestead, store, told } = yield* node({ interval: "1 minute" })
      store.isAway = true
      rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" })
      assert.strictEqual(yield* Effect.flip(reporter.flush), away)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(told, [])
      store.isAway = false
      yield* TestClock.adjust("90 seconds")
      assert.lengthOf(told, 1)
      assert.isTrue(rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" }))
    }))

  it.effect("tells once more when it closes, and closes in bounded time when the store hangs", () =>
    Effect.gen(function*() {
      const first = yield* node()
      first.rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" })
      yield* first.close
      assert.lengthOf(first.told, 1)

      const second = yield* node()
      second.rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" })
      second.store.hangs = true
      const closing = yield* Effect.forkChild(second.close, { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.isDefined(closing.pollUnsafe())
    }))

  it.effect("promises nothing for later when the store is away at the end", () => {
    const lines: Array<unknown> = []
    const collecting = Logger.layer([
      Logger.make(({ logLevel, message }) => logLevel === "Warn" ? void lines.push(message) : undefined)
    ])
    return Effect.gen(function*() {
      const { close, rulestead, store } = yield* node()
      rulestead.enabledUnsafe("checkout", { targetingKey: "user-1" })
      store.isAway = true
      yield* close
      assert.deepStrictEqual(lines, [["Could not tell the store what was served since it was last told"]])
    }).pipe(Effect.provide(collecting))
  })

  it.effect("refuses options that make no sense, by name", () =>
    Effect.gen(function*() {
      const refused = yield* Effect.flip(node({ interval: "1 millis", resolution: "400 days" }))
      if (refused._tag !== "InvalidInput") return assert.fail(refused._tag)
      assert.deepStrictEqual(refused.problems.map(({ path }) => path), ["interval", "resolution"])
    }))
})
