/**
 * The tables of the store in memory: persistent maps, so that the draft of a transaction shares what it does not change.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type * as Audit from "../../Audit.ts"
import type { FlagState } from "../../FlagState.ts"
import type { AuditOptions, PublishedRuleset, StoredAudience, StoredEnvironment, StoredFlag } from "../../Store.ts"
import type { Page } from "../../StoreBackend.ts"
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
  readonly uses: Rows<ReadonlyArray<string>>
  /** By environment and audience: how many flags use it there. */
  readonly users: Rows<number>
  readonly snapshots: Rows<Snapshot>
  readonly trail: Trail | undefined
}

/** Audit events, newest first. */
export interface Trail {
  readonly event: Audit.Event
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

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => a.key < b.key ? -1 : 1

export const all = <A extends { readonly key: string }>(rows: Rows<A>): ReadonlyArray<A> =>
  [...HashMap.values(rows)].sort(byKey)

export const page = <A extends { readonly key: string }>(rows: Rows<A>, { after, limit }: Page): ReadonlyArray<A> =>
  all(rows).filter(({ key }) => key > after).slice(0, limit)

export const ofFlag = ({ environments, states }: Tables, flag: string): ReadonlyArray<FlagState> =>
  all(environments).flatMap(({ key }) => get(states, idOf(flag, key)) ?? [])

export const isUsed = ({ users }: Tables, environment: string, audience: string): boolean =>
  (get(users, idOf(environment, audience)) ?? 0) > 0

export const replaceUses = (
  tables: Tables,
  flag: string,
  environment: string,
  audiences: ReadonlyArray<string>
): Tables => {
  const id = idOf(flag, environment)
  const before = get(tables.uses, id) ?? []
  const users = count(count(tables.users, environment, before, -1), environment, audiences, 1)
  return { ...tables, users, uses: set(tables.uses, id, audiences) }
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
  { before = Infinity, environment, key, limit }: AuditOptions & { readonly limit: number }
): ReadonlyArray<Audit.Event> => {
  const events: Array<Audit.Event> = []
  for (let rest = trail; rest !== undefined && events.length < limit; rest = rest.older) {
    const { event } = rest
    const isWanted = event.id < before &&
      (key === undefined || event.key === key) &&
      (environment === undefined || event.environment === environment)
    if (isWanted) events.push(event)
  }
  return events
}
