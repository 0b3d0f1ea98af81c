import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import * as Actor from "rulestead/Actor"
import type * as Audit from "rulestead/Audit"
import * as Policy from "rulestead/Policy"
import { Publisher } from "rulestead/Publisher"
import { type AuditOptions, Store } from "rulestead/Store"
import { invalid } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const any = { expected: "any" } as const

/** The events of a key, oldest first. */
const eventsOf = (key: string) =>
  Store.use((store) => store.audit({ key, limit: 1000 })).pipe(Effect.map((events) => events.toReversed()))

const actionsOf = (key: string) => Effect.map(eventsOf(key), (events) => events.map(({ action }) => action))

/** The audit rows that writes leave, and that nothing else leaves. */
export const auditing = (it: Scene.It) => {
  it.effect("every write of a document leaves a row with the document before and after", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, audience, flag] = [Scene.key("env"), Scene.key("audience"), Scene.key("flag")]
      const expected = 1
      const environments = [
        yield* store.createEnvironment({ key: environment, name: "One" }),
        yield* store.changeEnvironment(environment, { name: "Two" }, { expected })
      ]
      const audiences = [
        yield* store.createAudience({ key: audience, definition: { everyone: true } }),
        yield* store.changeAudience(audience, { definition: Scene.onPlan("pro") }, { expected })
      ]
      const flags = [
        yield* store.createFlag({ key: flag, valueType: "json", defaultValue: { a: null } }),
        yield* store.changeFlag(flag, { tags: ["a"] }, { expected }),
        yield* store.archiveFlag(flag, { expected: 2 })
      ]
      const told = Effect.fnUntraced(function*(key: string) {
        const events = yield* eventsOf(key)
        return events.map(({ action, after, before, environment }) => ({ action, environment, before, after }))
      })
      const rows = (actions: ReadonlyArray<Audit.Action>, documents: ReadonlyArray<Schema.Json>) =>
        actions.map((action, index) => ({
          action,
          environment: null,
          before: documents[index - 1] ?? null,
          after: documents[index] ?? null
        }))
      assert.deepStrictEqual(
        yield* told(environment),
        rows(["environment.create", "environment.change"], environments)
      )
      assert.deepStrictEqual(yield* told(audience), rows(["audience.create", "audience.change"], audiences))
      assert.deepStrictEqual(yield* told(flag), rows(["flag.create", "flag.change", "flag.archive"], flags))
    }))

  it.effect("every write of a flag in an environment leaves a row with what it was about", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const one = yield* Scene.draft(flag, environment, Scene.forced(true))
      const two = yield* Scene.draft(flag, environment, Scene.forced(false))
      yield* publisher.publish(flag, environment, { expected: two.revision })
      const live = yield* store.ruleset(flag, environment)
      const three = yield* Scene.publish(flag, environment, Scene.forced(true))
      const next = yield* store.ruleset(flag, environment)
      const four = yield* Scene.draft(flag, environment, Scene.forced(false))
      yield* store.discardDraft(flag, environment, { expected: four.revision })
      const { killSwitch } = (yield* publisher.engageKillSwitch(flag, environment, any)).state
      yield* publisher.releaseKillSwitch(flag, environment, any)

      const [created, ...events] = yield* eventsOf(flag)
      assert.strictEqual(created?.action, "flag.create")
      assert.strictEqual(three.state.rulesetVersion, 2)
      const row = (action: Audit.Action, before: Schema.Json, after: Schema.Json) => ({
        action,
        environment,
        before,
        after
      })
      assert.deepStrictEqual(
        events.map(({ action, after, before, environment }) => ({ action, environment, before, after })),
        [
          row("draft.save", null, one.draft),
          row("draft.save", one.draft, two.draft),
          row("ruleset.publish", null, live),
          row("draft.save", null, one.draft),
          row("ruleset.publish", live, next),
          row("draft.save", null, four.draft),
          row("draft.discard", four.draft, null),
          row("kill_switch.engage", null, killSwitch),
          row("kill_switch.release", killSwitch, null)
        ]
      )
      assert.deepStrictEqual(yield* store.audit({ environment, limit: 1000 }), events.toReversed())
    }))

  it.effect("a row says who, why and when, and ids increase from write to write", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const key = Scene.key("flag")
      const actor = { id: "ada", kind: "person", name: "Ada Lovelace" } as const
      const { createdAt } = yield* store.createFlag(
        { key, valueType: "boolean", defaultValue: true },
        { reason: "A try", correlationId: "request-1" }
      ).pipe(Effect.provideService(Actor.Current, actor))
      yield* store.changeFlag(key, { tags: ["a"] }, { expected: 1 })
      const [first, second] = yield* eventsOf(key)
      assert.deepInclude(first, { actor, reason: "A try", correlationId: "request-1" })
      assert.deepInclude(second, { actor: { id: "system", kind: "system" }, reason: null, correlationId: null })
      assert.isAtLeast(first?.at ?? 0, createdAt)
      assert.isAbove(second?.id ?? 0, first?.id ?? 0)
    }))

  it.effect("what is refused, and what changes nothing, leaves no row", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { environment, flag, state } = yield* Scene.live(Scene.forced(true))
      const audience = yield* Scene.audience("pro")
      const before = yield* Effect.forEach([environment, flag, audience], actionsOf)
      const expected = state.revision
      yield* Effect.flip(store.createFlag({ key: flag, valueType: "boolean", defaultValue: true }))
      yield* Effect.flip(store.changeFlag(flag, { tags: ["late"] }, { expected: 7 }))
      yield* Effect.flip(store.archiveFlag(flag, { expected: 7 }))
      yield* Effect.flip(store.changeEnvironment(environment, { name: "" }, { expected: 1 }))
      yield* Effect.flip(store.changeAudience(audience, { description: "late" }, { expected: 7 }))
      yield* Effect.flip(store.saveDraft(flag, environment, Scene.forced("no"), { expected }))
      yield* Effect.flip(store.saveDraft(flag, environment, Scene.forced(true), { expected: 7 }))
      yield* Effect.flip(publisher.publish(flag, environment, { expected }))
      yield* Effect.flip(publisher.engageKillSwitch(flag, environment, { expected: 7 }))
      yield* store.changeFlag(flag, {}, { expected: 1 })
      yield* store.changeEnvironment(environment, {}, { expected: 1 })
      yield* store.changeAudience(audience, { definition: Scene.onPlan("pro") }, { expected: 1 })
      yield* store.discardDraft(flag, environment, { expected })
      yield* publisher.releaseKillSwitch(flag, environment, any)
      assert.deepStrictEqual(yield* Effect.forEach([environment, flag, audience], actionsOf), before)

      yield* Scene.archive(flag)
      const archived = yield* actionsOf(flag)
      yield* Scene.archive(flag)
      assert.deepStrictEqual(yield* actionsOf(flag), archived)
    }))

  it.effect("events are answered newest first, page by page", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      for (let index = 0; index < 7; index++) yield* Scene.draft(flag, environment, Scene.forced(index % 2 === 0))
      const all = yield* store.audit({ key: flag, environment })
      const ids = all.map(({ id }) => id)
      assert.strictEqual(ids.length, 7)
      assert.deepStrictEqual(ids, ids.toSorted((a, b) => b - a))
      const pages: Array<Audit.Event> = []
      for (let before: number | undefined;;) {
        const page = yield* store.audit({ key: flag, environment, before, limit: 3 })
        pages.push(...page)
        before = page.at(-1)?.id
        if (page.length < 3) break
      }
      assert.deepStrictEqual(pages, all)
      assert.deepStrictEqual(yield* store.audit({ key: Scene.key("none") }), [])
    }))

  it.effect("events are found by key, environment, actor, kind, result, correlation and time, and by all of it at once", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const [ada, bob] = [Scene.key("ada"), Scene.key("bob")]
      const [one, other] = [Scene.key("request"), Scene.key("request")]
      const by = (id: string) => Effect.provideService(Actor.Current, { id, kind: "person" })
      const { environment, flag } = yield* by(ada)(Scene.live(Scene.forced(true)))
      yield* by(bob)(publisher.engageKillSwitch(flag, environment, { ...any, correlationId: one }))
      yield* by(bob)(publisher.releaseKillSwitch(flag, environment, { ...any, correlationId: other }))
      yield* by(ada)(store.changeFlag(flag, { tags: ["a"] }, { expected: 1, correlationId: one }))
      const denied = by(bob)(store.archiveFlag(flag, { expected: 2 })).pipe(
        Effect.provideService(Policy.Policy, { can: () => Effect.succeed(Policy.refuse()) })
      )
      yield* Effect.flip(denied)
      const all = yield* store.audit({ key: flag })

      const found = Effect.fnUntraced(function*(options: AuditOptions, wanted: (event: Audit.Event) => boolean) {
        const events = yield* store.audit(options)
        assert.isNotEmpty(events)
        assert.deepStrictEqual(events.filter(({ key }) => key === flag), all.filter(wanted))
        for (const event of events) assert.isTrue(wanted(event))
      })
      yield* found({ environment }, (event) => event.environment === environment)
      yield* found({ actor: ada }, ({ actor }) => actor.id === ada)
      yield* found({ actor: bob, result: "ok" }, ({ actor, result }) => actor.id === bob && result === "ok")
      yield* found({ key: flag, result: "denied" }, ({ result }) => result === "denied")
      yield* found({ correlationId: one }, ({ correlationId }) => correlationId === one)
      yield* found(
        { key: flag, actions: ["kill_switch.engage", "flag.change"] },
        ({ action }) => action === "kill_switch.engage" || action === "flag.change"
      )
      yield* found(
        { key: flag, environment, actor: bob, actions: ["kill_switch.release"], result: "ok", correlationId: other },
        ({ action }) => action === "kill_switch.release"
      )
      const at = all.find(({ action }) => action === "kill_switch.engage")?.at ?? 0
      yield* found({ key: flag, since: at }, (event) => event.at >= at)
      yield* found({ key: flag, until: at + 1 }, (event) => event.at <= at)
      yield* found({ key: flag, since: at, until: at + 1 }, (event) => event.at === at)
      for (
        const options of [
          { actor: "nobody" },
          { key: flag, actions: [] },
          { key: flag, since: at + 3_600_000 },
          { key: flag, until: 0 },
          { correlationId: Scene.key("none") },
          { key: flag, environment: Scene.key("env") }
        ]
      ) assert.deepStrictEqual(yield* store.audit(options), [])

      const pages: Array<Audit.Event> = []
      for (let before: number | undefined;;) {
        const page = yield* store.audit({ actor: ada, before, limit: 2 })
        pages.push(...page)
        before = page.at(-1)?.id
        if (page.length < 2) break
      }
      assert.deepStrictEqual(pages, yield* store.audit({ actor: ada }))
    }))

  it.effect("an event says what changed, by the keys of rules and variants", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, state } = yield* Scene.live({
        rules: [...Scene.share(10).rules, ...Scene.forced(true).rules]
      })
      const moved = yield* store.moveRule(flag, environment, "everybody", 0, { expected: state.revision })
      yield* store.putRule(
        flag,
        environment,
        "everybody",
        { key: "everybody", strategy: "forced_value", value: false },
        {
          expected: moved.revision
        }
      )
      const [put, move] = yield* store.audit({ key: flag, limit: 2 })
      assert.deepStrictEqual(put?.changes, [{ path: "rules[everybody].value", before: true, after: false }])
      assert.deepStrictEqual(move?.changes, [{ path: "", after: moved.draft }])
    }))

  it.effect("options of the audit are checked", () =>
    Effect.gen(function*() {
      const store = yield* Store
      for (const limit of [0, 1001, -1, 1.5]) yield* invalid(store.audit({ limit }), "limit (limit)")
      yield* invalid(
        store.audit({ key: "nul\0l", environment: "No", before: -1, limit: 0 }),
        "key (flag_key)",
        "environment (environment_key)",
        "before (event)",
        "limit (limit)"
      )
      yield* invalid(
        store.audit({ actor: "a".repeat(256), correlationId: "c".repeat(256), since: -1, until: 0.5 }),
        "actor (actor)",
        "correlationId (correlation_id)",
        "since (time)",
        "until (time)"
      )
    }))
}
