/**
 * The commands that make things live.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { FlagState, KillSwitch } from "../../FlagState.ts"
import type { KillOptions, Publisher } from "../../Publisher.ts"
import type { Ruleset } from "../../Ruleset.ts"
import type { ChangeOptions, PublishedRuleset, StoredFlag } from "../../Store.ts"
import * as Value from "../../Value.ts"
import { isSame } from "../canonicalJson.ts"
import * as Content from "./content.ts"
import * as Options from "./options.ts"
import * as References from "./references.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as Snapshots from "./snapshots.ts"
import * as States from "./states.ts"

type EngageOptions = KillOptions & { readonly value?: Value.Value | undefined }

export const make = (backend: Rows.Backend): Publisher["Service"] => {
  const publish = Effect.fn("Publisher.publish")(
    function*(flag: string, environment: string, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* backend.transaction(publishDraft(flag, environment, given))
    }
  )

  const publishDraft = Effect.fnUntraced(function*(key: string, environment: string, options: ChangeOptions) {
    const flag = yield* States.findWritable(backend, key, environment)
    const publishedAt = yield* Clock.currentTimeMillis
    const { after, before } = yield* States.modify(
      backend,
      key,
      environment,
      options.expected,
      (before) => Effect.as(draftOf(before), { draft: null, rulesetVersion: before.rulesetVersion + 1, publishedAt })
    )
    const ruleset = yield* draftOf(before)
    const { audiences, violations } = yield* References.resolve(backend, ruleset, "share")
    yield* refuseFor(violations, "ruleset", ruleset)
    const content = contentOf(flag, after, ruleset)
    yield* Content.refuseOversize(content, "ruleset", ruleset, "rules")

    const previous = yield* States.getRuleset(backend, key, environment, before.rulesetVersion)
    const published: PublishedRuleset = { flag: key, environment, version: after.rulesetVersion, ruleset, publishedAt }
    yield* backend.rulesets.insert(published)
    const head = yield* Snapshots.commitFlag(backend, environment, content, audiences)
    yield* Rows.audit(backend, options, {
      action: "ruleset.publish",
      key,
      environment,
      before: previous ?? null,
      after: published
    })
    return { state: after, head }
  })

  const engageKillSwitch = Effect.fn("Publisher.engageKillSwitch")(
    function*(flag: string, environment: string, options: EngageOptions) {
      const given = yield* Options.decodeEngage(options)
      return yield* backend.transaction(engage(flag, environment, given))
    }
  )

  const engage = Effect.fnUntraced(function*(key: string, environment: string, options: EngageOptions) {
    const flag = yield* States.findWritable(backend, key, environment)
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
      return yield* backend.transaction(release(flag, environment, given))
    }
  )

  const release = Effect.fnUntraced(function*(key: string, environment: string, options: KillOptions) {
    const flag = yield* States.findWritable(backend, key, environment)
    return yield* setKillSwitch("kill_switch.release", flag, environment, options, () => null)
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
      return Effect.succeed(isSame(killSwitch, before.killSwitch) ? undefined : { killSwitch })
    })
    const head = yield* Snapshots.lockHead(backend, environment)
    if (after === before) return { state: after, head }
    yield* Rows.audit(backend, options, {
      action,
      key: flag.key,
      environment,
      before: before.killSwitch,
      after: after.killSwitch
    })
    const live = yield* States.getRuleset(backend, flag.key, environment, after.rulesetVersion)
    if (live === undefined) return { state: after, head }
    return { state: after, head: yield* Snapshots.commit(backend, head, [contentOf(flag, after, live.ruleset)]) }
  })

  return { publish, engageKillSwitch, releaseKillSwitch }
}

const draftOf = ({ draft, environment, flag }: FlagState) =>
  draft === null ? Effect.fail(States.notFound("draft", flag, environment)) : Effect.succeed(draft)

/** What an engaged kill switch serves unless told. */
const safeValueOf = (flag: StoredFlag): Value.Value => flag.valueType === "boolean" ? false : flag.defaultValue

const refuseMisfit = (flag: StoredFlag, value: Value.Value, options: EngageOptions) => {
  const allowed = `${Value.describe(flag.valueType)}, the declared type of the flag`
  const fits = Value.fits(flag.valueType, value)
  return refuseFor(fits ? [] : [{ path: ["value"], rule: "value_type", allowed }], "options", options)
}

const contentOf = (flag: StoredFlag, { killSwitch, rulesetVersion }: FlagState, ruleset: Ruleset): Content.Wanted =>
  killSwitch === null
    ? Content.flag(flag, rulesetVersion, ruleset)
    : Content.killedFlag(flag, rulesetVersion, killSwitch.value)
