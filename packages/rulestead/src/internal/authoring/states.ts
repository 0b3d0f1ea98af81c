/**
 * A flag in one environment: finding it, and writing its next state.
 */
import * as Effect from "effect/Effect"
import * as FlagState from "../../FlagState.ts"
import { FlagArchived, NotFound } from "../../StoreError.ts"
import * as Rows from "./rows.ts"

/** A flag in an environment, as messages name it. */
export const nameOf = (flag: string, environment: string): string => `${flag} in ${environment}`

/** The flag, of which a state in the environment shall be written. */
export const findWritable = Effect.fnUntraced(function*(backend: Rows.Backend, key: string, environment: string) {
  const found = Rows.isKey.flag(key)
    ? yield* backend.flags.withEnvironment(key, Rows.isKey.environment(environment) ? environment : noKey)
    : undefined
  if (found?.flag === undefined) return yield* new NotFound({ resource: "flag", key })
  if (found.flag.archivedAt !== null) return yield* new FlagArchived({ flag: key })
  if (found.environment === undefined) return yield* new NotFound({ resource: "environment", key: environment })
  return { flag: found.flag, place: found.environment }
})

/** No environment has it. */
const noKey = ""

export const get = Effect.fnUntraced(function*(
  backend: Rows.Backend,
  flag: string,
  environment: string,
  lock?: "update"
) {
  return (yield* backend.states.get(flag, environment, lock)) ?? FlagState.initial(flag, environment)
})

/** What becomes of a state, and what the command needs to know of it. */
export interface Step<Found> {
  readonly change: Partial<FlagState.FlagState>
  readonly found: Found
}

/** Writes what `step` changes in the state that is at the expected revision; nothing, if it changes nothing. */
export const modify = Effect.fnUntraced(function*<Found, E, R>(
  backend: Rows.Backend,
  flag: string,
  environment: string,
  expected: number | "any",
  step: (before: FlagState.FlagState) => Effect.Effect<Step<Found> | undefined, E, R>
) {
  while (true) {
    const before = yield* get(backend, flag, environment, "update")
    yield* Rows.expectRevision("flag", nameOf(flag, environment), before.revision, expected)
    const taken = yield* step(before)
    if (taken === undefined) return { before, after: before, found: undefined }
    const after = { ...before, ...taken.change, revision: before.revision + 1 }
    // A row that is not there yet cannot be locked: of two first writers one comes here too late, and looks again.
    if (yield* backend.states.put(after, before.revision)) return { before, after, found: taken.found }
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

export const ruleNotFound = (rule: string, { environment, flag }: FlagState.FlagState): NotFound =>
  new NotFound({ resource: "rule", key: `${rule} of ${nameOf(flag, environment)}` })
