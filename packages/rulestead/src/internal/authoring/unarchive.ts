/**
 * Taking an archived flag up again.
 */
import * as Effect from "effect/Effect"
import type { FlagState } from "../../FlagState.ts"
import type { Ruleset } from "../../Ruleset.ts"
import type { ChangeOptions } from "../../Store.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"
import * as Impact from "./impact.ts"
import * as References from "./references.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as Staging from "./staging.ts"
import * as States from "./states.ts"

interface Live {
  readonly state: FlagState
  readonly ruleset: Ruleset
}

/** Makes everything live again that the flag had live. Its row is locked, so that no state of it moves meanwhile. */
export const unarchive = Effect.fnUntraced(
  function*(desk: Desk, key: string, options: ChangeOptions) {
    const { admit, backend } = desk
    const flag = yield* Rows.find("flag", backend.flags, key, "update")
    const live = yield* liveRulesets(backend, key)
    const environments = yield* Impact.placesOf(backend, live.map(({ state }) => state.environment))
    yield* admit({ action: "flag.unarchive", kind: "flag", key, environments }, options)
    yield* Rows.expectRevision("flag", key, flag.revision, options.expected)
    if (flag.archivedAt === null) return flag
    const references = yield* Effect.forEach(live, ({ ruleset }) => References.resolve(backend, ruleset))
    const violations = references.flatMap(({ violations }, index) =>
      violations.map(({ path, ...rest }) => ({ ...rest, path: [live[index]?.state.environment ?? "", ...path] }))
    )
    yield* refuseFor(
      violations,
      "flag",
      Object.fromEntries(live.map(({ ruleset, state }) => [state.environment, ruleset]))
    )
    const after = yield* Rows.revise(backend, "flag.unarchive", backend.flags, flag, { archivedAt: null }, options)
    for (const [index, { ruleset, state }] of live.entries()) {
      const content = Content.state(flag, state, ruleset)
      yield* Staging.flag(desk, state.environment, content, { live: references[index]?.audiences ?? [] })
    }
    return after
  }
)

const liveRulesets = Effect.fnUntraced(function*(backend: Rows.Backend, key: string) {
  const states = yield* backend.states.ofFlag(key)
  const live = yield* Effect.forEach(states, (state) =>
    Effect.map(
      States.getRuleset(backend, key, state.environment, state.rulesetVersion),
      (published): ReadonlyArray<Live> => published === undefined ? [] : [{ state, ruleset: published.ruleset }]
    ))
  return live.flat()
})
