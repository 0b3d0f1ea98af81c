import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Actor from "rulestead/Actor"
import * as Change from "rulestead/Change"
import * as Manifest from "rulestead/Manifest"
import type { Owner } from "rulestead/Owner"
import * as Plan from "rulestead/Plan"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import { anyManifest } from "../../../../test/support/manifests.ts"
import { property } from "../../../../test/support/property.ts"

const shop: Manifest.Input = {
  schemaVersion: 1,
  audiences: [{
    key: "members",
    definition: { conditions: [{ attribute: "plan", operator: "equals", value: "plus" }] }
  }],
  flags: [
    {
      key: "checkout",
      valueType: "boolean",
      defaultValue: false,
      ruleset: { rules: [{ key: "members", strategy: "segment_match", audience: "members", value: true }] }
    },
    { key: "offers", valueType: "json", defaultValue: null, ruleset: { rules: [] }, killSwitch: { value: ["none"] } }
  ]
}

const make = (manifest: Manifest.Input = shop) => Plan.make({ environment: "prod", manifest })

const applied = Effect.fnUntraced(function*(manifest: Manifest.Input = shop) {
  return yield* Plan.apply(yield* make(manifest))
})

const told = ({ changes }: Plan.Plan) => changes.map(({ action, key }) => `${action} ${key}`)

const found = ({ findings }: Plan.Plan) => findings.map(({ code, path, severity }) => `${severity} ${code} ${path}`)

const manifestOf = ({ request }: Plan.Plan) =>
  "manifest" in request ? request.manifest : assert.fail("the plan is of a manifest")

const countWrites = Store.use((store) => Effect.map(store.audit({ limit: 1000 }), (events) => events.length))

const movedOf = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.map(
    Effect.flip(self),
    (error) => typeof error === "object" && error !== null && "moved" in error ? error.moved : error
  )

const inStore = <E>(name: string, body: () => Effect.Effect<void, E, Store | Publisher | SnapshotFeed>) =>
  it.effect(name, () => Effect.provide(body(), StoreMemory.layer()))

describe("a plan", () => {
  inStore("says everything that would be done, and does nothing", () =>
    Effect.gen(function*() {
      const plan = yield* make()
      assert.deepStrictEqual(told(plan), [
        "environment.create prod",
        "audience.create members",
        "flag.create checkout",
        "ruleset.publish checkout",
        "flag.create offers",
        "kill_switch.engage offers",
        "ruleset.publish offers"
      ])
      assert.deepStrictEqual(plan.environment, { key: "prod", exists: false, protected: false })
      assert.strictEqual(yield* countWrites, 0)
    }))

  inStore("has before and after of every change", () =>
    Effect.gen(function*() {
      yield* applied()
      const plan = yield* make({
        ...shop,
        flags: [{ key: "offers", valueType: "json", defaultValue: null, tags: ["new"], ruleset: { rules: [] } }]
      })
      assert.deepStrictEqual(told(plan), ["flag.change offers", "kill_switch.release offers"])
      const [change, release] = plan.changes
      assert.deepStrictEqual(change?.action === "flag.change" && [change.before.tags, change.after.tags], [[], ["new"]])
      assert.deepStrictEqual([release?.before, release?.after], [{ value: ["none"] }, null])
      assert.deepStrictEqual(plan.unchanged, { audiences: ["members"], flags: [] })
    }))

  inStore(
    "is the same plan after it was written to a file and read back",
    () =>
      property(anyManifest, (input) =>
        Effect.gen(function*() {
          const plan = yield* Plan.make({ environment: "prod", manifest: yield* Manifest.decode(input) })
          const read = yield* Plan.decode(JSON.parse(JSON.stringify(plan)))
          assert.deepStrictEqual(read, plan)
          yield* Plan.apply(read)
          assert.isTrue(Plan.isEmpty(yield* Plan.make({ environment: "prod", manifest: manifestOf(read) })))
        }).pipe(Effect.provide(StoreMemory.layer())), { numRuns: 20 })
  )

  inStore("keeps an owner and a lifecycle that the manifest does not say", () =>
    Effect.gen(function*() {
      yield* applied({
        schemaVersion: 1,
        flags: [{
          key: "checkout",
          valueType: "boolean",
          defaultValue: false,
          owner: { kind: "team", ref: "payments" }
        }]
      })
      const plan = yield* make({
        schemaVersion: 1,
        flags: [{ key: "checkout", valueType: "boolean", defaultValue: false }]
      })
      assert.deepStrictEqual(told(plan), [])
      assert.isNotNull((yield* Store.use((store) => store.flag("checkout"))).lifecycle)
    }))

  inStore("takes an owner away where the manifest says that there is none", () =>
    Effect.gen(function*() {
      const ownedBy = (owner: Owner | null): Manifest.Input => ({
        schemaVersion: 1,
        flags: [{ key: "checkout", valueType: "boolean", defaultValue: false, owner }]
      })
      yield* applied(ownedBy({ kind: "team", ref: "payments" }))
      const plan = yield* make(ownedBy(null))
      assert.deepStrictEqual(told(plan), ["flag.change checkout"])
      assert.deepStrictEqual(plan.changes.flatMap(Change.parts), [
        { path: "owner", before: { kind: "team", ref: "payments" }, after: null }
      ])
      yield* Plan.apply(yield* Plan.decode(JSON.parse(JSON.stringify(plan))))
      assert.isNull((yield* Store.use((store) => store.flag("checkout"))).owner)
      assert.isTrue(Plan.isEmpty(yield* make(ownedBy(null))))
      const exported = yield* Manifest.ofEnvironment("prod")
      assert.isNull(exported.flags[0]?.owner)
      assert.deepStrictEqual(Manifest.diff(exported, yield* Manifest.parse(Manifest.print(exported))), [])
    }))

  inStore("has an error for a remote config that nobody says how long to keep", () =>
    Effect.gen(function*() {
      const plan = yield* make({
        schemaVersion: 1,
        flags: [{
          key: "limit",
          valueType: "number",
          defaultValue: 1,
          purpose: "remote_config",
          ruleset: { rules: [] }
        }]
      })
      assert.deepStrictEqual(found(plan), ["error choice flags[0].lifecycle"])
    }))

  inStore(
    "warns of a flag that will not be served, until there is a ruleset or a draft of it",
    () =>
      Effect.gen(function*() {
        const limit = { key: "limit", valueType: "number", defaultValue: 1 } as const
        const given = (flag: object) => make({ ...shop, flags: [...shop.flags, { ...limit, ...flag }] })
        const warned = ["warning not_served flags[2]"]
        assert.deepStrictEqual(found(yield* given({})), warned)
        assert.deepStrictEqual(found(yield* given({ killSwitch: { value: 2 } })), warned)
        assert.deepStrictEqual(found(yield* given({ draft: { rules: [] } })), [])
        yield* Plan.apply(yield* given({}))
        assert.deepStrictEqual(found(yield* given({})), warned)
        yield* Plan.apply(yield* given({ ruleset: { rules: [] } }))
        assert.deepStrictEqual(found(yield* given({})), [])
      })
  )

  inStore("warns where a new definition of an audience takes effect", () =>
    Effect.gen(function*() {
      yield* applied()
      yield* Manifest.apply(shop, { environment: "staging" })
      const plan = yield* make({ ...shop, audiences: [{ key: "members", definition: { everyone: true } }] })
      assert.deepStrictEqual(told(plan), ["audience.change members"])
      assert.deepStrictEqual(found(plan), ["warning audience_shared audiences[0].definition"])
      assert.include(plan.findings[0]?.message, "prod, staging")
      yield* Plan.apply(plan)
    }))

  inStore("redefines an audience of a protected environment, when a reason is given", () =>
    Effect.gen(function*() {
      yield* applied()
      yield* Store.use((store) => store.changeEnvironment("prod", { protected: true }, { expected: 1 }))
      const plan = yield* make({ ...shop, audiences: [{ key: "members", definition: { everyone: true } }] })
      yield* Plan.apply(plan, { reason: "everybody is a member now" })
      assert.isTrue(
        Plan.isEmpty(yield* make({ ...shop, audiences: [{ key: "members", definition: { everyone: true } }] }))
      )
    }))

  inStore("has an error for an audience that is archived", () =>
    Effect.gen(function*() {
      yield* Store.use((store) =>
        Effect.andThen(
          store.createAudience({ key: "members", definition: { everyone: true } }),
          store.archiveAudience("members", { expected: 1 })
        )
      )
      assert.deepStrictEqual(found(yield* make()), ["error archived audiences[0]"])
    }))
})

describe("applying a plan", () => {
  inStore("does it all under one actor, reason and correlation id", () =>
    Effect.gen(function*() {
      const plan = yield* make()
      yield* Plan.apply(plan, { reason: "opening day", correlationId: "run-1" }).pipe(
        Effect.provideService(Actor.Current, { id: "ada", kind: "person" })
      )
      const events = yield* Store.use((store) => store.audit())
      assert.strictEqual(events.length, 9)
      assert.isTrue(
        events.every(({ actor, correlationId, reason }) =>
          actor.id === "ada" && correlationId === "run-1" && reason === "opening day"
        )
      )
    }))

  inStore("twice is refused the second time, because the first moved everything", () =>
    Effect.gen(function*() {
      const plan = yield* make()
      yield* Plan.apply(plan)
      const writes = yield* countWrites
      assert.deepStrictEqual(yield* movedOf(Plan.apply(plan)), plan.observed)
      assert.strictEqual(yield* countWrites, writes)
    }))

  inStore(
    "is refused when anything that it looked at moved, also what it would not change",
    () =>
      Effect.gen(function*() {
        const store = yield* Store
        yield* applied()
        const offers = shop.flags.map((flag) => flag.key === "offers" ? { ...flag, description: "Offers." } : flag)
        const plan = yield* make({ ...shop, flags: offers })
        assert.deepStrictEqual(told(plan), ["flag.change offers"])
        yield* store.changeFlag("checkout", { tags: ["shop"] }, { expected: 1 })
        assert.deepStrictEqual(yield* movedOf(Plan.apply(plan)), [
          { kind: "flag", key: "checkout", environment: null, revision: 1 }
        ])
        assert.strictEqual((yield* store.flag("offers")).description, "")
      })
  )

  inStore("is refused when where an audience is used moved", () =>
    Effect.gen(function*() {
      yield* applied()
      const plan = yield* make({ ...shop, audiences: [{ key: "members", definition: { everyone: true } }], flags: [] })
      yield* Manifest.apply(shop, { environment: "staging" })
      assert.deepStrictEqual(yield* movedOf(Plan.apply(plan)), [])
    }))

  inStore("is refused when the plan itself was changed", () =>
    Effect.gen(function*() {
      const plan = yield* make()
      const asked = { ...plan, request: { environment: "prod", manifest: { ...manifestOf(plan), flags: [] } } }
      const shown = { ...plan, changes: plan.changes.slice(1) }
      for (
        const forged of [asked, shown, { ...plan, findings: [], unchanged: { audiences: ["members"], flags: [] } }]
      ) {
        const error = yield* Effect.flip(Plan.apply(yield* Plan.decode(forged)))
        assert.strictEqual(error._tag, "Stale")
      }
      assert.strictEqual(yield* countWrites, 0)
    }))

  inStore("changes nothing when one of its changes is refused", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const plan = yield* make()
      const refusing = Store.of({
        ...store,
        createFlag: (flag, options) =>
          flag.key === "offers"
            ? store.createFlag({ ...flag, key: "Not a key" }, options)
            : store.createFlag(flag, options)
      })
      const error = yield* Effect.flip(Effect.provideService(Plan.apply(plan), Store, refusing))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.strictEqual(yield* countWrites, 0)
      assert.deepStrictEqual(yield* store.flags(), [])
    }))

  inStore(
    "leads to what the preview shows",
    () =>
      property(fc.tuple(anyManifest, anyManifest), ([first, second]) =>
        Effect.gen(function*() {
          yield* Manifest.apply(yield* Manifest.decode(first), { environment: "prod" })
          const before = yield* Manifest.ofEnvironment("prod", { drafts: true })
          const plan = yield* Plan.make({ environment: "prod", manifest: yield* Manifest.decode(second) })
          if (Plan.isBlocked(plan)) return
          yield* Plan.apply(plan)
          const after = yield* Manifest.ofEnvironment("prod", { drafts: true })
          assert.strictEqual(Manifest.print(Plan.preview(plan, before)), Manifest.print(after))
        }).pipe(Effect.provide(StoreMemory.layer())), { numRuns: 60 })
  )
})
