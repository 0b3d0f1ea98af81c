/**
 * What all commands do with rows: find them, hold writers to the revision they saw, and leave an audit row.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Actor from "../../Actor.ts"
import type * as Audit from "../../Audit.ts"
import { AudienceKey, EnvironmentKey, FlagKey } from "../../Key.ts"
import type { Stored, WriteOptions } from "../../Store.ts"
import type { StoreBackend, Table } from "../../StoreBackend.ts"
import { AlreadyExists, Conflict, NotFound } from "../../StoreError.ts"
import { isSame } from "../canonicalJson.ts"

export type Backend = StoreBackend["Service"]

export type Kind = "environment" | "audience" | "flag"

type Row = Stored<{ readonly key: string }> & { readonly [name: string]: Schema.Json }

/** What cannot be a key is never looked up. */
export const isKey = {
  environment: Schema.is(EnvironmentKey),
  audience: Schema.is(AudienceKey),
  flag: Schema.is(FlagKey)
}

export const find = Effect.fnUntraced(function*<A>(
  kind: Kind,
  table: Table<A>,
  key: string,
  lock?: "share" | "update"
) {
  const row = isKey[kind](key) ? yield* table.get(key, lock) : undefined
  if (row === undefined) return yield* new NotFound({ resource: kind, key })
  return row
})

export const expectRevision = (
  resource: Kind,
  key: string,
  current: number,
  expected: number | "any"
): Effect.Effect<void, Conflict> =>
  expected === "any" || expected === current
    ? Effect.void
    : Effect.fail(new Conflict({ resource, key, expected, current }))

/** Adds a document at revision 1. */
export const create = Effect.fnUntraced(function*<A extends Row>(
  backend: Backend,
  kind: Kind,
  table: Table<A>,
  row: A,
  options: WriteOptions
) {
  if (!(yield* table.insert(row))) return yield* new AlreadyExists({ resource: kind, key: row.key })
  yield* audit(backend, options, { action: `${kind}.create`, key: row.key, before: null, after: row })
  return row
})

/** The columns of a document that is new. */
export const firstRevision = Effect.map(
  Clock.currentTimeMillis,
  (now) => ({ revision: 1, createdAt: now, updatedAt: now })
)

/** Writes what differs in a locked row as its next revision; where nothing does, nothing is written. */
export const revise = Effect.fnUntraced(function*<A extends Row>(
  backend: Backend,
  action: Audit.Action,
  table: Table<A>,
  before: A,
  change: Partial<A>,
  options: WriteOptions
) {
  if (isSame({ ...before, ...change }, before)) return before
  const updatedAt = yield* Clock.currentTimeMillis
  const after = { ...before, ...change, revision: before.revision + 1, updatedAt }
  yield* table.update(after)
  yield* audit(backend, options, { action, key: before.key, before, after })
  return after
})

export const audit = Effect.fnUntraced(function*(
  backend: Backend,
  options: WriteOptions,
  event: Pick<Audit.NewEvent, "action" | "key" | "before" | "after"> & { readonly environment?: string }
) {
  yield* backend.audit.append({
    environment: null,
    result: "ok",
    ...event,
    actor: yield* Actor.Current,
    reason: options.reason ?? null,
    correlationId: options.correlationId ?? null,
    at: yield* Clock.currentTimeMillis
  })
})
