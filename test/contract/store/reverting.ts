import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import * as Oracle from "../support/Oracle.ts"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

/** Going back: to an earlier ruleset, and to a flag that was archived. */
export const reverting = (it: Scene.It) => {
  it.effect("a revert is a new version with the content and the salts of the old one", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const audience = yield* Scene.audience("pro")
      yield* Scene.publish(flag, environment, { ...Scene.share(10, "inner"), salt: "outer" })
      yield* Scene.publish(flag, environment, { ...Scene.share(20, "other"), salt: "new" })
      yield* Scene.publish(flag, environment, Scene.segments(audience))
      const drafted = yield* Scene.draft(flag, environment, Scene.forced(false))
      const [first, third] = [yield* store.ruleset(flag, environment, 1), yield* store.ruleset(flag, environment, 3)]

      const { head, state } = yield* publisher.revert(flag, environment, 1, {
        expected: drafted.revision,
        reason: "back"
      })
      assert.deepStrictEqual(state, {
        ...drafted,
        revision: drafted.revision + 1,
        rulesetVersion: 4,
        publishedAt: state.publishedAt
      })
      const live = yield* store.ruleset(flag, environment)
      assert.deepStrictEqual(live, { ...first, version: 4, publishedAt: state.publishedAt })
      assert.strictEqual(head?.version, 4)
      assert.deepStrictEqual((yield* Oracle.verify(environment, [flag])).head, head)
      const [event] = yield* store.audit({ key: flag, limit: 1 })
      assert.deepInclude(event, { action: "ruleset.revert", environment, reason: "back", before: third, after: live })
    }))

  it.effect("reverting to what is live changes nothing, and to what is not there is refused", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, head } = yield* Scene.live(Scene.forced(true))
      const { state } = yield* Scene.publish(flag, environment, Scene.forced(false))
      const expected = state.revision
      const same = yield* publisher.revert(flag, environment, 2, { expected })
      assert.deepStrictEqual(same.state, state)
      assert.strictEqual(same.head?.version, head.version + 1)
      for (const version of [0, 3, -1, 1.5, Number.NaN, Infinity]) {
        const missing = notFound("ruleset", `${flag} in ${environment}`)
        yield* refused(publisher.revert(flag, environment, version, { expected }), missing)
      }
      const conflict = yield* Effect.flip(publisher.revert(flag, environment, 1, { expected: 1 }))
      assert.strictEqual(conflict._tag, "Conflict")
      assert.deepStrictEqual(yield* store.state(flag, environment), state)
    }))

  it.effect("a killed flag that is reverted stays killed", () =>
    Effect.gen(function*() {
      const publisher = yield* Publisher
      const { environment, flag } = yield* Scene.live(Scene.forced(true))
      yield* Scene.publish(flag, environment, Scene.share(1))
      const killed = yield* publisher.engageKillSwitch(flag, environment, { expected: "any" })
      const { state } = yield* publisher.revert(flag, environment, 1, { expected: killed.state.revision })
      assert.deepStrictEqual(state.killSwitch, killed.state.killSwitch)
      yield* Oracle.verify(environment, [flag])
    }))

  it.effect("the history of a flag is its rulesets, newest first, page by page", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      assert.deepStrictEqual(yield* store.rulesets(flag, environment), [])
      for (const percentage of [1, 2, 3, 4]) yield* Scene.publish(flag, environment, Scene.share(percentage))
      const { revision } = yield* store.state(flag, environment)
      yield* publisher.revert(flag, environment, 2, { expected: revision })
      const all = yield* store.rulesets(flag, environment)
      assert.deepStrictEqual(all.map(({ version }) => version), [5, 4, 3, 2, 1])
      assert.deepStrictEqual(all[0]?.ruleset, all[3]?.ruleset)
      assert.deepStrictEqual(all[1], yield* store.ruleset(flag, environment, 4))
      assert.deepStrictEqual(yield* store.rulesets(flag, environment, { limit: 2 }), all.slice(0, 2))
      assert.deepStrictEqual(yield* store.rulesets(flag, environment, { before: 4, limit: 2 }), all.slice(2, 4))
      assert.deepStrictEqual(yield* store.rulesets(flag, environment, { before: 1 }), [])
      const before = Number.MAX_SAFE_INTEGER
      assert.deepStrictEqual(yield* store.rulesets(flag, environment, { before }), all)
      yield* invalid(store.rulesets(flag, environment, { before: -1, limit: 0 }), "before (version)", "limit (limit)")
      yield* refused(store.rulesets("none", environment), notFound("flag", "none"))
      yield* refused(store.rulesets(flag, "none"), notFound("environment", "none"))
    }))

  it.effect("unarchiving a flag takes it up again where it was left, in every environment", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [one, two, drafted] = yield* Effect.replicateEffect(Scene.environment, 3)
      const flag = yield* Scene.flag
      const audience = yield* Scene.audience("pro")
      if (one === undefined || two === undefined || drafted === undefined) return assert.fail()
      yield* Scene.publish(flag, one, Scene.segments(audience))
      yield* Scene.publish(flag, two, Scene.segments(audience))
      yield* publisher.engageKillSwitch(flag, two, { expected: "any" })
      yield* Scene.draft(flag, drafted, Scene.segments(audience))
      const environments = [one, two, drafted]
      const look = Effect.forEach(environments, (environment) =>
        Effect.all({
          state: store.state(flag, environment),
          snapshot: Effect.map(Mirror.fetch(environment), Mirror.contents)
        }))
      const before = yield* look
      const mirrors = yield* Effect.forEach(environments, (environment) => Mirror.fetch(environment))
      const archived = yield* Scene.archive(flag)
      const flagBack = yield* store.unarchiveFlag(flag, { expected: archived.revision, reason: "needed" })
      assert.deepStrictEqual(flagBack, {
        ...archived,
        archivedAt: null,
        revision: archived.revision + 1,
        updatedAt: flagBack.updatedAt
      })
      assert.deepStrictEqual(yield* look, before)
      yield* Effect.forEach(mirrors, Mirror.follow)
      const [event] = yield* store.audit({ key: flag, limit: 1 })
      assert.deepInclude(event, { action: "flag.unarchive", reason: "needed", before: archived, after: flagBack })
      const expected = flagBack.revision
      assert.deepStrictEqual(yield* store.unarchiveFlag(flag, { expected }), flagBack)
      yield* refused(store.unarchiveFlag(flag, { expected: 1 }), {
        _tag: "Conflict",
        resource: "flag",
        key: flag,
        expected: 1,
        current: expected
      })
      yield* refused(store.unarchiveFlag("none", { expected }), notFound("flag", "none"))
    }))

  it.effect("a flag whose audience was archived meanwhile stays archived, and cannot be reverted to it", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const audience = yield* Scene.audience("pro")
      const { environment, flag } = yield* Scene.live(Scene.segments(audience))
      const other = yield* Scene.flag
      yield* Scene.publish(other, environment, Scene.segments(audience))
      const { state } = yield* Scene.publish(other, environment, Scene.forced(true))
      const archived = yield* Scene.archive(flag)
      yield* store.archiveAudience(audience, { expected: 1 })
      yield* invalid(
        store.unarchiveFlag(flag, { expected: archived.revision }),
        expectedPath(environment)
      )
      assert.deepStrictEqual(yield* store.flag(flag), archived)
      yield* invalid(
        publisher.revert(other, environment, 1, { expected: state.revision }),
        "rules[0].audience (archived_audience)"
      )
      yield* store.unarchiveAudience(audience, { expected: 2 })
      yield* store.unarchiveFlag(flag, { expected: archived.revision })
      yield* publisher.revert(other, environment, 1, { expected: state.revision })
      yield* Oracle.verify(environment, [flag, other])
    }))
}

const expectedPath = (environment: string): string => `["${environment}"].rules[0].audience (archived_audience)`
