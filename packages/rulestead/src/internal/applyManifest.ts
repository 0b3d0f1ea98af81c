/**
 * How an environment comes to serve what a manifest says: look at everything first, refuse what cannot be, then write
 * what differs, each write based on the revision that was seen.
 */
import * as Effect from "effect/Effect"
import type * as Audience from "../Audience.ts"
import type * as Flag from "../Flag.ts"
import * as FlagState from "../FlagState.ts"
import type { Violation } from "../InvalidInput.ts"
import type { ApplyOptions, FlagContent, Manifest, Report } from "../Manifest.ts"
import { Publisher } from "../Publisher.ts"
import * as Ruleset from "../Ruleset.ts"
import { Store, type StoredAudience, type StoredFlag, type WriteOptions } from "../Store.ts"
import type { NotFound } from "../StoreError.ts"
import { isSame } from "./canonicalJson.ts"

/** The manifest's content, each piece beside what the store has of it. */
export interface Observed {
  readonly environmentExists: boolean
  readonly audiences: ReadonlyArray<ObservedAudience>
  readonly flags: ReadonlyArray<ObservedFlag>
}

interface ObservedAudience {
  readonly content: Audience.Audience
  readonly stored: StoredAudience | undefined
}

interface ObservedFlag {
  readonly content: FlagContent
  readonly stored: StoredFlag | undefined
  readonly state: FlagState.FlagState
  /** The ruleset to publish; absent when the live one will do. */
  readonly next: Ruleset.Ruleset | undefined
}

const reading = { concurrency: 4 }

export const observe = Effect.fnUntraced(function*(manifest: Manifest, environment: string) {
  const store = yield* Store
  const environmentExists = (yield* ifFound(store.environment(environment))) !== undefined
  const audiences = yield* Effect.forEach(manifest.audiences, observeAudience, reading)
  const flags = yield* Effect.forEach(
    manifest.flags,
    (content) => observeFlag(content, environment, environmentExists),
    reading
  )
  return { environmentExists, audiences, flags }
})

const observeAudience = Effect.fnUntraced(function*(content: Audience.Audience) {
  const store = yield* Store
  return { content, stored: yield* ifFound(store.audience(content.key)) }
})

const observeFlag = Effect.fnUntraced(function*(content: FlagContent, environment: string, environmentExists: boolean) {
  const store = yield* Store
  const stored = yield* ifFound(store.flag(content.key))
  const state = stored !== undefined && environmentExists
    ? yield* store.state(content.key, environment)
    : FlagState.initial(content.key, environment)
  const live = state.rulesetVersion === 0
    ? undefined
    : (yield* store.ruleset(content.key, environment, state.rulesetVersion)).ruleset
  return { content, stored, state, next: nextRuleset(content.ruleset, live, state.draft) }
})

/** What is saved as a draft keeps salts in the same way. */
const nextRuleset = (
  wanted: Ruleset.Ruleset | undefined,
  live: Ruleset.Ruleset | undefined,
  draft: Ruleset.Ruleset | null
): Ruleset.Ruleset | undefined => {
  if (wanted === undefined) return undefined
  const ruleset = Ruleset.keepSalts(wanted, live ?? draft ?? undefined)
  return isSame(ruleset, live) ? undefined : ruleset
}

const ifFound = <A, E, R>(self: Effect.Effect<A, E | NotFound, R>) =>
  Effect.catchTag(self, "NotFound", () => Effect.undefined)

/** What would have to change and never does. */
export const faults = (observed: Observed, environment: string): ReadonlyArray<Violation> =>
  observed.flags.flatMap(({ content, next, state, stored }, index) => {
    if (stored === undefined) return []
    const path = ["flags", index]
    if (stored.archivedAt !== null) {
      return [{ path, rule: "archived", allowed: "a flag that is not archived" }]
    }
    const faults: Array<Violation> = []
    if (stored.valueType !== content.valueType) {
      faults.push({
        path: [...path, "valueType"],
        rule: "fixed",
        allowed: `"${stored.valueType}", with which the flag was created`
      })
    } else if (!isSame(stored.defaultValue, content.defaultValue)) {
      faults.push({
        path: [...path, "defaultValue"],
        rule: "fixed",
        allowed: "the default with which the flag was created; to serve another value, add a rule without conditions"
      })
    }
    if (next !== undefined && state.draft !== null && !isSame(state.draft, next)) {
      faults.push({
        path: [...path, "ruleset"],
        rule: "draft",
        allowed: `nothing new while the flag has a draft in ${environment}; publish or discard the draft first`
      })
    }
    return faults
  })

export const write = Effect.fnUntraced(function*(observed: Observed, options: ApplyOptions) {
  const store = yield* Store
  const { environment, ...how } = options
  if (!observed.environmentExists) yield* store.createEnvironment({ key: environment, name: environment }, how)
  const audiences = yield* Effect.forEach(observed.audiences, (audience) => writeAudience(audience, how))
  const flags = yield* Effect.forEach(observed.flags, (flag) => writeFlag(flag, environment, how))
  const report: Report = {
    environment: { key: environment, created: !observed.environmentExists },
    audiences: {
      created: keysOf(audiences, ({ document }) => document === "created"),
      changed: keysOf(audiences, ({ document }) => document === "changed"),
      unchanged: keysOf(audiences, ({ document }) => document === "unchanged")
    },
    flags: {
      created: keysOf(flags, ({ document }) => document === "created"),
      changed: keysOf(flags, ({ document }) => document === "changed"),
      published: keysOf(flags, ({ published }) => published),
      killed: keysOf(flags, ({ killed }) => killed),
      released: keysOf(flags, ({ released }) => released),
      unchanged: keysOf(flags, ({ document, head }) => document === "unchanged" && head === null)
    },
    head: flags.findLast(({ head }) => head !== null)?.head ?? null
  }
  return report
})

const keysOf = <A extends { readonly key: string }>(
  written: ReadonlyArray<A>,
  belongs: (one: A) => boolean
): ReadonlyArray<string> => written.filter(belongs).map(({ key }) => key)

const writeAudience = Effect.fnUntraced(function*({ content, stored }: ObservedAudience, how: WriteOptions) {
  const store = yield* Store
  const { definition, description, key } = content
  if (stored === undefined) {
    yield* store.createAudience(content, how)
    return { key, document: "created" }
  }
  if (isSame({ description, definition }, { description: stored.description, definition: stored.definition })) {
    return { key, document: "unchanged" }
  }
  yield* store.changeAudience(key, { description, definition }, { ...how, expected: stored.revision })
  return { key, document: "changed" }
})

/** Engages before it publishes and releases after, so that no rule is live for a moment that is meant to be killed. */
const writeFlag = Effect.fnUntraced(function*(
  { content, next, state, stored }: ObservedFlag,
  environment: string,
  how: WriteOptions
) {
  const publisher = yield* Publisher
  const { key, killSwitch } = content
  const document = yield* writeDocument(content, stored, how)
  const killed = killSwitch === undefined || isSame(killSwitch.value, state.killSwitch?.value)
    ? undefined
    : yield* publisher.engageKillSwitch(key, environment, {
      ...how,
      value: killSwitch.value,
      expected: state.revision
    })
  const published = next === undefined ? undefined : yield* publish(killed?.state ?? state, next, how)
  const released = killSwitch !== undefined || state.killSwitch === null
    ? undefined
    : yield* publisher.releaseKillSwitch(key, environment, {
      ...how,
      expected: (published?.state ?? state).revision
    })
  return {
    key,
    document,
    killed: killed !== undefined,
    published: published !== undefined,
    released: released !== undefined,
    head: (released ?? published ?? killed)?.head ?? null
  }
})

const writeDocument = Effect.fnUntraced(function*(
  content: FlagContent,
  stored: StoredFlag | undefined,
  how: WriteOptions
) {
  const store = yield* Store
  if (stored === undefined) {
    const { killSwitch: _killSwitch, ruleset: _ruleset, ...flag } = content
    yield* store.createFlag(flag, how)
    return "created"
  }
  if (isSame(detailsOf(content), detailsOf(stored))) return "unchanged"
  yield* store.changeFlag(content.key, detailsOf(content), { ...how, expected: stored.revision })
  return "changed"
})

const detailsOf = ({ description, purpose, tags }: Flag.Flag): Flag.Change => ({ description, purpose, tags })

const publish = Effect.fnUntraced(function*(state: FlagState.FlagState, ruleset: Ruleset.Ruleset, how: WriteOptions) {
  const store = yield* Store
  const publisher = yield* Publisher
  const { environment, flag } = state
  const saved = isSame(state.draft, ruleset)
    ? state
    : yield* store.saveDraft(flag, environment, ruleset, { ...how, expected: state.revision })
  return yield* publisher.publish(flag, environment, { ...how, expected: saved.revision })
})
