/**
 * What the store has of an environment: read it, say it as a manifest, and say at which revisions it was seen.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Audience from "../../Audience.ts"
import type * as Flag from "../../Flag.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import * as Ruleset from "../../Ruleset.ts"
import type { Seen } from "../../Stale.ts"
import { type FlagIn, Store, type StoredAudience, type StoredEnvironment } from "../../Store.ts"
import { NotFound } from "../../StoreError.ts"
import { byKey } from "../byKey.ts"

export interface Content {
  readonly environment: StoredEnvironment | undefined
  readonly audiences: ReadonlyMap<string, StoredAudience>
  readonly flags: ReadonlyMap<string, FlagIn>
}

export interface Names {
  readonly audiences: ReadonlyArray<string>
  readonly flags: ReadonlyArray<string>
}

const ifFound = <A, E, R>(self: Effect.Effect<A, E | NotFound, R>) =>
  Effect.catchTag(self, "NotFound", () => Effect.undefined)

/** What there is of the named flags and audiences; the environment may not exist. */
export const named = Effect.fnUntraced(function*(key: string, names: Names) {
  const store = yield* Store
  const environment = yield* ifFound(store.environment(key))
  const found = yield* Effect.forEach(names.audiences, (audience) => ifFound(store.audience(audience)))
  return { environment, audiences: keyed(found), flags: yield* flagsIn(key, names.flags) } satisfies Content
})

/** What there is of the named flags in an environment that exists. */
export const existing = Effect.fnUntraced(function*(key: string, flags: ReadonlyArray<string>) {
  const store = yield* Store
  yield* store.environment(key)
  return yield* named(key, { audiences: [], flags })
})

/** As {@link existing}, of flags that exist, with the audiences that their rules refer to. */
export const some = Effect.fnUntraced(function*(key: string, flags: ReadonlyArray<string>) {
  const content = yield* existing(key, flags)
  const missing = flags.find((flag) => !content.flags.has(flag))
  if (missing !== undefined) return yield* new NotFound({ resource: "flag", key: missing })
  const { audiences } = namesIn(toManifest(content))
  return { ...content, audiences: (yield* named(key, { audiences, flags: [] })).audiences }
})

/** All there is: every flag and every audience that is not archived. */
export const whole = Effect.fnUntraced(function*(key: string) {
  const store = yield* Store
  const environment = yield* store.environment(key)
  const audiences = yield* everyPage(store.audiences)
  const flags = yield* everyPage(store.flags)
  return {
    environment,
    audiences: keyed(audiences),
    flags: yield* flagsIn(key, flags.map(({ key }) => key))
  } satisfies Content
})

const pageSize = 1000

const everyPage = Effect.fnUntraced(function*<A extends { readonly key: string }, E>(
  page: (options: { readonly after: string | undefined; readonly limit: number }) => Effect.Effect<ReadonlyArray<A>, E>
) {
  const all: Array<A> = []
  while (true) {
    const items = yield* page({ after: all.at(-1)?.key, limit: pageSize })
    all.push(...items)
    if (items.length < pageSize) return all
  }
})

const flagsIn = Effect.fnUntraced(function*(environment: string, names: ReadonlyArray<string>) {
  const store = yield* Store
  const pages = yield* Effect.forEach(Arr.chunksOf(names, pageSize), (page) => store.flagsIn(environment, page))
  return new Map(pages.flat().map((flag) => [flag.flag.key, flag]))
})

const keyed = <A extends { readonly key: string }>(items: ReadonlyArray<A | undefined>): ReadonlyMap<string, A> =>
  new Map(items.flatMap((item) => item === undefined ? [] : [[item.key, item]]))

/** All of it as a manifest, drafts included. */
export const toManifest = ({ audiences, flags }: Content): Manifest => ({
  schemaVersion: 1,
  audiences: [...audiences.values()].map(toAudience).sort(byKey),
  flags: [...flags.values()].map(toFlag).sort(byKey)
})

const toAudience = (
  { archivedAt: _a, createdAt: _c, revision: _r, updatedAt: _u, ...audience }: StoredAudience
): Audience.Audience => audience

const toFlag = ({ flag: stored, live, state: { draft, killSwitch } }: FlagIn): FlagContent => {
  const { archivedAt: _a, createdAt: _c, revision: _r, updatedAt: _u, ...flag } = stored
  return {
    ...flag,
    ...(live === null ? {} : { ruleset: live.ruleset }),
    ...(killSwitch === null ? {} : { killSwitch: { value: killSwitch.value } }),
    ...(draft === null ? {} : { draft })
  }
}

/** The flag itself, without what it does in an environment. What it leaves out stays what it is `now`. */
export const flagOf = (
  { draft: _d, killSwitch: _k, ruleset: _r, ...flag }: FlagContent,
  now?: FlagContent
): Flag.Flag => ({
  ...flag,
  owner: flag.owner === undefined ? now?.owner ?? null : flag.owner,
  lifecycle: flag.lifecycle ?? now?.lifecycle ?? null
})

/** The names in a manifest, those included that its rules refer to. */
export const namesIn = ({ audiences, flags }: Manifest): Names => ({
  audiences: [
    ...new Set([...audiences.map(({ key }) => key), ...flags.flatMap(audiencesOf)])
  ],
  flags: flags.map(({ key }) => key)
})

export const withoutDrafts = ({ flags, ...rest }: Manifest): Manifest => ({
  ...rest,
  flags: flags.map(({ draft: _, ...flag }) => flag)
})

/** Of a manifest, the named flags, and the audiences that their rules refer to. */
export const only = ({ audiences, flags, schemaVersion }: Manifest, names: ReadonlyArray<string>): Manifest => {
  const wanted = new Set(names)
  const kept = flags.filter(({ key }) => wanted.has(key))
  const used = new Set(kept.flatMap(audiencesOf))
  return { schemaVersion, audiences: audiences.filter(({ key }) => used.has(key)), flags: kept }
}

/** The keys of the flags that a manifest has rules for. */
export const liveIn = ({ flags }: Manifest): ReadonlyArray<string> =>
  flags.flatMap(({ key, ruleset }) => ruleset === undefined ? [] : [key])

interface Rules {
  readonly ruleset?: Ruleset.Ruleset | undefined
  readonly draft?: Ruleset.Ruleset | undefined
}

export const audiencesOf = ({ draft, ruleset }: Rules): ReadonlyArray<string> =>
  [ruleset, draft].flatMap((ruleset) => ruleset === undefined ? [] : Ruleset.audiences(ruleset))

/** At which revisions it was all seen, also what is not there. */
export const seenIn = (environment: string, content: Content, { audiences, flags }: Names): ReadonlyArray<Seen> => [
  ...audiences.map((key): Seen => ({
    kind: "audience",
    key,
    environment: null,
    revision: content.audiences.get(key)?.revision ?? 0
  })),
  ...flags.map((key): Seen => ({
    kind: "flag",
    key,
    environment: null,
    revision: content.flags.get(key)?.flag.revision ?? 0
  })),
  ...statesIn(environment, content, flags)
]

/** As {@link seenIn}, what belongs to the environment alone. */
export const statesIn = (
  environment: string,
  content: Content,
  flags: ReadonlyArray<string>
): ReadonlyArray<Seen> => [
  { kind: "environment", key: environment, environment: null, revision: content.environment?.revision ?? 0 },
  ...flags.map((key): Seen => ({
    kind: "state",
    key,
    environment,
    revision: content.flags.get(key)?.state.revision ?? 0
  }))
]
