/**
 * Reading many flags of an environment at once.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as FlagState from "../../FlagState.ts"
import { EnvironmentKey, FlagKey } from "../../Key.ts"
import type { Store } from "../../Store.ts"
import type { Desk } from "./desk.ts"
import { refuseFor } from "./refusal.ts"

const isFlagKey = Schema.is(FlagKey)
const isEnvironmentKey = Schema.is(EnvironmentKey)

/** As many as a page may have. */
const maxFlags = 1000

export const make = ({ admitRead, backend }: Desk): Pick<Store["Service"], "flagsIn"> => ({
  flagsIn: Effect.fn("Store.flagsIn")(function*(environment: string, names: ReadonlyArray<string>) {
    const isOversize = names.length > maxFlags
    yield* refuseFor(
      isOversize ? [{ path: [], rule: "limit", allowed: `at most ${maxFlags} keys` }] : [],
      "flags",
      names
    )
    const keys = [...new Set(names.filter((name) => isFlagKey(name)))]
    const place = isEnvironmentKey(environment) ? yield* backend.environments.get(environment) : undefined
    if (place?.protected === true) {
      const request = { action: "state.read", kind: "environment", key: environment, environment } as const
      yield* admitRead(Effect.succeed({ ...request, environments: [place] }))
    }
    const flags = yield* backend.flags.named(keys)
    const states = place === undefined ? [] : yield* backend.states.named(environment, keys)
    const live = place === undefined ? [] : yield* backend.rulesets.live(environment, keys)
    const stateOf = new Map(states.map((state) => [state.flag, state]))
    const liveOf = new Map(live.map((ruleset) => [ruleset.flag, ruleset]))
    return flags.map((flag) => ({
      flag,
      state: stateOf.get(flag.key) ?? FlagState.initial(flag.key, environment),
      live: liveOf.get(flag.key) ?? null
    }))
  })
})
