import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Audience from "rulestead/Audience"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import { invalid, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

/** Audiences that flags refer to: what a change would touch, and what is refused because of it. */
export const impact = (it: Scene.It) => {
  it.effect("the impact of an audience names the rules, flags and environments, live and drafted", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [audience, other] = [yield* Scene.audience("pro"), yield* Scene.audience("free")]
      const guarded = yield* Scene.guarded
      const { environment, flag } = yield* Scene.live(Scene.segments(audience, other))
      const [drafted, killed, gone] = [yield* Scene.flag, yield* Scene.flag, yield* Scene.flag]
      const twice = {
        rules: ["a", "b"].map((key) => ({ key, strategy: "segment_match", audience, value: true }) as const)
      }
      const reason = "set up"
      yield* store.saveDraft(drafted, guarded, twice, { expected: 0, reason })
      yield* Scene.publish(killed, environment, Scene.segments(audience))
      yield* Publisher.use((publisher) => publisher.engageKillSwitch(killed, environment, { expected: "any" }))
      yield* Scene.draft(killed, environment, Scene.segments(audience))
      yield* Scene.publish(gone, environment, Scene.segments(audience))
      yield* Scene.draft(gone, environment, Scene.segments(audience))
      yield* Scene.archive(gone)

      const found = yield* store.audienceImpact(audience)
      const use = (flag: string, stage: "live" | "draft", rules: ReadonlyArray<string>) => ({
        environment,
        protected: false,
        flag,
        stage,
        rules
      })
      const here = [
        [use(flag, "live", [audience])],
        [use(killed, "live", [audience]), use(killed, "draft", [audience])]
      ]
      const there: ReadonlyArray<Audience.Use> = [{
        environment: guarded,
        protected: true,
        flag: drafted,
        stage: "draft",
        rules: ["a", "b"]
      }]
      const inOrder = flag < killed ? here.flat() : here.toReversed().flat()
      assert.deepStrictEqual(found.uses, environment < guarded ? [...inOrder, ...there] : [...there, ...inOrder])
      assert.deepInclude(found, { audience, revision: 1 })
      assert.deepStrictEqual(yield* store.audienceImpact(audience), found)
      yield* refused(store.audienceImpact("none"), notFound("audience", "none"))
    }))

  it.effect("a fingerprint lasts as long as what it was taken of", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const audience = yield* Scene.audience("pro")
      const { environment, flag } = yield* Scene.live(Scene.segments(audience))
      const fingerprint = Effect.map(store.audienceImpact(audience), (impact) => impact.fingerprint)
      const seen = [yield* fingerprint]
      const another = yield* Scene.flag
      yield* Scene.publish(another, environment, Scene.forced(true))
      yield* store.changeFlag(flag, { tags: ["a"] }, { expected: 1 })
      assert.strictEqual(yield* fingerprint, seen[0])

      const changes = [
        Scene.draft(another, environment, Scene.segments(audience)),
        store.changeEnvironment(environment, { protected: true }, { expected: 1 }),
        store.changeAudience(audience, { description: "new" }, { expected: 1 }),
        store.archiveFlag(flag, { expected: 2, reason: "over" })
      ]
      for (const change of changes) {
        yield* change
        seen.push(yield* fingerprint)
      }
      assert.strictEqual(new Set(seen).size, changes.length + 1)
    }))

  it.effect("a change that names the impact it was previewed with is refused once that is another one", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const audience = yield* Scene.audience("pro")
      const { environment } = yield* Scene.live(Scene.segments(audience))
      const definition = Scene.onPlan("team")
      const stale = (yield* store.audienceImpact(audience)).fingerprint
      const flag = yield* Scene.flag
      yield* Scene.publish(flag, environment, Scene.segments(audience))
      const before = yield* Mirror.fetch(environment)
      for (const impact of [stale, "", "\0"]) {
        yield* refused(store.changeAudience(audience, { definition }, { expected: 1, impact }), {
          _tag: "StalePreview",
          audience
        })
      }
      assert.deepStrictEqual(yield* Mirror.fetch(environment), before)
      const { fingerprint } = yield* store.audienceImpact(audience)
      yield* store.changeAudience(audience, { definition }, { expected: 1, impact: fingerprint })
      const after = yield* Mirror.follow(before)
      assert.deepStrictEqual(yield* Mirror.audienceEntry(after, audience), { key: audience, definition })
    }))

  it.effect("redefining what is live in a protected environment takes a preview", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const audience = yield* Scene.audience("pro")
      const { environment, flag } = yield* Scene.live(Scene.segments(audience))
      yield* store.changeEnvironment(environment, { protected: true }, { expected: 1 })
      const definition = Scene.onPlan("team")
      const options = { expected: 1, reason: "new plan" }
      yield* invalid(store.changeAudience(audience, { definition }, options), "impact (impact_required)")
      yield* store.changeAudience(audience, { description: "the same people" }, { expected: 1 })
      yield* store.changeAudience(audience, { definition: Scene.onPlan("pro") }, { expected: 2 })
      const { fingerprint } = yield* store.audienceImpact(audience)
      yield* invalid(
        store.changeAudience(audience, { definition }, { expected: 2, impact: fingerprint }),
        "reason (reason_required)"
      )
      yield* store.changeAudience(audience, { definition }, { ...options, expected: 2, impact: fingerprint })
      assert.deepStrictEqual((yield* store.audience(audience)).definition, definition)
      yield* store.archiveFlag(flag, { expected: 1, reason: "over" })
      yield* store.changeAudience(audience, { definition: Scene.onPlan("pro") }, { expected: 3 })
    }))

  it.effect("an audience in use is not archived, and the error names every use", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const audience = yield* Scene.audience("pro")
      const { environment, flag, state } = yield* Scene.live(Scene.segments(audience))
      const inUse = (stages: ReadonlyArray<"live" | "draft">) => ({
        _tag: "AudienceInUse" as const,
        audience,
        uses: stages.map((stage) => ({ environment, protected: false, flag, stage, rules: [audience] }))
      })
      const archive = store.archiveAudience(audience, { expected: 1 })
      yield* refused(archive, inUse(["live"]))
      const drafted = yield* Scene.draft(flag, environment, Scene.segments(audience))
      yield* refused(archive, inUse(["live", "draft"]))
      const replaced = yield* Scene.draft(flag, environment, Scene.forced(true))
      yield* publisher.publish(flag, environment, { expected: replaced.revision })
      assert.isAbove(drafted.revision, state.revision)
      const again = yield* Scene.draft(flag, environment, Scene.segments(audience))
      yield* refused(archive, inUse(["draft"]))
      assert.isNull((yield* store.audience(audience)).archivedAt)
      yield* store.discardDraft(flag, environment, { expected: again.revision })
      const archived = yield* archive
      assert.isNumber(archived.archivedAt)
      assert.strictEqual(archived.revision, 2)
    }))

  it.effect("an archived audience cannot be changed or referred to, and is listed only when asked for", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const prefix = `${Scene.key("page")}-`
      const [key, other] = [`${prefix}a`, `${prefix}b`]
      yield* store.createAudience({ key, definition: Scene.onPlan("pro") })
      yield* store.createAudience({ key: other, definition: Scene.onPlan("pro") })
      const archived = yield* store.archiveAudience(key, { expected: 1, reason: "over" })
      assert.deepStrictEqual(yield* store.audience(key), archived)
      assert.deepStrictEqual(yield* store.archiveAudience(key, { expected: 2 }), archived)
      yield* refused(store.changeAudience(key, { description: "new" }, { expected: 2 }), {
        _tag: "AudienceArchived",
        audience: key
      })
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      yield* invalid(
        store.saveDraft(flag, environment, Scene.segments(key), { expected: 0 }),
        "rules[0].audience (archived_audience)"
      )
      const listed = (archived: boolean | undefined) =>
        Effect.map(
          store.audiences({ after: prefix, archived, limit: 2 }),
          (page) => page.map(({ key }) => key).filter((key) => key.startsWith(prefix))
        )
      assert.deepStrictEqual(yield* listed(undefined), [other])
      assert.deepStrictEqual(yield* listed(true), [key, other])

      const back = yield* store.unarchiveAudience(key, { expected: 2 })
      assert.deepInclude(back, { archivedAt: null, revision: 3 })
      assert.deepStrictEqual(yield* store.unarchiveAudience(key, { expected: 3 }), back)
      yield* Scene.draft(flag, environment, Scene.segments(key))
      const events = yield* store.audit({ key })
      assert.deepStrictEqual(
        events.map(({ action }) => action),
        ["audience.unarchive", "audience.archive", "audience.create"]
      )
      const conflict = { _tag: "Conflict", resource: "audience", key, expected: 1, current: 3 } as const
      yield* refused(store.archiveAudience(key, { expected: 1 }), conflict)
      yield* refused(store.unarchiveAudience(key, { expected: 1 }), conflict)
    }))

  it.effect("an audience is archived, or comes into use, but never both", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (let round = 0; round < 20; round++) {
        const audience = yield* Scene.audience("pro")
        const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
        const wait = (steps: number) => Effect.replicateEffect(Effect.yieldNow, steps)
        yield* Effect.all([
          Effect.exit(Effect.andThen(wait(round % 5), store.archiveAudience(audience, { expected: 1 }))),
          Effect.exit(store.saveDraft(flag, environment, Scene.segments(audience), { expected: 0 }))
        ], { concurrency: "unbounded" })
        const { archivedAt } = yield* store.audience(audience)
        const { draft } = yield* store.state(flag, environment)
        assert.strictEqual(archivedAt === null, draft !== null)
      }
    }))
}
