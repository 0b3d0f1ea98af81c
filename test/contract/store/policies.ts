import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Actor from "rulestead/Actor"
import type * as Audit from "rulestead/Audit"
import * as Policy from "rulestead/Policy"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import { type Command, notFound, refused } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

/** What a policy is asked. */
interface Question {
  readonly action: Audit.Action
  readonly resource: Policy.Resource
}

const by = (can: Policy.Can) => Effect.provideService(Policy.Policy, { can })

const denying = by(() => Effect.succeed(Policy.refuse("not today")))

/** A flag in a protected environment and in another one, and an audience that it uses in both. */
const scene = Effect.gen(function*() {
  const audience = yield* Scene.audience("pro")
  const { environment, flag } = yield* Scene.live(Scene.segments(audience))
  const store = yield* Store
  yield* store.changeEnvironment(environment, { protected: true }, { expected: 1 })
  const open = yield* Scene.environment
  yield* Scene.publish(flag, open, Scene.segments(audience))
  const { revision } = yield* store.state(flag, environment)
  return { audience, environment, flag, open, revision }
})

type Named = Effect.Success<typeof scene>

/** Every write, with what it is about. */
const writes = Effect.fnUntraced(function*({ audience, environment, flag, open, revision }: Named) {
  const store = yield* Store
  const publisher = yield* Publisher
  const free = Scene.key("free")
  const state = { expected: revision, reason: "a try" }
  const first = { expected: 1, reason: "a try" }
  const rule = { key: "a", strategy: "forced_value", value: true } as const
  const share = { rule: "a", percentage: 1 }
  const prod = { key: environment, protected: true }
  const both = [prod, { key: open, protected: false }].toSorted((a, b) => a.key < b.key ? -1 : 1)
  const about = (
    action: Audit.Action,
    kind: Policy.Resource["kind"],
    key: string,
    environments: ReadonlyArray<Policy.Place>
  ) => ({ action, resource: { kind, key, environments } })
  const inProd = (action: Audit.Action) => about(action, "flag", flag, [prod])
  const all: ReadonlyArray<readonly [Question, Command]> = [
    [
      about("environment.create", "environment", free, [{ key: free, protected: false }]),
      store.createEnvironment({ key: free, name: "New", protected: true })
    ],
    [about("environment.change", "environment", environment, [prod]), store.changeEnvironment(environment, {}, first)],
    [
      about("audience.create", "audience", free, []),
      store.createAudience({ key: free, definition: { everyone: true } })
    ],
    [about("audience.change", "audience", audience, []), store.changeAudience(audience, { description: "" }, first)],
    [
      about("audience.change", "audience", audience, both),
      store.changeAudience(audience, { definition: { everyone: true } }, first)
    ],
    [about("audience.archive", "audience", audience, []), store.archiveAudience(audience, first)],
    [about("audience.unarchive", "audience", audience, []), store.unarchiveAudience(audience, first)],
    [
      about("flag.create", "flag", free, []),
      store.createFlag({ key: free, valueType: "boolean", defaultValue: true })
    ],
    [about("flag.change", "flag", flag, []), store.changeFlag(flag, { tags: ["a"] }, first)],
    [about("flag.archive", "flag", flag, both), store.archiveFlag(flag, first)],
    [about("flag.unarchive", "flag", flag, both), store.unarchiveFlag(flag, first)],
    [inProd("draft.save"), store.saveDraft(flag, environment, Scene.forced(true), state)],
    [inProd("draft.save"), store.putRule(flag, environment, "a", rule, state)],
    [inProd("draft.save"), store.removeRule(flag, environment, "a", state)],
    [inProd("draft.save"), store.moveRule(flag, environment, "a", 0, state)],
    [inProd("draft.discard"), store.discardDraft(flag, environment, state)],
    [inProd("ruleset.publish"), publisher.publish(flag, environment, state)],
    [inProd("ruleset.revert"), publisher.revert(flag, environment, 1, state)],
    [inProd("rollout.set"), publisher.setRollout(flag, environment, share, state)],
    [inProd("rollout.advance"), publisher.advanceRollout(flag, environment, share, state)],
    [inProd("kill_switch.engage"), publisher.engageKillSwitch(flag, environment, state)],
    [inProd("kill_switch.release"), publisher.releaseKillSwitch(flag, environment, state)]
  ]
  return all
})

/** Who may do what: the policy is asked before every write and every read of what is protected. */
export const policies = (it: Scene.It) => {
  it.effect("a policy is asked before every write what it is about, and what it denies is audited and changes nothing", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const named = yield* scene
      const { audience, environment, flag, open } = named
      const look = Effect.all([
        store.flag(flag),
        store.audience(audience),
        store.environment(environment),
        store.state(flag, environment),
        store.state(flag, open)
      ])
      const before = yield* look
      const actor = { id: Scene.key("mallory"), kind: "person" } as const
      const all = yield* writes(named)
      for (const [question, write] of all) {
        const asked: Array<Question> = []
        const can: Policy.Can = (who, action, resource) => {
          assert.deepStrictEqual(who, actor)
          asked.push({ action, resource })
          return Effect.succeed(Policy.refuse("not today"))
        }
        const place = question.resource.kind === "flag" && /^(draft|ruleset|rollout|kill)/.test(question.action)
        const denied = {
          action: question.action,
          key: question.resource.key,
          environment: place ? environment : null,
          detail: "not today"
        }
        const error = yield* Effect.flip(by(can)(Effect.provideService(write, Actor.Current, actor)))
        assert.deepInclude(error, { ...denied, _tag: "Denied" })
        assert.deepStrictEqual(asked, [question])
        const [event] = yield* store.audit({ actor: actor.id, limit: 1 })
        const { detail: _, ...told } = denied
        assert.deepInclude(event, { ...told, actor, result: "denied", before: null, after: null, changes: [] })
      }
      assert.deepStrictEqual(yield* look, before)
      const events = yield* store.audit({ actor: actor.id, result: "denied" })
      assert.strictEqual(events.length, all.length)
      assert.deepStrictEqual(yield* store.audit({ actor: actor.id, result: "ok" }), [])
    }))

  it.effect("what a policy allows goes on as if there were none", () =>
    Effect.gen(function*() {
      const { environment, flag } = yield* by(() => Effect.succeed(Policy.allow))(Scene.live(Scene.forced(true)))
      const { rulesetVersion } = yield* Store.use((store) => store.state(flag, environment))
      assert.strictEqual(rulesetVersion, 1)
    }))

  it.effect("a policy that fails, throws, dies or gives no verdict denies", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const flag = yield* Scene.flag
      const boom = new Error("boom")
      const silly = Object.assign({}, Policy.allow, { _tag: "Maybe" })
      const faulty: ReadonlyArray<readonly [string, Policy.Can]> = [
        ["the policy failed", () => Effect.fail(new Cause.NoSuchElementError())],
        ["the policy failed", () => Effect.die(boom)],
        ["the policy failed", () => {
          throw boom
        }],
        ["the policy failed", () => Effect.interrupt],
        ["the policy gave no verdict", () => Effect.succeed(silly)]
      ]
      for (const [detail, can] of faulty) {
        const error = yield* Effect.flip(by(can)(store.changeFlag(flag, { tags: ["a"] }, { expected: 1 })))
        assert.deepInclude(error, { _tag: "Denied", action: "flag.change", key: flag, detail })
      }
      assert.strictEqual((yield* store.audit({ key: flag, result: "denied" })).length, faulty.length)
      assert.strictEqual((yield* store.flag(flag)).revision, 1)
    }))

  it.effect("the audit, and the state of a flag in a protected environment, are read by permission", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const { environment, flag, open } = yield* scene
      const denied = { _tag: "Denied", detail: "not today" } as const
      yield* refused(denying(store.state(flag, environment)), {
        ...denied,
        action: "state.read",
        key: flag,
        environment
      })
      yield* refused(denying(store.audit({ key: flag })), {
        ...denied,
        action: "audit.read",
        key: flag,
        environment: null
      })
      yield* refused(denying(store.audit({ environment })), {
        ...denied,
        action: "audit.read",
        key: null,
        environment
      })
      const events = yield* store.audit({ environment, result: "denied" })
      assert.deepStrictEqual(events.map(({ action, key }) => [action, key]), [["audit.read", null], [
        "state.read",
        flag
      ]])

      yield* denying(store.state(flag, open))
      yield* denying(store.flag(flag))
      yield* denying(store.ruleset(flag, environment))
      yield* denying(store.rulesets(flag, environment))
      yield* denying(store.environments)
      yield* refused(denying(store.state("none", environment)), notFound("flag", "none"))

      const asked: Array<Policy.Resource> = []
      const can: Policy.Can = (_actor, _action, resource) =>
        Effect.sync(() => {
          asked.push(resource)
          return Policy.allow
        })
      yield* by(can)(store.audit({ environment }))
      assert.deepStrictEqual(asked, [{
        kind: "audit",
        key: null,
        environments: [{ key: environment, protected: true }]
      }])
    }))

  it.effect("who is allowed by role is, and nobody else", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const { audience, environment, flag, open } = yield* scene
      const as = (roles: Policy.Roles) => by(Policy.byRole(() => Effect.succeed(roles)))
      const options = { expected: 0, reason: "a try" }
      const outcome = (roles: Policy.Roles, command: Command) =>
        as(roles)(Effect.match(command, { onFailure: ({ _tag }) => _tag, onSuccess: () => "done" }))
      const expectations: ReadonlyArray<readonly [string, Policy.Roles, Command]> = [
        ["Denied", { "*": "viewer" }, store.saveDraft(flag, open, Scene.forced(true), options)],
        ["Conflict", { [open]: "editor" }, store.saveDraft(flag, open, Scene.forced(true), options)],
        ["Denied", { [open]: "admin" }, store.saveDraft(flag, environment, Scene.forced(true), options)],
        ["Denied", { "*": "editor" }, publisher.publish(flag, open, options)],
        ["Conflict", { "*": "publisher" }, publisher.publish(flag, open, options)],
        ["Denied", { "*": "admin", [open]: "editor" }, publisher.publish(flag, open, options)],
        ["Denied", { [open]: "publisher" }, store.archiveFlag(flag, options)],
        ["Conflict", { "*": "publisher" }, store.archiveFlag(flag, options)],
        ["Conflict", { dev: "editor" }, store.changeFlag(flag, {}, options)],
        ["Denied", { dev: "viewer" }, store.changeFlag(flag, {}, options)],
        ["Denied", {}, store.changeFlag(flag, {}, options)],
        ["Denied", { "*": "editor" }, store.changeAudience(audience, { definition: { everyone: true } }, options)],
        ["Conflict", { "*": "editor" }, store.changeAudience(audience, { description: "" }, options)],
        ["Denied", { "*": "publisher" }, store.changeEnvironment(environment, {}, options)],
        ["Conflict", { [environment]: "admin" }, store.changeEnvironment(environment, {}, options)],
        ["done", { [environment]: "viewer" }, store.state(flag, environment)],
        ["Denied", { [open]: "admin" }, store.state(flag, environment)],
        ["done", { [open]: "viewer" }, store.audit({ environment: open })],
        ["Denied", { [open]: "viewer" }, store.audit()]
      ]
      for (const [expected, roles, command] of expectations) {
        assert.strictEqual(yield* outcome(roles, command), expected)
      }
      const reading = by(Policy.readOnly)
      yield* reading(store.audit())
      yield* refused(reading(store.createFlag({ key: "no", valueType: "boolean", defaultValue: true })), {
        _tag: "Denied",
        action: "flag.create",
        key: "no",
        environment: null,
        detail: "nothing can be written here"
      })
    }))
}
