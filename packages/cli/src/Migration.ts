/** Bringing the tables of the store up to date. An embedded store does that itself, whenever it is opened. */
import * as Effect from "effect/Effect"
import * as Connection from "./Connection.ts"
import * as Settings from "./Settings.ts"

/** The versions of the schema before and after; for an embedded store they are not known. */
export interface Versions {
  readonly from: number | null
  readonly to: number | null
}

const postgres = Effect.promise(() => import("@rulestead/postgres/Postgres"))

export const run = Effect.gen(function*() {
  const settings = yield* Settings.store
  if (settings._tag === "Server") {
    const { migrate } = yield* postgres
    const versions: Versions = yield* migrate({ url: settings.url, schema: settings.schema })
    return versions
  }
  yield* Effect.provide(Effect.void, Connection.layer)
  return unknown
})

const unknown: Versions = { from: null, to: null }

/** What {@link run} would do; nothing is changed. */
export const plan = Effect.gen(function*() {
  const settings = yield* Settings.store
  if (settings._tag === "Embedded") return unknown
  const { schemaVersion } = yield* postgres
  const { code, database } = yield* schemaVersion({ url: settings.url, schema: settings.schema })
  const versions: Versions = { from: database, to: Math.max(database, code) }
  return versions
})
