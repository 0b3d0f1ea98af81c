/**
 * The backend of a store in memory.
 */
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as PubSub from "effect/PubSub"
import * as Snapshot from "../../Snapshot.ts"
import type { Announcement } from "../../SnapshotFeed.ts"
import type { StoreBackend, Table } from "../../StoreBackend.ts"
import * as Snapshots from "./snapshots.ts"
import * as Tables from "./tables.ts"
import type { Transactions } from "./transactions.ts"

export interface Options {
  readonly epoch: string
  readonly retention: number
}

export const make = (
  { read, transaction, write }: Transactions<Tables.Tables>,
  { epoch, retention }: Options
): StoreBackend["Service"] => {
  const change = (f: (tables: Tables.Tables) => Tables.Tables): Effect.Effect<void> =>
    write((tables) => [undefined, f(tables)])

  const table = <A extends { readonly key: string }>(
    rowsOf: (tables: Tables.Tables) => Tables.Rows<A>,
    replace: (rows: Tables.Rows<A>) => Partial<Tables.Tables>
  ): Table<A> => {
    const set = (tables: Tables.Tables, row: A) => ({ ...tables, ...replace(Tables.set(rowsOf(tables), row.key, row)) })
    return {
      get: (key) => read((tables) => Tables.get(rowsOf(tables), key)),
      insert: (row) =>
        write((tables) => HashMap.has(rowsOf(tables), row.key) ? [false, tables] : [true, set(tables, row)]),
      update: (row) => change((tables) => set(tables, row))
    }
  }

  return {
    transaction,
    environments: {
      ...table(({ environments }) => environments, (environments) => ({ environments })),
      all: read(({ environments }) => Tables.all(environments))
    },
    audiences: {
      ...table(({ audiences }) => audiences, (audiences) => ({ audiences })),
      named: (keys) => read(({ audiences }) => keys.toSorted().flatMap((key) => Tables.get(audiences, key) ?? [])),
      page: (page) => read(({ audiences }) => Tables.page(audiences, page))
    },
    flags: {
      ...table(({ flags }) => flags, (flags) => ({ flags })),
      withEnvironment: (key, environment) =>
        read(({ environments, flags }) => ({
          flag: Tables.get(flags, key),
          environment: Tables.get(environments, environment)
        })),
      named: (keys) => read(({ flags }) => keys.toSorted().flatMap((key) => Tables.get(flags, key) ?? [])),
      page: (page) => read(({ flags }) => Tables.pageOfFlags(flags, page))
    },
    states: {
      get: (flag, environment) => read(({ states }) => Tables.get(states, Tables.idOf(flag, environment))),
      ofFlag: (flag) => read((tables) => Tables.ofFlag(tables, flag)),
      named: (environment, flags) =>
        read(({ states }) =>
          flags.toSorted().flatMap((flag) => Tables.get(states, Tables.idOf(flag, environment)) ?? [])
        ),
      put: (state, previous) =>
        write((tables) => {
          const id = Tables.idOf(state.flag, state.environment)
          const revision = Tables.get(tables.states, id)?.revision ?? 0
          return revision === previous
            ? [true, { ...tables, states: Tables.set(tables.states, id, state) }]
            : [false, tables]
        })
    },
    rulesets: {
      get: (flag, environment, version) =>
        read(({ rulesets }) => Tables.get(rulesets, Tables.idOf(flag, environment, version))),
      live: (environment, flags) =>
        read(({ rulesets, states }) =>
          flags.toSorted().flatMap((flag) => {
            const version = Tables.get(states, Tables.idOf(flag, environment))?.rulesetVersion ?? 0
            return Tables.get(rulesets, Tables.idOf(flag, environment, version)) ?? []
          })
        ),
      page: (flag, environment, page) => read((tables) => Tables.history(tables, flag, environment, page)),
      insert: (ruleset) =>
        write((tables) => {
          const { environment, flag, version } = ruleset
          const before = Tables.get(tables.rulesets, Tables.idOf(flag, environment, version - 1))
          const rulesets = Tables.set(tables.rulesets, Tables.idOf(flag, environment, version), ruleset)
          return [before, { ...tables, rulesets }]
        })
    },
    uses: {
      of: (audience) => read((tables) => Tables.usesOf(tables, audience)),
      environmentsOf: (audience) =>
        read((tables) =>
          Tables.all(tables.environments).flatMap(({ key }) => Tables.isUsed(tables, key, audience) ? [key] : [])
        ),
      among: (environment, audiences) =>
        read((tables) => audiences.filter((audience) => Tables.isUsed(tables, environment, audience))),
      replace: (flag, environment, uses) => write((tables) => Tables.replaceUses(tables, flag, environment, uses))
    },
    snapshots: {
      create: Effect.fnUntraced(function*(environment, at) {
        const head: Snapshot.Head = {
          schemaVersion: Snapshot.schemaVersion,
          environment,
          epoch,
          version: 0,
          digest: Snapshot.emptyDigest,
          entries: 0,
          publishedAt: at
        }
        const created = Snapshots.empty(head, yield* PubSub.sliding<Announcement>(1))
        yield* change((tables) => ({ ...tables, snapshots: HashMap.set(tables.snapshots, environment, created) }))
      }),
      lock: (environment) => read(({ snapshots }) => Tables.get(snapshots, environment)?.head),
      hashes: (environment, entries) =>
        read(({ snapshots }) => {
          const snapshot = Tables.get(snapshots, environment)
          return snapshot === undefined ? [] : Snapshots.hashes(snapshot, entries)
        }),
      page: (environment, after) =>
        read(({ snapshots }) => {
          const snapshot = Tables.get(snapshots, environment)
          return snapshot === undefined ? [] : Snapshots.page(snapshot, after)
        }),
      setHash: (environment) => read(({ snapshots }) => Tables.get(snapshots, environment)?.setHash),
      commit: (head, entries) =>
        change((tables) => ({
          ...tables,
          snapshots: HashMap.modify(
            tables.snapshots,
            head.environment,
            (snapshot) => Snapshots.commit(snapshot, head, entries, retention)
          )
        }))
    },
    audit: {
      append: (event) => change((tables) => ({ ...tables, trail: Tables.append(tables.trail, event) })),
      page: (options) => read(({ trail }) => Tables.events(trail, options))
    }
  }
}
