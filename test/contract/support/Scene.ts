/** What the tests of a store need to say what they are about: things of their own, in a store that they share. */
import type { Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { strict as assert } from "node:assert"
import { randomUUID } from "node:crypto"
import type * as Audience from "rulestead/Audience"
import type { Evidence } from "rulestead/Evidence"
import { type Published, Publisher } from "rulestead/Publisher"
import type * as Ruleset from "rulestead/Ruleset"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import type { Value } from "rulestead/Value"

export type Services = Store | Publisher | SnapshotFeed | Evidence

export type It = Vitest.MethodsNonLive<Services>

/** A key that nothing else in the store has. */
export const key = (name: string): string => `${name}-${randomUUID().slice(0, 12)}`

/** The key of a new environment. */
export const environment = Effect.suspend(() =>
  Store.use((store) => store.createEnvironment({ key: key("env"), name: "An environment" }))
).pipe(Effect.map(({ key }) => key))

/** The key of a new environment that is protected. */
export const guarded = Effect.suspend(() =>
  Store.use((store) => store.createEnvironment({ key: key("env"), name: "An environment", protected: true }))
).pipe(Effect.map(({ key }) => key))

/** The key of a new boolean flag whose default is `false`. */
export const flag = Effect.suspend(() =>
  Store.use((store) => store.createFlag({ key: key("flag"), valueType: "boolean", defaultValue: false }))
).pipe(Effect.map(({ key }) => key))

export const jsonFlag = (defaultValue: Value) =>
  Store.use((store) => store.createFlag({ key: key("flag"), valueType: "json", defaultValue })).pipe(
    Effect.map(({ key }) => key)
  )

/** The key of a new audience of those on the plan. */
export const audience = (plan: string) =>
  Store.use((store) => store.createAudience({ key: key("audience"), definition: onPlan(plan) })).pipe(
    Effect.map(({ key }) => key)
  )

export const onPlan = (plan: string): Audience.Definition => ({
  conditions: [{ attribute: "plan", operator: "equals", value: plan }]
})

/** Serves a value to everybody. */
export const forced = (value: Value): Ruleset.Input => ({
  rules: [{ key: "everybody", strategy: "forced_value", value }]
})

/** Serves `true` to a share. */
export const share = (percentage: number, salt?: string): Ruleset.Input => ({
  rules: [{
    key: "some",
    strategy: "percentage_rollout",
    rollout: { percentage, ...(salt === undefined ? {} : { salt }) },
    value: true
  }]
})

/** Serves `true` to the members of the audiences. */
export const segments = (...audiences: ReadonlyArray<string>): Ruleset.Input => ({
  rules: audiences.map((audience) => ({ key: audience, strategy: "segment_match", audience, value: true }))
})

/** Saves a draft over whatever is there. */
export const draft = Effect.fnUntraced(function*(flag: string, environment: string, ruleset: Ruleset.Input) {
  const store = yield* Store
  const { revision } = yield* store.state(flag, environment)
  return yield* store.saveDraft(flag, environment, ruleset, { expected: revision })
})

/** Makes a ruleset live. */
export const publish = Effect.fnUntraced(function*(flag: string, environment: string, ruleset: Ruleset.Input) {
  const { revision } = yield* draft(flag, environment, ruleset)
  return yield* Publisher.use((publisher) => publisher.publish(flag, environment, { expected: revision }))
})

/** A new environment in which a new flag is live. */
export const live = Effect.fnUntraced(function*(ruleset: Ruleset.Input) {
  const place = { environment: yield* environment, flag: yield* flag }
  return { ...place, ...committed(yield* publish(place.flag, place.environment, ruleset)) }
})

/** What a command outside any transaction answers. */
export const committed = ({ head, state }: Published) => {
  assert(head !== null)
  return { head, state }
}

export const archive = Effect.fnUntraced(function*(flag: string) {
  const store = yield* Store
  const { revision } = yield* store.flag(flag)
  return yield* store.archiveFlag(flag, { expected: revision })
})
