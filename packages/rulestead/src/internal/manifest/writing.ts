/**
 * The commands that make the changes of a plan.
 */
import * as Effect from "effect/Effect"
import type { Impact } from "../../Audience.ts"
import type * as Change from "../../Change.ts"
import * as FlagState from "../../FlagState.ts"
import type { Plan } from "../../Plan.ts"
import { Publisher } from "../../Publisher.ts"
import { Store, type WriteOptions } from "../../Store.ts"
import { isSame } from "../canonicalJson.ts"
import type { Content } from "./content.ts"

interface Made {
  readonly plan: Plan
  readonly content: Content
  readonly impacts: ReadonlyMap<string, Impact>
}

/** What the flags have come to, so far. */
interface Here {
  readonly environment: string
  readonly states: Map<string, FlagState.FlagState>
}

/**
 * What is new and flag by flag, in the order of their keys, and last the audiences, which all who use them hold: as every
 * other plan does, so that none waits for another that waits for it.
 */
export const write = Effect.fnUntraced(function*({ content, impacts, plan }: Made, how: WriteOptions) {
  const { changes, environment: { key } } = plan
  const here: Here = { environment: key, states: new Map([...content.flags].map(([key, { state }]) => [key, state])) }
  for (const change of changes) {
    yield* writeDocument(change, content, how)
    if (change.action === "ruleset.publish" || change.action === "draft.save") yield* saveDraft(change, here, how)
    yield* makeLive(change, here, how)
  }
  for (const change of changes) {
    if (change.action === "audience.change") yield* changeAudience(change, content, impacts.has(change.key), how)
  }
})

/** What is new, and the details of flags: nothing of it is live yet. */
const writeDocument = Effect.fnUntraced(function*(change: Change.Change, { flags }: Content, how: WriteOptions) {
  const store = yield* Store
  switch (change.action) {
    case "environment.create":
      return yield* store.createEnvironment(change.after, how)
    case "audience.create":
      return yield* store.createAudience(change.after, how)
    case "flag.create":
      return yield* store.createFlag(change.after, how)
    case "flag.change": {
      const { defaultValue: _d, key, lifecycle, valueType: _v, ...details } = change.after
      const told = { ...details, ...(lifecycle === null ? {} : { lifecycle }) }
      return yield* store.changeFlag(key, told, { ...how, expected: flags.get(key)?.flag.revision ?? 0 })
    }
    default:
      return undefined
  }
})

const changeAudience = Effect.fnUntraced(function*(
  { after: { definition, description }, key }: Change.Of<"audience.change">,
  { audiences }: Content,
  isRedefined: boolean,
  how: WriteOptions
) {
  const store = yield* Store
  // Asked again, because drafts that were just saved are uses, too.
  const impact = isRedefined ? (yield* store.audienceImpact(key)).fingerprint : undefined
  const expected = audiences.get(key)?.revision ?? 0
  yield* store.changeAudience(key, { definition, description }, { ...how, impact, expected })
})

const saveDraft = Effect.fnUntraced(function*(
  { after, key }: Change.Of<"ruleset.publish" | "draft.save">,
  here: Here,
  how: WriteOptions
) {
  const store = yield* Store
  const { draft, revision } = stateOf(here, key)
  if (isSame(draft, after)) return
  here.states.set(key, yield* store.saveDraft(key, here.environment, after, { ...how, expected: revision }))
})

const makeLive = Effect.fnUntraced(function*(change: Change.Change, here: Here, how: WriteOptions) {
  const published = yield* publish(change, here, how)
  if (published !== undefined) here.states.set(change.key, published.state)
})

const publish = Effect.fnUntraced(function*(change: Change.Change, here: Here, how: WriteOptions) {
  const publisher = yield* Publisher
  const { environment } = here
  const { key } = change
  const options = { ...how, expected: stateOf(here, key).revision }
  switch (change.action) {
    case "kill_switch.engage":
      return yield* publisher.engageKillSwitch(key, environment, { ...options, value: change.after.value })
    case "ruleset.publish":
      return yield* publisher.publish(key, environment, options)
    case "kill_switch.release":
      return yield* publisher.releaseKillSwitch(key, environment, options)
    default:
      return undefined
  }
})

const stateOf = ({ environment, states }: Here, flag: string): FlagState.FlagState =>
  states.get(flag) ?? FlagState.initial(flag, environment)
