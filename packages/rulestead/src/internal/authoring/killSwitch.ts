/**
 * The commands on the kill switch.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { FlagState, KillSwitch } from "../../FlagState.ts"
import type { KillOptions, Publisher } from "../../Publisher.ts"
import type { StoredFlag } from "../../Store.ts"
import * as Value from "../../Value.ts"
import { isSame } from "../canonicalJson.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"
import * as Options from "./options.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as States from "./states.ts"

type EngageOptions = KillOptions & { readonly value?: Value.Value | undefined }

type Commands = Pick<Publisher["Service"], "engageKillSwitch" | "releaseKillSwitch">

export const make = ({ admit, backend, head, stage, transaction }: Desk): Commands => {
  const engageKillSwitch = Effect.fn("Publisher.engageKillSwitch")(
    function*(flag: string, environment: string, options: EngageOptions) {
      const given = yield* Options.decodeEngage(options)
      return yield* transaction(engage(flag, environment, given))
    }
  )

  const engage = Effect.fnUntraced(function*(key: string, environment: string, options: EngageOptions) {
    const flag = yield* findAdmitted("kill_switch.engage", key, environment, options)
    const value = options.value === undefined ? safeValueOf(flag) : options.value
    yield* refuseMisfit(flag, value, options)
    yield* Content.refuseOversize(Content.killedFlag(flag, Number.MAX_SAFE_INTEGER, value), "options", options, "value")
    const now = yield* Clock.currentTimeMillis
    return yield* setKillSwitch("kill_switch.engage", flag, environment, options, ({ killSwitch }) => ({
      value,
      engagedAt: killSwitch?.engagedAt ?? now
    }))
  })

  const releaseKillSwitch = Effect.fn("Publisher.releaseKillSwitch")(
    function*(flag: string, environment: string, options: KillOptions) {
      const given = yield* Options.decodeRelease(options)
      return yield* transaction(release(flag, environment, given))
    }
  )

  const release = Effect.fnUntraced(function*(key: string, environment: string, options: KillOptions) {
    const flag = yield* findAdmitted("kill_switch.release", key, environment, options)
    return yield* setKillSwitch("kill_switch.release", flag, environment, options, () => null)
  })

  const findAdmitted = Effect.fnUntraced(function*(
    action: "kill_switch.engage" | "kill_switch.release",
    key: string,
    environment: string,
    options: KillOptions
  ) {
    const { flag, place } = yield* States.findWritable(backend, key, environment)
    yield* admit({ action, kind: "flag", key, environment, environments: [place] }, options)
    return flag
  })

  const setKillSwitch = Effect.fnUntraced(function*(
    action: "kill_switch.engage" | "kill_switch.release",
    flag: StoredFlag,
    environment: string,
    options: KillOptions,
    next: (before: FlagState) => KillSwitch | null
  ) {
    const { after, before } = yield* States.modify(backend, flag.key, environment, options.expected, (before) => {
      const killSwitch = next(before)
      return Effect.succeed(
        isSame(killSwitch, before.killSwitch) ? undefined : { change: { killSwitch }, found: undefined }
      )
    })
    if (after !== before) yield* write(action, flag, before, after, options)
    return { state: after, head: yield* head(environment) }
  })

  const write = Effect.fnUntraced(function*(
    action: "kill_switch.engage" | "kill_switch.release",
    flag: StoredFlag,
    { killSwitch }: FlagState,
    state: FlagState,
    options: KillOptions
  ) {
    const { environment, rulesetVersion } = state
    const live = yield* States.getRuleset(backend, flag.key, environment, rulesetVersion)
    if (live !== undefined) {
      yield* stage({ environment, entries: [Content.state(flag, state, live.ruleset)], left: [] })
    }
    const change = { before: killSwitch, after: state.killSwitch }
    yield* Rows.audit(backend, options, { action, key: flag.key, environment, ...change })
  })

  return { engageKillSwitch, releaseKillSwitch }
}

/** What an engaged kill switch serves unless told. */
const safeValueOf = (flag: StoredFlag): Value.Value => flag.valueType === "boolean" ? false : flag.defaultValue

const refuseMisfit = (flag: StoredFlag, value: Value.Value, options: EngageOptions) => {
  const allowed = `${Value.describe(flag.valueType)}, the declared type of the flag`
  const fits = Value.fits(flag.valueType, value)
  return refuseFor(fits ? [] : [{ path: ["value"], rule: "value_type", allowed }], "options", options)
}
