/**
 * The tables of the store in memory: persistent maps, so that the draft of a transaction shares what it does not change.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type * as Audit from "../../Audit.ts"
import type { FlagState } from "../../FlagState.ts"
import type {
  AuditOptions,
  HistoryOptions,
  PublishedRuleset,
  StoredAudience,
  StoredEnvironment,
  StoredFlag
} from "../../Store.ts"
import type { FlagPage, Page, UseRow } from "../../StoreBackend.ts"
import { byKey } from "../byKey.ts"
import { keep } from "./keep.ts"
import type { Snapshot } from "./snapshots.ts"

export type Rows<A> = HashMap.HashMap<string, A>

export interface Tables {
  readonly environments: Rows<StoredEnvironment>
  readonly audiences: Rows<StoredAudience>
  readonly flags: Rows<StoredFlag>
  readonly states: Rows<FlagState>
  readonly rulesets: Rows<PublishedRuleset>
  /** By flag and environment. */
  readonly uses: Rows<Uses>
  /** By environment and audience: how many flags use it there. */
  readonly users: Rows<number>
  readonly snapshots: Rows<Snapshot>
  readonly trail: Trail | undefined
}

/** The audiences that a flag refers to in an environment. */
export interface Uses {
  readonly flag: string
  readonly environment: string
  readonly live: ReadonlyArray<string>
  readonly draft: ReadonlyArray<string>
}

/** Audit events, newest first. */
export interface Trail {
  readonly event: Audit.StoredEvent
  readonly older: Trail | undefined
}

export const empty: Tables = {
  environments: HashMap.empty(),
  audiences: HashMap.empty(),
  flags: HashMap.empty(),
  states: HashMap.empty(),
  rulesets: HashMap.empty(),
  uses: HashMap.empty(),
  users: HashMap.empty(),
  snapshots: HashMap.empty(),
  trail: undefined
}

/** The id of a row that is named by several keys, none of which has a space. */
export const idOf = (...keys: ReadonlyArray<string | number>): string => keys.join(" ")

export const get = <A>(rows: Rows<A>, id: string): A | undefined => Option.getOrUndefined(HashMap.get(rows, id))

export const set = <A>(rows: Rows<A>, id: string, row: A): Rows<A> => HashMap.set(rows, id, keep(row))

export const all = <A extends { readonly key: string }>(rows: Rows<A>): ReadonlyArray<A> =>
  [...HashMap.values(rows)].sort(byKey)

export const page = <A extends { readonly key: string; readonly archivedAt: number | null }>(
  rows: Rows<A>,
  options: Page & { readonly archived: boolean }
): ReadonlyArray<A> => pageOf(all(rows), options)

const pageOf = <A extends { readonly key: string; readonly archivedAt: number | null }>(
  rows: ReadonlyArray<A>,
  { after, archived, limit }: Page & { readonly archived: boolean }
): ReadonlyArray<A> =>
  rows.filter(({ archivedAt, key }) => key > after && (archived || archivedAt === null)).slice(0, limit)

export const pageOfFlags = (
  rows: Rows<StoredFlag>,
  { owner, tags, ...page }: FlagPage
): ReadonlyArray<StoredFlag> =>
  pageOf(
    all(rows).filter((flag) =>
      tags.every((tag) => flag.tags.includes(tag)) && (owner === null || flag.owner?.ref === owner)
    ),
    page
  )

/** Versions lower than `before`, newest first. */
export const history = (
  { rulesets, states }: Tables,
  flag: string,
  environment: string,
  { before = Infinity, limit }: HistoryOptions & { readonly limit: number }
): ReadonlyArray<PublishedRuleset> => {
  const newest = Math.min(before - 1, get(states, idOf(flag, environment))?.rulesetVersion ?? 0)
  const versions = Array.from({ length: Math.max(0, Math.min(limit, newest)) }, (_, index) => newest - index)
  return versions.flatMap((version) => get(rulesets, idOf(flag, environment, version)) ?? [])
}

export const ofFlag = ({ environments, states }: Tables, flag: string): ReadonlyArray<FlagState> =>
  all(environments).flatMap(({ key }) => get(states, idOf(flag, key)) ?? [])

export const isUsed = ({ users }: Tables, environment: string, audience: string): boolean =>
  (get(users, idOf(environment, audience)) ?? 0) > 0

/** Every use of the audience by a flag that is not archived, by environment, flag, and the live one first. */
export const usesOf = (tables: Tables, audience: string): ReadonlyArray<UseRow> =>
  [...HashMap.values(tables.uses)]
    .filter(({ flag }) => get(tables.flags, flag)?.archivedAt === null)
    .sort((a, b) => idOf(a.environment, a.flag) < idOf(b.environment, b.flag) ? -1 : 1)
    .flatMap(({ draft, environment, flag, live }) => [
      ...(live.includes(audience) ? [{ flag, environment, draft: false }] : []),
      ...(draft.includes(audience) ? [{ flag, environment, draft: true }] : [])
    ])
    .flatMap((use) => {
      const ruleset = rulesetOf(tables, use)
      return ruleset === undefined ? [] : [{ ...use, ruleset }]
    })

const rulesetOf = ({ rulesets, states }: Tables, { draft, environment, flag }: Omit<UseRow, "ruleset">) => {
  const state = get(states, idOf(flag, environment))
  if (state === undefined) return undefined
  return draft ? state.draft ?? undefined : get(rulesets, idOf(flag, environment, state.rulesetVersion))?.ruleset
}

export const replaceUses = (
  tables: Tables,
  flag: string,
  environment: string,
  next: { readonly live?: ReadonlyArray<string>; readonly draft?: ReadonlyArray<string> }
): readonly [ReadonlyArray<string>, Tables] => {
  const id = idOf(flag, environment)
  const before = get(tables.uses, id) ?? { flag, environment, live: [], draft: [] }
  const after = { ...before, ...next }
  const users = count(count(tables.users, environment, before.live, -1), environment, after.live, 1)
  return [before.live.toSorted(), { ...tables, users, uses: set(tables.uses, id, after) }]
}

const count = (
  users: Rows<number>,
  environment: string,
  audiences: ReadonlyArray<string>,
  change: number
): Rows<number> =>
  audiences.reduce((users, audience) => {
    const id = idOf(environment, audience)
    return set(users, id, (get(users, id) ?? 0) + change)
  }, users)

export const append = (trail: Trail | undefined, event: Audit.NewEvent): Trail => ({
  event: keep({ id: (trail?.event.id ?? 0) + 1, ...event }),
  older: trail
})

export const events = (
  trail: Trail | undefined,
  { before = Infinity, limit, ...filter }: AuditOptions & { readonly limit: number }
): ReadonlyArray<Audit.StoredEvent> => {
  const events: Array<Audit.StoredEvent> = []
  for (let rest = trail; rest !== undefined && events.length < limit; rest = rest.older) {
    if (rest.event.id < before && isWanted(rest.event, filter)) events.push(rest.event)
  }
  return events
}

const isWanted = (event: Audit.StoredEvent, filter: Omit<AuditOptions, "before" | "limit">): boolean =>
  (filter.key === undefined || event.key === filter.key) &&
  (filter.environment === undefined || event.environment === filter.environment) &&
  (filter.actor === undefined || event.actor.id === filter.actor) &&
  (filter.actions === undefined || filter.actions.includes(event.action)) &&
  (filter.result === undefined || event.result === filter.result) &&
  (filter.correlationId === undefined || event.correlationId === filter.correlationId) &&
  (filter.since === undefined || event.at >= filter.since) &&
  (filter.until === undefined || event.at < filter.until)
