/**
 * `Evidence` in memory.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Evidence from "../../Evidence.ts"
import { get, idOf, type Tables } from "./tables.ts"

export const make = (tables: Effect.Effect<Tables>): Evidence.Evidence["Service"] => {
  const observations = new Map<string, Evidence.Observation>()
  const served = new Map<string, { readonly environment: string; readonly usage: Evidence.Usage }>()
  const scans = new Map<string, Evidence.Scan>()

  const keepUsage = (environment: string, { at, ...usage }: Evidence.Usage): void => {
    const id = idOf(environment, usage.flag, usage.reason, JSON.stringify(usage.variant))
    const before = served.get(id)?.usage.at ?? -Infinity
    served.set(id, { environment, usage: { ...usage, at: Math.max(before, at) } })
  }

  return {
    recordUsage: Effect.fn("Evidence.recordUsage")(function*(environment, told) {
      const { usage } = yield* Evidence.decodeUsage({ environment, usage: told })
      const { environments, flags } = yield* tables
      if (get(environments, environment) === undefined) return
      const now = yield* Clock.currentTimeMillis
      observations.set(environment, { since: observations.get(environment)?.since ?? now, last: now })
      for (const { at, ...rest } of usage) {
        if (get(flags, rest.flag) !== undefined) keepUsage(environment, { ...rest, at: Math.min(at, now) })
      }
    }),
    usage: (environment, flags) =>
      Effect.sync(() => {
        const wanted = new Set(flags)
        return [...served.values()]
          .filter((entry) => entry.environment === environment && wanted.has(entry.usage.flag))
          .map(({ usage }) => usage)
          .sort(byAnswer)
      }),
    observation: (environment) => Effect.sync(() => observations.get(environment) ?? null),
    publications: (environment, flags) =>
      Effect.map(tables, ({ states }) =>
        new Map(flags.flatMap((flag) => {
          const publishedAt = get(states, idOf(flag, environment))?.publishedAt ?? null
          return publishedAt === null ? [] : [[flag, publishedAt] as const]
        }))),
    recordScan: Effect.fn("Evidence.recordScan")(function*(scan) {
      const decoded = yield* Evidence.decodeScan(scan)
      const now = yield* Clock.currentTimeMillis
      scans.set(decoded.source, { ...decoded, at: Math.min(decoded.at, now) })
    }),
    references: (flags) =>
      Effect.sync(() => {
        const wanted = new Set(flags)
        return inOrder(scans).flatMap(({ references, source }) =>
          references.filter(({ flag }) => wanted.has(flag)).sort(byPlace).map((reference) => ({ source, ...reference }))
        )
      }),
    scans: Effect.sync(() =>
      inOrder(scans).map(({ at, references, source }) => ({ source, at, references: references.length }))
    )
  }
}

const inOrder = (scans: ReadonlyMap<string, Evidence.Scan>): ReadonlyArray<Evidence.Scan> =>
  [...scans.values()].sort((a, b) => compare(a.source, b.source))

const byAnswer = (a: Evidence.Usage, b: Evidence.Usage): number =>
  compare(a.flag, b.flag) || compare(a.reason, b.reason) || compare(a.variant ?? "", b.variant ?? "")

const byPlace = (a: Evidence.Reference, b: Evidence.Reference): number =>
  compare(a.file, b.file) || a.line - b.line || compare(a.flag, b.flag)

const compare = (a: string, b: string): number => a < b ? -1 : a === b ? 0 : 1
