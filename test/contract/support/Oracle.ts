/** What a snapshot has to hold, told from what was authored and from nothing else. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import * as Mirror from "./Mirror.ts"

/** The snapshot of the environment holds exactly what the flags (all that are live there) say. */
export const verify = Effect.fnUntraced(function*(environment: string, flags: ReadonlyArray<string>) {
  const mirror = yield* Mirror.fetch(environment)
  const entries = yield* Effect.forEach(flags, (flag) => expectedFlag(flag, environment))
  const live = entries.filter((entry) => entry !== undefined)
  const audiences = [...new Set(live.flatMap(({ audiences }) => audiences))].sort()
  assert.deepStrictEqual(Mirror.keys(mirror), [
    ...audiences.map((key) => `audience ${key}`),
    ...live.map(({ entry }) => `flag ${entry.key}`).sort()
  ])
  for (const { entry } of live) assert.deepStrictEqual(yield* Mirror.flagEntry(mirror, entry.key), entry)
  for (const key of audiences) {
    const { definition } = yield* Store.use((store) => store.audience(key))
    assert.deepStrictEqual(yield* Mirror.audienceEntry(mirror, key), { key, definition })
  }
  return mirror
})

const expectedFlag = Effect.fnUntraced(function*(key: string, environment: string) {
  const store = yield* Store
  const { archivedAt, defaultValue, valueType } = yield* store.flag(key)
  const { killSwitch, rulesetVersion } = yield* store.state(key, environment)
  if (archivedAt !== null || rulesetVersion === 0) return undefined
  const { ruleset } = yield* store.ruleset(key, environment)
  const { hashVersion, rules, salt } = ruleset
  const fixed = { key, valueType, defaultValue, rulesetVersion, hashVersion }
  const entry = killSwitch === null
    ? { ...fixed, ...(salt === undefined ? {} : { salt }), rules }
    : { ...fixed, rules: [], killSwitch: { value: killSwitch.value } }
  return { entry, audiences: Ruleset.audiences(ruleset) }
})
