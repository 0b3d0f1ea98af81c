import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Publisher } from "rulestead/Publisher"
import type { Rule } from "rulestead/Rule"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import * as Oracle from "../support/Oracle.ts"
import type { Command } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const unbounded = { concurrency: "unbounded" } as const

/** Runs a write that reads first, again and again, until nobody else was faster. */
const persist = <A, E extends { readonly _tag: string }, R>(write: Effect.Effect<A, E, R>) =>
  Effect.retry(write, { while: ({ _tag }) => _tag === "Conflict" })

const audienceKeys = (...names: ReadonlyArray<string>) => Effect.forEach(names, (name) => Scene.audience(name))

/** Many writers at once, and writers that go away. */
export const concurrency = (it: Scene.It) => {
  it.effect("fifty writers on one draft lose no write", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const addRule = Effect.fnUntraced(function*(writer: number) {
        const { draft, revision } = yield* store.state(flag, environment)
        const rule: Rule = { key: `writer-${writer}`, strategy: "forced_value", conditions: [], value: true }
        const rules = [...(draft?.rules ?? []), rule]
        return yield* store.saveDraft(flag, environment, { rules }, { expected: revision })
      })
      const writers = Array.from({ length: 50 }, (_, writer) => writer)
      const saved = yield* Effect.forEach(writers, (writer) => persist(addRule(writer)), unbounded)
      const revisions = saved.map(({ revision }) => revision).sort((a, b) => a - b)
      assert.deepStrictEqual(revisions, writers.map((writer) => writer + 1))
      const { draft, revision } = yield* store.state(flag, environment)
      assert.strictEqual(revision, 50)
      assert.deepStrictEqual(
        draft?.rules.map(({ key }) => key).sort(),
        writers.map((writer) => `writer-${writer}`).sort()
      )
      assert.strictEqual((yield* store.audit({ environment, limit: 1000 })).length, 50)
    }), 120_000)

  it.effect("of many first writers exactly one is first", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const writes = Array.from({ length: 10 }, (_, index) =>
        Effect.result(store.saveDraft(flag, environment, Scene.forced(index % 2 === 0), { expected: 0 })))
      const results = yield* Effect.all(writes, unbounded)
      assert.strictEqual(
        results.filter(({ _tag }) =>
          _tag === "Success"
        ).length,
        1
      )
      for (const result of results) {
        if (result._tag === "Failure") {
          assert.deepInclude(result.failure, { _tag: "Conflict", expected: 0, current: 1 })
        }
      }
    }))

  it.effect("of many creators of one key exactly one creates it", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const key = Scene.key("flag")
      const create = Effect.result(store.createFlag({ key, valueType: "boolean", defaultValue: true }))
      const results = yield* Effect.all(Array.from({ length: 10 }, () => create), unbounded)
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
      for (const result of results) {
        if (result._tag === "Failure") assert.strictEqual(result.failure._tag, "AlreadyExists")
      }
    }))

  it.effect("of many reverts and advances of one revision exactly one takes effect", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag } = yield* Scene.live(Scene.share(1))
      for (let round = 0; round < 10; round++) {
        const { state } = yield* Scene.publish(flag, environment, Scene.share(round + 2))
        const { revision: expected, rulesetVersion } = state
        const all: ReadonlyArray<Command> = Array.from({ length: 6 }, (_, index) =>
          index % 2 === 0
            ? publisher.revert(flag, environment, 1, { expected })
            : publisher.advanceRollout(flag, environment, { rule: "some", percentage: 50 + index }, { expected }))
        const results = yield* Effect.forEach(all, (command) => Effect.result(command), unbounded)
        assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
        for (const result of results) {
          if (result._tag === "Failure") assert.deepInclude(result.failure, { _tag: "Conflict", expected })
        }
        assert.strictEqual((yield* store.state(flag, environment)).rulesetVersion, rulesetVersion + 1)
        yield* Oracle.verify(environment, [flag])
      }
    }), 120_000)

  it.effect(
    "advances that look again until they are first end at the highest share, and none goes down",
    () =>
      Effect.gen(function*() {
        const store = yield* Store
        const publisher = yield* Publisher
        const { environment, flag } = yield* Scene.live(Scene.share(0))
        const advance = Effect.fnUntraced(function*(percentage: number) {
          const { revision } = yield* store.state(flag, environment)
          const change = { rule: "some", percentage }
          yield* publisher.advanceRollout(flag, environment, change, { expected: revision })
        })
        const shares = [30, 10, 90, 20, 60, 50, 80, 40, 70]
        const results = yield* Effect.forEach(shares, (share) => Effect.result(persist(advance(share))), unbounded)
        for (const result of results) {
          if (result._tag === "Failure") assert.deepInclude(result.failure, { _tag: "InvalidInput" })
        }
        const history = yield* store.rulesets(flag, environment)
        const told = history.map(({ ruleset: { rules: [rule] } }) =>
          rule?.strategy === "percentage_rollout" ? rule.rollout.percentage : -1
        )
        assert.deepStrictEqual(told, told.toSorted((a, b) => b - a))
        assert.strictEqual(told[0], 90)
      }),
    120_000
  )

  it.effect("publishes at once take one version each, and add up", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const environment = yield* Scene.environment
      const audiences = yield* audienceKeys("a", "b", "c")
      const flags = yield* Effect.replicateEffect(Scene.flag, 20)
      const drafts = yield* Effect.forEach(flags, (flag, index) =>
        Scene.draft(flag, environment, Scene.segments(...audiences.slice(index % 3))))
      const published = yield* Effect.forEach(
        drafts,
        ({ flag, revision }) =>
          publisher.publish(flag, environment, { expected: revision }),
        unbounded
      )
      const versions = published.map(({ head }) => head?.version ?? 0).sort((a, b) => a - b)
      assert.deepStrictEqual(versions, flags.map((_, index) => index + 1))
      const { head } = yield* Oracle.verify(environment, flags)
      assert.strictEqual(head.version, 20)
      const last = published.find(({ head }) => head?.version === 20)
      assert.deepStrictEqual(last?.head, head)
    }), 120_000)

  it.effect(
    "a switch thrown on any revision wins against all who write at the same time",
    () =>
      Effect.gen(function*() {
        const store = yield* Store
        const publisher = yield* Publisher
        const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
        const write = persist(Scene.publish(flag, environment, Scene.forced(true)))
        yield* Effect.all([
          ...Array.from({ length: 5 }, () => Effect.result(write)),
          publisher.engageKillSwitch(flag, environment, { expected: "any" })
        ], unbounded)
        assert.deepInclude((yield* store.state(flag, environment)).killSwitch, { value: false })
        yield* Oracle.verify(environment, [flag])
      }),
    120_000
  )

  it.effect("snapshots stay true to what is authored while everything changes at once", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const environments = yield* Effect.replicateEffect(Scene.environment, 2)
      const flags = yield* Effect.replicateEffect(Scene.flag, 6)
      const audiences = yield* audienceKeys("a", "b", "c", "d")
      const redefine = Effect.fnUntraced(function*(key: string, plan: string) {
        const { revision } = yield* store.audience(key)
        yield* store.changeAudience(key, { definition: Scene.onPlan(plan) }, { expected: revision })
      })
      const writes = flags.flatMap((flag, index) =>
        environments.flatMap((environment) => [
          persist(Scene.publish(flag, environment, Scene.segments(...audiences.slice(index % 4)))),
          publisher.engageKillSwitch(flag, environment, { expected: "any" }),
          persist(Scene.publish(flag, environment, Scene.segments(...audiences.slice(0, index % 3)))),
          publisher.releaseKillSwitch(flag, environment, { expected: "any" })
        ])
      )
      const changes = audiences.flatMap((key) => ["x", "y"].map((plan) => persist(redefine(key, plan))))
      const ends = flags.slice(0, 2).map((flag) => persist(Scene.archive(flag)))
      const all: ReadonlyArray<Command> = [...writes, ...changes, ...ends]
      const results = yield* Effect.forEach(all, (write) => Effect.result(write), unbounded)
      for (const result of results) {
        if (result._tag === "Failure") assert.include(["FlagArchived", "NotFound"], result.failure._tag)
      }
      yield* Effect.forEach(environments, (environment) => Oracle.verify(environment, flags))
    }), 120_000)

  it.effect(
    "an audience may change in the very moment in which flags begin and cease to use it",
    () =>
      Effect.gen(function*() {
        const store = yield* Store
        const publisher = yield* Publisher
        const environment = yield* Scene.environment
        const flags = [yield* Scene.flag, yield* Scene.flag]
        const audience = yield* Scene.audience("free")
        for (let round = 0; round < 60; round++) {
          const drafts = yield* Effect.forEach(
            flags,
            (flag, index) =>
              Scene.draft(flag, environment, index === round % 3 ? Scene.segments(audience) : Scene.forced(true))
          )
          const { revision } = yield* store.audience(audience)
          const change = { definition: Scene.onPlan(`plan-${round}`) }
          const wait = (steps: number) => Effect.replicateEffect(Effect.yieldNow, steps)
          yield* Effect.all([
            Effect.andThen(wait(round % 8), store.changeAudience(audience, change, { expected: revision })),
            ...drafts.map(({ flag, revision }) => publisher.publish(flag, environment, { expected: revision }))
          ], unbounded)
          yield* Oracle.verify(environment, flags)
        }
      }),
    120_000
  )

  it.effect("a publish that is interrupted happens whole or not at all", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const audiences = yield* audienceKeys("a", "b")
      for (let steps = 0; steps < 30; steps++) {
        const drafted = yield* Scene.draft(flag, environment, Scene.segments(...audiences.slice(steps % 3)))
        const before = yield* Mirror.fetch(environment)
        const events = yield* store.audit({ environment, limit: 1000 })
        const fiber = yield* Effect.forkChild(publisher.publish(flag, environment, { expected: drafted.revision }))
        yield* Effect.replicateEffect(Effect.yieldNow, steps)
        yield* Fiber.interrupt(fiber)

        const { draft, rulesetVersion } = yield* store.state(flag, environment)
        const isPublished = draft === null
        assert.strictEqual(rulesetVersion, drafted.rulesetVersion + (isPublished ? 1 : 0))
        const after = yield* Oracle.verify(environment, [flag])
        assert.strictEqual(after.head.version, before.head.version + (isPublished ? 1 : 0))
        const audited = yield* store.audit({ environment, limit: 1000 })
        assert.strictEqual(audited.length, events.length + (isPublished ? 1 : 0))
      }
    }), 120_000)
}
