import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Manifest from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import * as Simulation from "rulestead/Simulation"
import * as StoreMemory from "rulestead/StoreMemory"
import { anyManifest } from "../../../../test/support/manifests.ts"
import { property } from "../../../../test/support/property.ts"
import { anyContext, users } from "../support/evaluating.ts"

const manifest = (...flags: ReadonlyArray<object>) => Effect.orDie(Manifest.decode({ schemaVersion: 1, flags }))

const boolean = (rules: ReadonlyArray<object>, more: object = {}) => ({
  key: "checkout",
  valueType: "boolean",
  defaultValue: false,
  ruleset: { rules },
  ...more
})

const share = (percentage: number) => ({
  key: "share",
  strategy: "percentage_rollout",
  rollout: { percentage },
  value: true
})

const theme = {
  key: "theme",
  valueType: "string",
  defaultValue: "plain",
  ruleset: {
    rules: [{
      key: "split",
      strategy: "variant_split",
      rollout: { percentage: 100 },
      variants: [{ key: "a", weight: 50, value: "light" }, { key: "b", weight: 50, value: "dark" }]
    }]
  }
}

const people = (count: number): ReadonlyArray<EvaluationContext> =>
  users(count).map((targetingKey) => ({ targetingKey }))

const answer = (value: string | boolean, variant: string | null = null, enabled = value !== false) => ({
  value,
  variant,
  enabled
})

describe("a simulation", () => {
  it.effect("says who changes from what to what, and counts who got and who gets what", () =>
    Effect.gen(function*() {
      const summary = yield* Simulation.run({
        before: yield* manifest(boolean([share(25)]), theme),
        after: yield* manifest(boolean([share(50)]), theme),
        contexts: Stream.fromIterable(people(1000))
      })
      assert.strictEqual(summary.contexts, 1000)
      assert.deepStrictEqual(summary.flags.map(({ flag }) => flag), ["checkout"])
      const [checkout] = summary.flags
      if (checkout === undefined) return assert.fail()
      const counts = (served: ReadonlyArray<Simulation.Served>) => served.reduce((sum, { count }) => sum + count, 0)
      assert.strictEqual(counts(checkout.before), 1000)
      assert.strictEqual(counts(checkout.after), 1000)
      const on = (served: ReadonlyArray<Simulation.Served>) => served.find(({ value }) => value === true)?.count ?? 0
      assert.isAbove(checkout.changed, 200)
      assert.strictEqual(on(checkout.after) - on(checkout.before), checkout.changed)
      assert.deepStrictEqual(checkout.moves, [{ from: answer(false), to: answer(true), count: checkout.changed }])
    }))

  it.effect("tells variants apart, and flags that come and go", () =>
    Effect.gen(function*() {
      const swapped = { ...theme.ruleset.rules[0], variants: theme.ruleset.rules[0]?.variants.toReversed() }
      const summary = yield* Simulation.run({
        before: yield* manifest(boolean([share(100)]), theme),
        after: yield* manifest({ ...theme, ruleset: { rules: [swapped] } }, boolean([], { key: "new" })),
        contexts: Stream.fromIterable(people(10))
      })
      assert.deepStrictEqual(summary.flags.map(({ changed, flag }) => [flag, changed]), [
        ["checkout", 10],
        ["new", 10],
        ["theme", 10]
      ])
      const [gone, come, split] = summary.flags
      assert.deepStrictEqual(gone?.moves, [{ from: answer(true), to: null, count: 10 }])
      assert.deepStrictEqual(gone?.after, [])
      assert.deepStrictEqual(come?.moves, [{ from: null, to: answer(false), count: 10 }])
      assert.sameDeepMembers(split?.moves.map(({ from, to }) => ({ from, to })) ?? [], [
        { from: answer("light", "a"), to: answer("dark", "b") },
        { from: answer("dark", "b"), to: answer("light", "a") }
      ])
    }))

  it.effect("explains the first changes, and reveals nothing personal unless asked", () =>
    Effect.gen(function*() {
      const options = {
        before: yield* manifest(boolean([])),
        after: yield* manifest(boolean([{
          key: "ada",
          strategy: "forced_value",
          conditions: [{ attribute: "targetingKey", operator: "in", values: ["ada@example.com", "bo@example.com"] }],
          value: true
        }])),
        contexts: Stream.make(
          { targetingKey: "somebody" },
          { targetingKey: "ada@example.com" },
          { targetingKey: "bo@example.com" }
        ),
        examples: 1
      }
      const [checkout] = (yield* Simulation.run(options)).flags
      assert.deepStrictEqual(
        checkout?.examples.map(({ after, before, index }) => [
          index,
          before?.outcome.reason,
          after?.outcome.rule
        ]),
        [[1, "default", "ada"]]
      )
      assert.notInclude(JSON.stringify(checkout), "ada@")
      assert.include(JSON.stringify(yield* Simulation.run({ ...options, reveal: true })), "ada@")
    }))

  it.effect("of flags by name looks at those, also if they cannot change", () =>
    Effect.gen(function*() {
      const same = yield* manifest(boolean([share(25)]), theme)
      const { flags } = yield* Simulation.run({
        before: same,
        after: same,
        contexts: Stream.fromIterable(people(10)),
        flags: ["theme"]
      })
      assert.deepStrictEqual(flags.map(({ changed, flag }) => [flag, changed]), [["theme", 0]])
    }))

  it.effect("of nobody, and of what is the same, finds nothing", () =>
    property(
      fc.tuple(anyManifest, fc.array(anyContext, { maxLength: 5 })),
      ([input, contexts]) =>
        Effect.gen(function*() {
          const same = yield* Manifest.decode(input)
          const summary = yield* Simulation.run({ before: same, after: same, contexts: Stream.fromIterable(contexts) })
          assert.deepStrictEqual(summary, { contexts: contexts.length, flags: [] })
          const all = yield* Simulation.run({
            before: same,
            after: same,
            contexts: Stream.fromIterable(contexts),
            flags: same.flags.map(({ key }) => key)
          })
          assert.isTrue(all.flags.every(({ changed, moves }) => changed === 0 && moves.length === 0))
        }),
      { numRuns: 50 }
    ))

  it.effect("leaves what it was given as it is", () =>
    Effect.gen(function*() {
      const value = { a: [1] }
      const flag = { key: "theme", valueType: "json", defaultValue: value, ruleset: { rules: [] } }
      const before = yield* manifest(flag)
      yield* Simulation.run({ before, after: before, contexts: Stream.make({}), flags: ["theme"] })
      assert.isFalse(Object.isFrozen(before.flags[0]?.defaultValue))
    }))

  it.effect("of a plan, and of a draft", () =>
    Effect.gen(function*() {
      const input: Manifest.Input = {
        schemaVersion: 1,
        flags: [{
          key: "checkout",
          valueType: "boolean",
          defaultValue: false,
          ruleset: { rules: [] },
          draft: { rules: [{ key: "all", strategy: "forced_value", value: true }] }
        }]
      }
      yield* Manifest.apply(input, { environment: "prod" })
      const before = yield* Manifest.ofEnvironment("prod", { drafts: true })
      const contexts = Stream.make({}, {})
      const drafted = yield* Simulation.run({ before, after: Manifest.publishDrafts(before), contexts })
      assert.deepStrictEqual(drafted.flags.map(({ changed }) => changed), [2])
      const plan = yield* Plan.make({
        environment: "prod",
        manifest: { ...input, flags: input.flags.map((flag) => ({ ...flag, killSwitch: { value: false } })) }
      })
      const killed = yield* Simulation.run({ before, after: Plan.preview(plan, before), contexts })
      assert.deepStrictEqual(killed.flags.map(({ changed, flag }) => [flag, changed]), [["checkout", 0]])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.live("of many contexts lets others have their turn, and can be interrupted", () =>
    Effect.gen(function*() {
      const many = yield* Latch.make(false)
      let read = 0
      const endless = Stream.fromIterable((function*() {
        while (true) {
          if (++read === 50_000) many.openUnsafe()
          yield { targetingKey: `user-${read}` }
        }
      })())
      const running = yield* Effect.forkChild(Simulation.run({
        before: yield* manifest(boolean([share(25)])),
        after: yield* manifest(boolean([share(50)])),
        contexts: endless
      }))
      yield* many.await
      yield* Fiber.interrupt(running)
    }))
})
