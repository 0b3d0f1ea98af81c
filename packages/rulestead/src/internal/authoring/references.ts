/**
 * The audiences that a ruleset refers to.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Violation } from "../../InvalidInput.ts"
import { AudienceKey } from "../../Key.ts"
import type { StoredAudience } from "../../Store.ts"
import { fieldOf, listAt } from "../document.ts"
import type { Backend } from "./rows.ts"

export interface References {
  readonly audiences: ReadonlyArray<StoredAudience>
  /** Where it refers to some that do not exist. */
  readonly violations: ReadonlyArray<Violation>
}

/** Looks up what a ruleset of any shape refers to, in the order of the keys, so that locks are taken in one order. */
export const resolve = Effect.fnUntraced(function*(backend: Backend, ruleset: unknown, lock?: "share") {
  const references = referencesOf(ruleset)
  const keys = [...new Set(references.map(({ key }) => key))].sort()
  const rows = yield* Effect.forEach(keys, (key) => backend.audiences.get(key, lock))
  const audiences = rows.filter((row) => row !== undefined)
  const known = new Set(audiences.map(({ key }) => key))
  const violations = references.filter(({ key }) => !known.has(key)).map(unknownAudience)
  return { audiences, violations } satisfies References
})

const unknownAudience = ({ path }: { readonly path: ReadonlyArray<PropertyKey> }): Violation => ({
  path,
  rule: "known_audience",
  allowed: "the key of an audience that exists"
})

const isAudienceKey = Schema.is(AudienceKey)

const referencesOf = (ruleset: unknown) =>
  listAt(ruleset, "rules").flatMap((rule, index) => {
    const key = fieldOf(rule, "audience")
    return fieldOf(rule, "strategy") === "segment_match" && isAudienceKey(key)
      ? [{ key, path: ["rules", index, "audience"] }]
      : []
  })
