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
  /** Where it refers to some that do not exist, or are archived. */
  readonly violations: ReadonlyArray<Violation>
}

/** Looks up what a ruleset of any shape refers to, and holds it until the transaction ends. */
export const resolve = Effect.fnUntraced(function*(backend: Backend, ruleset: unknown) {
  const references = referencesOf(ruleset)
  const keys = [...new Set(references.map(({ key }) => key))].sort()
  const audiences = keys.length === 0 ? [] : yield* backend.audiences.named(keys, "share")
  const known = new Map(audiences.map((audience) => [audience.key, audience]))
  const violations = references.flatMap(({ key, path }) => {
    const audience = known.get(key)
    if (audience === undefined) return [{ path, ...unknown }]
    return audience.archivedAt === null ? [] : [{ path, ...archived }]
  })
  return { audiences, violations } satisfies References
})

const unknown = { rule: "known_audience", allowed: "the key of an audience that exists" }

const archived = { rule: "archived_audience", allowed: "the key of an audience that is not archived" }

const isAudienceKey = Schema.is(AudienceKey)

const referencesOf = (ruleset: unknown) =>
  listAt(ruleset, "rules").flatMap((rule, index) => {
    const key = fieldOf(rule, "audience")
    return fieldOf(rule, "strategy") === "segment_match" && isAudienceKey(key)
      ? [{ key, path: ["rules", index, "audience"] }]
      : []
  })
