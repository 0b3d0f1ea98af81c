import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import * as Scene from "../support/Scene.ts"

/** Changes of what several environments share: archiving a flag, changing an audience. */
export const spread = (it: Scene.It) => {
  it.effect("archiving ends a flag in every environment where it is live, with the audiences only it used", () =>
    Effect.gen(function*() {
      const [one, two] = [yield* Scene.environment, yield* Scene.environment]
      const [killed, drafted] = [yield* Scene.environment, yield* Scene.environment]
      const publisher = yield* Publisher
      const [flag, other] = [yield* Scene.flag, yield* Scene.flag]
      const [own, shared] = [yield* Scene.audience("own"), yield* Scene.audience("shared")]
      yield* Scene.publish(flag, one, Scene.segments(own, shared))
      yield* Scene.publish(other, one, Scene.segments(shared))
      yield* Scene.publish(flag, two, Scene.segments(shared))
      yield* Scene.publish(flag, killed, Scene.segments(own))
      yield* publisher.engageKillSwitch(flag, killed, { expected: "any" })
      yield* Scene.draft(flag, drafted, Scene.segments(own))
      const before = yield* Effect.forEach([one, two, killed, drafted], (environment) => Mirror.fetch(environment))
      yield* Scene.archive(flag)
      const after = yield* Effect.forEach(before, (mirror) => Mirror.follow(mirror))
      assert.deepStrictEqual(after.map(Mirror.keys), [[`audience ${shared}`, `flag ${other}`], [], [], []])
      assert.deepStrictEqual(
        after.map(({ head }, index) => head.version - (before[index]?.head.version ?? 0)),
        [1, 1, 1, 0]
      )
    }))

  it.effect("archiving a flag that was never published commits no snapshot", () =>
    Effect.gen(function*() {
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      yield* Scene.draft(flag, environment, Scene.forced(true))
      yield* Scene.archive(flag)
      assert.strictEqual((yield* Mirror.fetch(environment)).head.version, 0)
    }))

  it.effect("a new definition of an audience reaches every environment that uses it, and only those", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [one, two] = [yield* Scene.environment, yield* Scene.environment]
      const [without, drafted] = [yield* Scene.environment, yield* Scene.environment]
      const [flag, plain] = [yield* Scene.flag, yield* Scene.flag]
      const audience = yield* Scene.audience("pro")
      yield* Scene.publish(flag, one, Scene.segments(audience))
      yield* Scene.publish(plain, one, Scene.segments(audience))
      yield* Scene.publish(flag, two, Scene.segments(audience))
      yield* Scene.publish(plain, without, Scene.forced(true))
      yield* Scene.draft(flag, drafted, Scene.segments(audience))
      const before = yield* Effect.forEach([one, two, without, drafted], (environment) => Mirror.fetch(environment))

      yield* store.changeAudience(audience, { definition: Scene.onPlan("team") }, { expected: 1 })
      const changes = yield* Effect.forEach(before, Mirror.changesSince)
      assert.deepStrictEqual(changes.map(({ entries }) => entries.map(({ key }) => key)), [
        [audience],
        [audience],
        [],
        []
      ])
      for (const environment of [one, two]) {
        const mirror = yield* Mirror.fetch(environment)
        assert.deepStrictEqual(yield* Mirror.audienceEntry(mirror, audience), {
          key: audience,
          definition: Scene.onPlan("team")
        })
      }
      yield* Scene.publish(flag, drafted, Scene.segments(audience))
      assert.deepInclude(yield* Mirror.audienceEntry(yield* Mirror.fetch(drafted), audience), {
        definition: Scene.onPlan("team")
      })
    }))

  it.effect("an audience that is used while its flag is killed is kept up to date", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const audience = yield* Scene.audience("pro")
      const { environment, flag } = yield* Scene.live(Scene.segments(audience))
      yield* publisher.engageKillSwitch(flag, environment, { expected: "any" })
      yield* store.changeAudience(audience, { definition: Scene.onPlan("team") }, { expected: 1 })
      yield* publisher.releaseKillSwitch(flag, environment, { expected: "any" })
      assert.deepInclude(yield* Mirror.audienceEntry(yield* Mirror.fetch(environment), audience), {
        definition: Scene.onPlan("team")
      })
    }))

  it.effect("a new description of an audience, or the definition it has, commits no snapshot", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const audience = yield* Scene.audience("pro")
      const { environment, head } = yield* Scene.live(Scene.segments(audience))
      yield* store.changeAudience(audience, { description: "Those who pay" }, { expected: 1 })
      yield* store.changeAudience(audience, { definition: Scene.onPlan("pro"), description: "Payers" }, { expected: 2 })
      assert.deepStrictEqual((yield* Mirror.fetch(environment)).head, head)
    }))
}
