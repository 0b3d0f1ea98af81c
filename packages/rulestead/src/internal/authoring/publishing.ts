/**
 * The commands that make a ruleset live: the draft, an earlier one, or the live one with another share.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { FlagState } from "../../FlagState.ts"
import type { Violation } from "../../InvalidInput.ts"
import type { Published, Publisher, RolloutChange } from "../../Publisher.ts"
import type { Rollout } from "../../Rule.ts"
import type { Ruleset } from "../../Ruleset.ts"
import type { ChangeOptions, PublishedRuleset, StoredFlag } from "../../Store.ts"
import { isSame } from "../canonicalJson.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"
import * as Options from "./options.ts"
import * as References from "./references.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as Staging from "./staging.ts"
import * as States from "./states.ts"

type Commands = Pick<Publisher["Service"], "publish" | "revert" | "setRollout" | "advanceRollout">

type Action = "ruleset.publish" | "ruleset.revert" | "rollout.set" | "rollout.advance"

/** What is to be live next, and the draft to leave behind. */
interface Next {
  readonly ruleset: Ruleset
  readonly draft: Ruleset | null
}

export const make = (desk: Desk): Commands => {
  const { admit, backend, head, transaction } = desk
  const publish = Effect.fn("Publisher.publish")(
    function*(flag: string, environment: string, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* transaction(goLive("ruleset.publish", flag, environment, given, publishedDraft))
    }
  )

  const revert = Effect.fn("Publisher.revert")(
    function*(flag: string, environment: string, version: number, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* transaction(goLive("ruleset.revert", flag, environment, given, reverted(version)))
    }
  )

  const reverted = (version: number) =>
    Effect.fnUntraced(function*({ draft, environment, flag, rulesetVersion }: FlagState) {
      const exists = Number.isInteger(version) && version > 0 && version <= rulesetVersion
      const old = exists ? yield* backend.rulesets.get(flag, environment, version) : undefined
      if (old === undefined) return yield* States.notFound("ruleset", flag, environment)
      const live = yield* States.getRuleset(backend, flag, environment, rulesetVersion)
      return isSame(old.ruleset, live?.ruleset) ? undefined : { ruleset: old.ruleset, draft }
    })

  const setRollout = Effect.fn("Publisher.setRollout")(
    function*(flag: string, environment: string, input: RolloutChange, options: ChangeOptions) {
      const rollout = yield* Options.decodeRollout(input)
      const given = yield* Options.decodeChange(options)
      return yield* transaction(goLive("rollout.set", flag, environment, given, rolledOut(rollout, 0)))
    }
  )

  const advanceRollout = Effect.fn("Publisher.advanceRollout")(
    function*(flag: string, environment: string, input: RolloutChange, options: ChangeOptions) {
      const rollout = yield* Options.decodeRollout(input)
      const given = yield* Options.decodeChange(options)
      return yield* transaction(goLive("rollout.advance", flag, environment, given, rolledOut(rollout, "live")))
    }
  )

  /** The live ruleset with another share for one rule, which is not to be less than `floor`. */
  const rolledOut = (change: RolloutChange, floor: 0 | "live") =>
    Effect.fnUntraced(function*(state: FlagState) {
      const { environment, flag } = state
      const live = (yield* States.getRuleset(backend, flag, environment, state.rulesetVersion))?.ruleset
      if (live === undefined) return yield* States.notFound("ruleset", flag, environment)
      if (live.rules.every(({ key }) => key !== change.rule)) return yield* States.ruleNotFound(change.rule, state)
      const rollout = rolloutOf(live, change.rule)
      yield* refuseFor(refusals(change, rollout, floor), "rollout", change)
      if (rollout === undefined || rollout.percentage === change.percentage) return undefined
      const follows = rolloutOf(state.draft, change.rule)?.percentage === rollout.percentage
      const draft = state.draft !== null && follows ? withShare(state.draft, change) : state.draft
      return { ruleset: withShare(live, change), draft }
    })

  /** Makes live what `next` says, as the next version; nothing, if it says nothing. */
  const goLive = Effect.fnUntraced(function*<E>(
    action: Action,
    key: string,
    environment: string,
    options: ChangeOptions,
    next: (before: FlagState) => Effect.Effect<Next | undefined, E>
  ) {
    const { flag, place } = yield* States.findWritable(backend, key, environment)
    yield* admit({ action, kind: "flag", key, environment, environments: [place] }, options)
    const publishedAt = yield* Clock.currentTimeMillis
    const step = (before: FlagState) =>
      Effect.map(next(before), (found) =>
        found === undefined ? undefined : {
          change: { draft: found.draft, rulesetVersion: before.rulesetVersion + 1, publishedAt },
          found
        })
    const { after, found } = yield* States.modify(backend, key, environment, options.expected, step)
    if (found !== undefined) yield* write(action, flag, after, found, publishedAt, options)
    const published: Published = { state: after, head: yield* head(environment) }
    return published
  })

  const write = Effect.fnUntraced(function*(
    action: Action,
    flag: StoredFlag,
    state: FlagState,
    { draft, ruleset }: Next,
    publishedAt: number,
    options: ChangeOptions
  ) {
    const { environment, rulesetVersion: version } = state
    const { audiences, violations } = yield* References.resolve(backend, ruleset)
    yield* refuseFor(violations, "ruleset", ruleset)
    const content = Content.state(flag, state, ruleset)
    yield* Content.refuseOversize(content, "ruleset", ruleset, "rules")

    const after: PublishedRuleset = { flag: flag.key, environment, version, ruleset, publishedAt }
    const before = (yield* backend.rulesets.insert(after)) ?? null
    const uses = { live: audiences, ...(draft === null ? { draft: [] } : {}) }
    yield* Staging.flag(desk, environment, content, uses)
    yield* Rows.audit(backend, options, { action, key: flag.key, environment, before, after })
  })

  return { publish, revert, setRollout, advanceRollout }
}

const publishedDraft = (
  { draft, environment, flag }: FlagState
): Effect.Effect<Next, ReturnType<typeof States.notFound>> =>
  draft === null
    ? Effect.fail(States.notFound("draft", flag, environment))
    : Effect.succeed({ ruleset: draft, draft: null })

const rolloutOf = (ruleset: Ruleset | null, key: string): Rollout | undefined => {
  const rule = ruleset?.rules.find((rule) => rule.key === key)
  return rule !== undefined && "rollout" in rule ? rule.rollout : undefined
}

const refusals = (
  { percentage }: RolloutChange,
  rollout: Rollout | undefined,
  floor: 0 | "live"
): ReadonlyArray<Violation> => {
  if (rollout === undefined) return [{ path: ["rule"], rule: "rollout", allowed: "the key of a rule with a rollout" }]
  return floor === "live" && percentage < rollout.percentage
    ? [{ path: ["percentage"], rule: "advance", allowed: `at least ${rollout.percentage}, which is live` }]
    : []
}

const withShare = (ruleset: Ruleset, { percentage, rule: key }: RolloutChange): Ruleset => ({
  ...ruleset,
  rules: ruleset.rules.map((rule) =>
    rule.key === key && "rollout" in rule ? { ...rule, rollout: { ...rule.rollout, percentage } } : rule
  )
})
