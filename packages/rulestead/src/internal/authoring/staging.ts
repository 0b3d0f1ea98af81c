/**
 * What commands change in snapshots, told to the transaction that they are in.
 */
import * as Effect from "effect/Effect"
import type { StoredAudience } from "../../Store.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"

/** The audiences that a flag uses from now on. Left out, what its draft uses stays what it was. */
export interface Uses {
  readonly live: ReadonlyArray<StoredAudience>
  readonly draft?: ReadonlyArray<string>
}

/**
 * A flag's entry in an environment, and with it the audiences that come into use there, and those that may have been in use
 * for the last time.
 */
export const flag = Effect.fnUntraced(function*(
  { backend, stage }: Desk,
  environment: string,
  flag: Content.Wanted,
  { live: audiences, ...uses }: Uses
) {
  const after = audiences.map(({ key }) => key)
  const before = yield* backend.uses.replace(flag.key, environment, { ...uses, live: after })
  const left = before.filter((key) => !after.includes(key))
  yield* stage({ environment, entries: [flag, ...audiences.map(Content.audience)], left })
})

/** An audience wherever it is in use; nobody can begin to use it now, but whoever does may cease to. */
export const audience = Effect.fnUntraced(function*({ backend, stage }: Desk, audience: StoredAudience) {
  const change = { entries: [Content.audience(audience)], left: [audience.key] }
  for (const environment of yield* backend.uses.environmentsOf(audience.key)) yield* stage({ environment, ...change })
})
