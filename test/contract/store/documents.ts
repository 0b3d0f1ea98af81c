import { assert } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Flag from "rulestead/Flag"
import * as Lifecycle from "rulestead/Lifecycle"
import { Store } from "rulestead/Store"
import { invalid, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

/** Environments, audiences and flags: creating, changing, reading. */
export const documents = (it: Scene.It) => {
  it.effect("an environment is created with its defaults, and read back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const key = Scene.key("env")
      const created = yield* store.createEnvironment({ key, name: "Production" })
      const { createdAt, updatedAt, ...rest } = created
      assert.deepStrictEqual(rest, { key, name: "Production", description: "", protected: false, revision: 1 })
      assert.strictEqual(updatedAt, createdAt)
      assert.deepStrictEqual(yield* store.environment(key), created)
      assert.deepInclude(yield* store.environments, created)
    }))

  it.effect("changing an environment leaves what was not named, and counts revisions", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const key = Scene.key("env")
      const { updatedAt: _, ...created } = yield* store.createEnvironment({
        key,
        name: "Production",
        description: "EU"
      })
      const { updatedAt, ...changed } = yield* store.changeEnvironment(key, { protected: true }, { expected: 1 })
      assert.deepStrictEqual(changed, { ...created, protected: true, revision: 2 })
      assert.isAtLeast(updatedAt, created.createdAt)
      assert.deepStrictEqual(yield* store.environment(key), { ...changed, updatedAt })
    }))

  it.effect("environments are listed in the order of their keys", () =>
    Effect.gen(function*() {
      const store = yield* Store
      yield* Effect.replicateEffect(Scene.environment, 3)
      const keys = (yield* store.environments).map(({ key }) => key)
      assert.deepStrictEqual(keys, keys.toSorted())
    }))

  it.effect("an audience is created, changed and read back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const key = Scene.key("audience")
      const created = yield* store.createAudience({ key, definition: Scene.onPlan("pro") })
      const { createdAt, updatedAt: _, ...rest } = created
      assert.deepStrictEqual(rest, {
        key,
        description: "",
        definition: Scene.onPlan("pro"),
        archivedAt: null,
        revision: 1
      })
      const definition = { everyone: true } as const
      const changed = yield* store.changeAudience(key, { definition }, { expected: 1 })
      assert.deepStrictEqual(changed, { ...rest, createdAt, definition, revision: 2, updatedAt: changed.updatedAt })
      assert.deepStrictEqual(yield* store.audience(key), changed)
    }))

  it.effect("a flag of every type is created with its defaults, and read back", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const inputs = [
        { valueType: "boolean", defaultValue: true },
        { valueType: "string", defaultValue: "" },
        { valueType: "number", defaultValue: -0.5 },
        { valueType: "json", defaultValue: { list: [1, "two", null, { three: true }], nothing: null } },
        { valueType: "json", defaultValue: null }
      ] as const
      for (const input of inputs) {
        const key = Scene.key("flag")
        const created = yield* store.createFlag({ key, ...input })
        const { createdAt, updatedAt, ...rest } = created
        assert.deepStrictEqual(rest, {
          key,
          ...input,
          purpose: "release",
          description: "",
          tags: [],
          owner: null,
          lifecycle: Lifecycle.initial("expiring", createdAt),
          archivedAt: null,
          revision: 1
        })
        assert.strictEqual(updatedAt, createdAt)
        assert.deepStrictEqual(yield* store.flag(key), created)
      }
    }))

  it.effect("changing a flag touches its details and nothing else", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const key = Scene.key("flag")
      const created = yield* store.createFlag({ key, valueType: "string", defaultValue: "a", tags: ["one"] })
      const change = { purpose: "experiment", description: "What it is for", tags: ["two", "one"] } as const
      const changed = yield* store.changeFlag(key, change, { expected: 1 })
      assert.deepStrictEqual(changed, { ...created, ...change, revision: 2, updatedAt: changed.updatedAt })
      assert.deepStrictEqual(yield* store.flag(key), changed)
    }))

  it.effect("a flag gets the lifecycle that its purpose suggests, unless told another one", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const create = (details: Pick<Flag.Input, "purpose" | "lifecycle">) =>
        store.createFlag({ key: Scene.key("flag"), valueType: "boolean", defaultValue: false, ...details })
      const permanent = { mode: "permanent" } as const
      for (const purpose of ["release", "experiment", "migration"] as const) {
        const { createdAt, lifecycle } = yield* create({ purpose })
        const reviewBy = DateTime.formatIsoDateUtc(DateTime.makeUnsafe(createdAt + 90 * 86_400_000))
        assert.deepStrictEqual(lifecycle, { mode: "expiring", reviewBy })
        assert.deepStrictEqual((yield* create({ purpose, lifecycle: permanent })).lifecycle, permanent)
      }
      for (const purpose of ["kill_switch", "operational", "permission"] as const) {
        assert.deepStrictEqual((yield* create({ purpose, lifecycle: null })).lifecycle, permanent)
      }
      yield* invalid(create({ purpose: "remote_config" }), "lifecycle (choice)")
      yield* invalid(create({ purpose: "remote_config", lifecycle: null }), "lifecycle (choice)")
      const expiring = { mode: "expiring", reviewBy: "2027-01-31" } as const
      const chosen = yield* create({ purpose: "remote_config", lifecycle: expiring })
      assert.deepStrictEqual(chosen.lifecycle, expiring)
      assert.deepStrictEqual(yield* store.flag(chosen.key), chosen)
    }))

  it.effect("a flag changes hands, is nobody's, and lives longer or shorter", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const owner = { kind: "team", ref: "payments", name: "Payments" } as const
      const created = yield* store.createFlag({
        key: Scene.key("flag"),
        valueType: "boolean",
        defaultValue: false,
        owner
      })
      assert.deepStrictEqual(created.owner, owner)
      const lifecycle = { mode: "permanent", reviewBy: "2030-01-01" } as const
      const next = { kind: "person", ref: "ada" } as const
      const changed = yield* store.changeFlag(created.key, { owner: next, lifecycle }, { expected: 1 })
      assert.deepStrictEqual(changed, {
        ...created,
        owner: next,
        lifecycle,
        revision: 2,
        updatedAt: changed.updatedAt
      })
      const left = yield* store.changeFlag(created.key, { owner: null }, { expected: 2 })
      assert.deepInclude(left, { owner: null, lifecycle })
      yield* invalid(
        store.changeFlag(created.key, { tags: ["a", "a"], owner: { kind: "team", ref: "" } }, { expected: 3 }),
        "tags (unique_tags)",
        "owner.ref (owner_ref)"
      )
      assert.deepStrictEqual(yield* store.flag(created.key), left)
    }))

  it.effect("a change that changes nothing is not a revision", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const environment = yield* store.environment(yield* Scene.environment)
      const audience = yield* store.audience(yield* Scene.audience("pro"))
      const flag = yield* store.flag(yield* Scene.flag)
      const expected = 1
      assert.deepStrictEqual(
        yield* store.changeEnvironment(environment.key, { name: environment.name }, { expected }),
        environment
      )
      assert.deepStrictEqual(
        yield* store.changeAudience(audience.key, { definition: Scene.onPlan("pro") }, { expected }),
        audience
      )
      assert.deepStrictEqual(yield* store.changeFlag(flag.key, { tags: [] }, { expected }), flag)
    }))

  it.effect("keys are taken once, whatever the rest of the document", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const environment = yield* Scene.environment
      const audience = yield* Scene.audience("pro")
      const flag = yield* Scene.flag
      yield* refused(store.createEnvironment({ key: environment, name: "Another" }), {
        _tag: "AlreadyExists",
        resource: "environment",
        key: environment
      })
      yield* refused(store.createAudience({ key: audience, definition: { everyone: true } }), {
        _tag: "AlreadyExists",
        resource: "audience",
        key: audience
      })
      const again = store.createFlag({ key: flag, valueType: "number", defaultValue: 1 })
      yield* refused(again, { _tag: "AlreadyExists", resource: "flag", key: flag })
      yield* Scene.archive(flag)
      yield* refused(again, { _tag: "AlreadyExists", resource: "flag", key: flag })
    }))

  it.effect("a change based on another revision is refused with the current one, and changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const environment = yield* store.environment(yield* Scene.environment)
      const audience = yield* store.audience(yield* Scene.audience("pro"))
      const flag = yield* store.flag(yield* Scene.flag)
      for (const expected of [0, 2, 7]) {
        yield* refused(store.changeEnvironment(environment.key, { name: "Late" }, { expected }), {
          _tag: "Conflict",
          resource: "environment",
          key: environment.key,
          expected,
          current: 1
        })
        yield* refused(store.changeAudience(audience.key, { description: "Late" }, { expected }), {
          _tag: "Conflict",
          resource: "audience",
          key: audience.key,
          expected,
          current: 1
        })
        const conflict = { _tag: "Conflict", resource: "flag", key: flag.key, expected, current: 1 } as const
        yield* refused(store.changeFlag(flag.key, { description: "Late" }, { expected }), conflict)
        yield* refused(store.archiveFlag(flag.key, { expected }), conflict)
      }
      assert.deepStrictEqual(yield* store.environment(environment.key), environment)
      assert.deepStrictEqual(yield* store.audience(audience.key), audience)
      assert.deepStrictEqual(yield* store.flag(flag.key), flag)
    }))

  it.effect("what does not exist is not found, also where the key could not be one", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const expected = 1
      for (
        const key of [Scene.key("none"), "", "x", "No", "__proto__", "a b", "nul\0l", "\ud800", "k".repeat(100_000)]
      ) {
        const environment = { _tag: "NotFound", resource: "environment", key } as const
        yield* refused(store.environment(key), environment)
        yield* refused(store.changeEnvironment(key, { name: "None" }, { expected }), environment)
        const audience = { _tag: "NotFound", resource: "audience", key } as const
        yield* refused(store.audience(key), audience)
        yield* refused(store.changeAudience(key, { description: "" }, { expected }), audience)
        const flag = { _tag: "NotFound", resource: "flag", key } as const
        yield* refused(store.flag(key), flag)
        yield* refused(store.changeFlag(key, { tags: [] }, { expected }), flag)
        yield* refused(store.archiveFlag(key, { expected }), flag)
      }
    }))

  it.effect("an archived flag stays readable and takes no more changes; archiving it again changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const flag = yield* Scene.flag
      const archived = yield* store.archiveFlag(flag, { expected: 1 })
      assert.isNumber(archived.archivedAt)
      assert.strictEqual(archived.revision, 2)
      assert.deepStrictEqual(yield* store.flag(flag), archived)
      assert.deepStrictEqual(yield* store.archiveFlag(flag, { expected: 2 }), archived)
      yield* refused(store.changeFlag(flag, { tags: [] }, { expected: 2 }), { _tag: "FlagArchived", flag })
    }))

  it.effect("a bad document is refused with all its problems, and nothing is created", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const [environment, audience, flag] = [Scene.key("env"), Scene.key("audience"), Scene.key("flag")]
      yield* invalid(
        store.createEnvironment({ key: environment, name: " ", description: "d".repeat(2001) }),
        "name (name)",
        "description (description)"
      )
      yield* refused(store.environment(environment), { _tag: "NotFound", resource: "environment", key: environment })
      yield* invalid(
        store.createAudience({
          key: audience,
          definition: {
            conditions: [
              { attribute: "org.tier", operator: "equals", value: "gold" },
              { attribute: "plan", operator: "in", values: [] }
            ]
          }
        }),
        "definition.conditions[0].attribute (attribute_path)",
        "definition.conditions[1].values (list)"
      )
      yield* refused(store.audience(audience), { _tag: "NotFound", resource: "audience", key: audience })
      yield* invalid(
        store.createFlag({
          key: flag,
          valueType: "boolean",
          defaultValue: true,
          tags: ["a", ""],
          description: "d".repeat(2001)
        }),
        "description (description)",
        "tags[1] (tag)"
      )
      yield* refused(store.flag(flag), { _tag: "NotFound", resource: "flag", key: flag })
    }))

  it.effect("a bad change is refused with all its problems", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const expected = 1
      const environment = yield* Scene.environment
      const audience = yield* Scene.audience("pro")
      const flag = yield* Scene.flag
      yield* invalid(
        store.changeEnvironment(environment, { name: "", description: "d".repeat(2001) }, { expected }),
        "name (name)",
        "description (description)"
      )
      yield* invalid(
        store.changeAudience(audience, { definition: { conditions: [{ attribute: "", operator: "exists" }] } }, {
          expected
        }),
        "definition.conditions[0].attribute (attribute_path)"
      )
      yield* invalid(store.changeFlag(flag, { tags: [" a"] }, { expected }), "tags[0] (tag)")
    }))

  it.effect("options are checked as documents are", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const flag = yield* Scene.flag
      for (const expected of [Number.NaN, Infinity]) {
        yield* invalid(store.archiveFlag(flag, { expected }), "expected (value)")
      }
      for (const expected of [-1, 0.5, Number.MAX_SAFE_INTEGER + 1]) {
        yield* invalid(store.archiveFlag(flag, { expected }), "expected (revision)")
      }
      yield* invalid(
        store.archiveFlag(flag, { expected: -1, reason: "r".repeat(2001), correlationId: "c".repeat(256) }),
        "reason (reason)",
        "correlationId (correlation_id)",
        "expected (revision)"
      )
      assert.isNull((yield* store.flag(flag)).archivedAt)
    }))

  it.effect("content too large for a snapshot is refused where it is authored", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const huge = "x".repeat(4_000_000)
      const key = Scene.key("huge")
      yield* invalid(store.createFlag({ key, valueType: "string", defaultValue: huge }), "defaultValue (size)")
      const definition = Scene.onPlan(huge)
      yield* invalid(store.createAudience({ key, definition }), "definition (size)")
      const audience = yield* Scene.audience("pro")
      yield* invalid(store.changeAudience(audience, { definition }, { expected: 1 }), "definition (size)")
    }))
}
