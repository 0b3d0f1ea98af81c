/**
 * A flag in one environment: finding it, and writing its next state.
 */
import * as Effect from "effect/Effect"
import * as FlagState from "../../FlagState.ts"
import { NotFound } from "../../StoreError.ts"
import { findLasting } from "./flags.ts"
import * as Rows from "./rows.ts"

/** A flag in an environment, as messages name it. */
export const nameOf = (flag: string, environment: string): string => `${flag} in ${environment}`

/** The flag, of which a state in the environment shall be written. */
export const findWritable = Effect.fnUntraced(function*(backend: Rows.Backend, flag: string, environment: string) {
  const row = yield* findLasting(backend, flag, "share")
  yield* Rows.find("environment", backend.environments, environment)
  return row
})

export const get = Effect.fnUntraced(function*(
  backend: Rows.Backend,
  flag: string,
  environment: string,
  lock?: "update"
) {
  return (yield* backend.states.get(flag, environment, lock)) ?? FlagState.initial(flag, environment)
})

/** Writes what `step` changes in the state that is at the expected revision. */
export const modify = Effect.fnUntraced(function*<E, R>(
  backend: Rows.Backend,
  flag: string,
  environment: string,
  expected: number | "any",
  step: (before: FlagState.FlagState) => Effect.Effect<Partial<FlagState.FlagState> | undefined, E, R>
) {
  while (true) {
    const before = yield* get(backend, flag, environment, "update")
    yield* Rows.expectRevision("flag", nameOf(flag, environment), before.revision, expected)
    const change = yield* step(before)
    if (change === undefined) return { before, after: before }
    const after = { ...before, ...change, revision: before.revision + 1 }
    // A row that is not there yet cannot be locked: of two first writers one comes here too late, and looks again.
    if (yield* backend.states.put(after, before.revision)) return { before, after }
  }
})

/** A published ruleset; version 0, before the first publish, is none. */
export const getRuleset = Effect.fnUntraced(function*(
  backend: Rows.Backend,
  flag: string,
  environment: string,
  version: number
) {
  return version === 0 ? undefined : yield* backend.rulesets.get(flag, environment, version)
})

export const notFound = (resource: "draft" | "ruleset", flag: string, environment: string): NotFound =>
  new NotFound({ resource, key: nameOf(flag, environment) })
