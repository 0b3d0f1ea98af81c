/**
 * What a change of an audience, or of a flag in all environments, would touch.
 */
import * as Effect from "effect/Effect"
import { hash } from "node:crypto"
import type * as Audience from "../../Audience.ts"
import type { Place } from "../../Policy.ts"
import type { Ruleset } from "../../Ruleset.ts"
import type { StoredAudience } from "../../Store.ts"
import { canonicalJson } from "../canonicalJson.ts"
import type { Backend } from "./rows.ts"

export type { Place } from "../../Policy.ts"

/** The environments of these keys, with whether they are protected. */
export const placesOf = Effect.fnUntraced(function*(backend: Backend, keys: ReadonlyArray<string>) {
  const wanted = new Set(keys)
  const all: ReadonlyArray<Place> = wanted.size === 0 ? [] : yield* backend.environments.all
  return all.filter(({ key }) => wanted.has(key))
})

/** The environments in which the audience is live. */
export const places = (backend: Backend, audience: string) =>
  Effect.flatMap(backend.uses.environmentsOf(audience), (keys) => placesOf(backend, keys))

/** Every use of an audience. If that is locked, none comes meanwhile. */
export const preview = Effect.fnUntraced(function*(backend: Backend, { key, revision }: StoredAudience) {
  const rows = yield* backend.uses.of(key)
  const places = yield* placesOf(backend, rows.map(({ environment }) => environment))
  const guarded = new Set(places.filter((place) => place.protected).map((place) => place.key))
  const uses = rows.map(({ draft, environment, flag, ruleset }): Audience.Use => ({
    environment,
    protected: guarded.has(environment),
    flag,
    stage: draft ? "draft" : "live",
    rules: rulesOf(ruleset, key)
  }))
  const facts = { audience: key, revision, uses }
  const impact: Audience.Impact = { ...facts, fingerprint: hash("sha256", canonicalJson(facts), "hex") }
  return impact
})

const rulesOf = ({ rules }: Ruleset, audience: string): ReadonlyArray<string> =>
  rules.filter((rule) => rule.strategy === "segment_match" && rule.audience === audience).map(({ key }) => key)
