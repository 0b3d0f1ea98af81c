/** A rollout goes up while a node runs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { Rulestead } from "rulestead"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import { Publisher } from "rulestead/Publisher"
import type { Ruleset } from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import { environment } from "./catalogue.ts"

export interface Rollout {
  readonly flag: string
  readonly rule: string
  readonly percentage: number
}

/** Drafts and publishes the live rules with another percentage. Fails if somebody else changes the flag meanwhile. */
export const publishRollout = Effect.fnUntraced(function*({ flag, percentage, rule }: Rollout) {
  const store = yield* Store
  const publisher = yield* Publisher
  const { revision, rulesetVersion } = yield* store.state(flag, environment)
  const { ruleset } = yield* store.ruleset(flag, environment, rulesetVersion)
  const draft = yield* store.saveDraft(flag, environment, withPercentage(ruleset, rule, percentage), {
    expected: revision
  })
  yield* publisher.publish(flag, environment, { expected: draft.revision, reason: `${rule} to ${percentage}%` })
})

const withPercentage = (ruleset: Ruleset, key: string, percentage: number): Ruleset => ({
  ...ruleset,
  rules: ruleset.rules.map((rule) =>
    rule.key === key && "rollout" in rule ? { ...rule, rollout: { ...rule.rollout, percentage } } : rule
  )
})

/** Publishes a rollout, and watches the running node: who has the flag before and after, and how soon it decides anew. */
export const watchRollout = Effect.fnUntraced(function*(rollout: Rollout, requests: ReadonlyArray<EvaluationContext>) {
  const before = yield* audience(rollout.flag, requests)
  const deciding = yield* Effect.forkChild(nextDecision(rollout.flag), { startImmediately: true })
  yield* publishRollout(rollout)
  const committedAt = yield* Clock.currentTimeNanos
  const decidedAt = yield* Fiber.join(deciding)
  const after = yield* audience(rollout.flag, requests)
  return { before, after, milliseconds: Math.max(0, Number(decidedAt - committedAt) / 1_000_000) }
})

/** When the node first decided the flag by a new snapshot. */
const nextDecision = Effect.fnUntraced(function*(flag: string) {
  yield* Rulestead.changes.pipe(
    Stream.filter(({ changed }) => changed.includes(flag)),
    Stream.take(1),
    Stream.runDrain,
    Effect.timeout("30 seconds")
  )
  yield* Rulestead.enabled(flag, { targetingKey: "user-1" })
  return yield* Clock.currentTimeNanos
})

/** The users that the node says have the flag on, and the snapshot that it says so by. */
const audience = Effect.fnUntraced(function*(flag: string, requests: ReadonlyArray<EvaluationContext>) {
  const rulestead = yield* Rulestead
  const on = requests.filter(({ targetingKey }) => targetingKey !== undefined)
    .filter((request) => rulestead.enabledUnsafe(flag, request))
  return { version: rulestead.healthUnsafe().version, users: new Set(on.map(({ targetingKey }) => targetingKey)) }
})

export type Watched = Effect.Success<ReturnType<typeof watchRollout>>
