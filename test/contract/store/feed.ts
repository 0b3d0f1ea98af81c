import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { listen } from "../support/Listener.ts"
import * as Mirror from "../support/Mirror.ts"
import * as Scene from "../support/Scene.ts"

/** What a node is told: changes, and when to look. `retention` is how many versions the store remembers. */
export const feed = (it: Scene.It, retention: number) => {
  it.effect("nothing new is answered with the head alone", () =>
    Effect.gen(function*() {
      const { environment, head } = yield* Scene.live(Scene.forced(true))
      const mirror = yield* Mirror.fetch(environment)
      assert.deepStrictEqual(yield* Mirror.changesSince(mirror), { head, complete: false, entries: [] })
    }))

  it.effect("the changes are exactly what changed, each entry once and as it is now", () =>
    Effect.gen(function*() {
      const environment = yield* Scene.environment
      const [idle, busy, fresh] = [yield* Scene.flag, yield* Scene.flag, yield* Scene.flag]
      const audience = yield* Scene.audience("pro")
      yield* Scene.publish(idle, environment, Scene.forced(true))
      yield* Scene.publish(busy, environment, Scene.forced(true))
      const mirror = yield* Mirror.fetch(environment)
      yield* Scene.publish(busy, environment, Scene.forced(false))
      yield* Scene.publish(fresh, environment, Scene.segments(audience))
      yield* Scene.publish(busy, environment, Scene.forced(true))

      const changes = yield* Mirror.changesSince(mirror)
      assert.isFalse(changes.complete)
      assert.strictEqual(changes.entries.length, 3)
      assert.deepStrictEqual(
        new Map(changes.entries.map(({ key, version }) => [key, version - mirror.head.version])),
        new Map([[busy, 3], [fresh, 2], [audience, 2]])
      )
      const followed = Mirror.install(mirror, changes)
      assert.deepStrictEqual(Mirror.contents(followed), Mirror.contents(yield* Mirror.fetch(environment)))
    }))

  it.effect("what was removed is told as an entry without content, and not to those who fetch everything", () =>
    Effect.gen(function*() {
      const audience = yield* Scene.audience("pro")
      const { environment, flag } = yield* Scene.live(Scene.segments(audience))
      const mirror = yield* Mirror.fetch(environment)
      yield* Scene.archive(flag)
      const { entries, head } = yield* Mirror.changesSince(mirror)
      const gone = { version: head.version, hash: "", content: null }
      assert.deepStrictEqual(entries.toSorted((a, b) => a.kind < b.kind ? -1 : 1), [
        { kind: "audience", key: audience, ...gone },
        { kind: "flag", key: flag, ...gone }
      ])
      assert.strictEqual((yield* Mirror.fetch(environment)).entries.size, 0)
    }))

  it.effect("what came and went in between is told as removed", () =>
    Effect.gen(function*() {
      const [environment, flag, audience] = [yield* Scene.environment, yield* Scene.flag, yield* Scene.audience("pro")]
      const mirror = yield* Mirror.fetch(environment)
      yield* Scene.publish(flag, environment, Scene.segments(audience))
      yield* Scene.publish(flag, environment, Scene.forced(true))
      assert.deepStrictEqual(Mirror.keys(yield* Mirror.follow(mirror)), [`flag ${flag}`])
    }))

  it.effect("what comes back after it was removed is told as it is", () =>
    Effect.gen(function*() {
      const audience = yield* Scene.audience("pro")
      const { environment, flag } = yield* Scene.live(Scene.segments(audience))
      const mirror = yield* Mirror.fetch(environment)
      yield* Scene.publish(flag, environment, Scene.forced(true))
      const without = yield* Mirror.follow(mirror)
      assert.deepStrictEqual(Mirror.keys(without), [`flag ${flag}`])
      yield* Scene.publish(flag, environment, Scene.segments(audience))
      const back = [`audience ${audience}`, `flag ${flag}`]
      assert.deepStrictEqual(Mirror.keys(yield* Mirror.follow(without)), back)
      assert.deepStrictEqual(Mirror.keys(yield* Mirror.follow(mirror)), back)
    }))

  it.effect("everything is answered to whoever holds nothing, another epoch, or a version yet to come", () =>
    Effect.gen(function*() {
      const feed = yield* SnapshotFeed
      const { environment, head } = yield* Scene.live(Scene.forced(true))
      const everything = yield* feed.changesSince(environment, undefined)
      assert.isTrue(everything.complete)
      assert.strictEqual(everything.entries.length, 1)
      for (const version of [0, head.version, head.version + 1]) {
        assert.deepStrictEqual(yield* feed.changesSince(environment, { epoch: "another", version }), everything)
      }
      const ahead = { epoch: head.epoch, version: head.version + 1 }
      assert.deepStrictEqual(yield* feed.changesSince(environment, ahead), everything)
    }))

  it.effect("changes are told for as many versions as the store remembers, and everything beyond", () =>
    Effect.gen(function*() {
      const [environment, flag, gone] = [yield* Scene.environment, yield* Scene.flag, yield* Scene.flag]
      const audience = yield* Scene.audience("pro")
      yield* Scene.publish(gone, environment, Scene.segments(audience))
      const forgotten = yield* Mirror.fetch(environment)
      yield* Scene.archive(gone)
      const remembered = yield* Mirror.fetch(environment)
      for (let version = 0; version < retention; version++) {
        yield* Scene.publish(flag, environment, Scene.forced(version % 2 === 0))
      }
      assert.deepStrictEqual(Mirror.keys(yield* Mirror.follow(remembered)), [`flag ${flag}`])
      const changes = yield* Mirror.changesSince(forgotten)
      assert.isTrue(changes.complete)
      assert.deepStrictEqual(Mirror.keys(Mirror.install(forgotten, changes)), [`flag ${flag}`])
    }))

  it.effect("an environment that does not exist is said so", () =>
    Effect.gen(function*() {
      const feed = yield* SnapshotFeed
      for (const environment of [Scene.key("none"), "__proto__", ""]) {
        const error = yield* Effect.flip(feed.changesSince(environment, undefined))
        assert.deepInclude(error, { _tag: "FeedError", environment, reason: "environment_not_found" })
      }
    }))

  it.effect("a commit is announced when it can be fetched", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag, audience] = [yield* Scene.environment, yield* Scene.flag, yield* Scene.audience("pro")]
      const listener = yield* listen(environment)
      const commits = [
        Scene.publish(flag, environment, Scene.segments(audience)),
        store.changeAudience(audience, { definition: Scene.onPlan("team") }, { expected: 1 }),
        publisher.engageKillSwitch(flag, environment, { expected: "any" }),
        publisher.releaseKillSwitch(flag, environment, { expected: "any" }),
        Scene.archive(flag)
      ]
      for (const [index, commit] of commits.entries()) {
        yield* commit
        assert.strictEqual(yield* listener.version, index + 1)
        assert.strictEqual((yield* Mirror.fetch(environment)).head.version, index + 1)
      }
    }))

  it.effect("what commits no snapshot, here or at all, is not announced", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, other, flag] = [yield* Scene.environment, yield* Scene.environment, yield* Scene.flag]
      const listener = yield* listen(environment)
      yield* Effect.flip(publisher.publish(flag, environment, { expected: 0 }))
      const { revision } = yield* Scene.draft(flag, environment, Scene.forced(true))
      yield* Effect.flip(publisher.publish(flag, environment, { expected: revision + 1 }))
      yield* publisher.releaseKillSwitch(flag, environment, { expected: "any" })
      yield* store.changeFlag(flag, { description: "Still nothing" }, { expected: 1 })
      yield* Scene.publish(flag, other, Scene.forced(true))
      yield* Scene.publish(flag, other, Scene.forced(false))
      yield* publisher.publish(flag, environment, { expected: revision })
      assert.strictEqual(yield* listener.version, 1)
    }))

  it.effect("everybody who listens hears", () =>
    Effect.gen(function*() {
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const listeners = yield* Effect.replicateEffect(listen(environment), 3)
      yield* Scene.publish(flag, environment, Scene.forced(true))
      assert.deepStrictEqual(yield* Effect.forEach(listeners, ({ version }) => version), [1, 1, 1])
    }))
}
