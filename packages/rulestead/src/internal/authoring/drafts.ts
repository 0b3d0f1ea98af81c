/**
 * The commands on drafts, and reading what is published.
 */
import * as Effect from "effect/Effect"
import type { FlagState } from "../../FlagState.ts"
import { InvalidInput, refuse } from "../../InvalidInput.ts"
import * as Ruleset from "../../Ruleset.ts"
import type { ChangeOptions, Store, StoredFlag } from "../../Store.ts"
import { isSame } from "../canonicalJson.ts"
import * as Content from "./content.ts"
import * as Options from "./options.ts"
import * as References from "./references.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as States from "./states.ts"

type Commands = Pick<Store["Service"], "saveDraft" | "discardDraft" | "state" | "ruleset">

export const make = (backend: Rows.Backend): Commands => {
  const saveDraft = Effect.fn("Store.saveDraft")(
    function*(flag: string, environment: string, input: Ruleset.Input, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* backend.transaction(save(flag, environment, input, given))
    }
  )

  const save = Effect.fnUntraced(
    function*(key: string, environment: string, input: Ruleset.Input, options: ChangeOptions) {
      const flag = yield* States.findWritable(backend, key, environment)
      const ruleset = yield* decode(flag, input)
      const { after, before } = yield* States.modify(
        backend,
        key,
        environment,
        options.expected,
        (before) => draft(flag, ruleset, before, input)
      )
      if (after !== before) yield* auditDraft("draft.save", before, after, options)
      return after
    }
  )

  /** All that is wrong with a ruleset, the audiences that it takes for granted included. */
  const decode = Effect.fnUntraced(function*(flag: StoredFlag, input: Ruleset.Input) {
    const { violations } = yield* References.resolve(backend, input)
    const unknown = refuse("ruleset", input, violations)?.problems ?? []
    return yield* Ruleset.decode(flag.valueType)(input).pipe(
      Effect.mapError(({ problems, subject }) => new InvalidInput({ subject, problems: [...problems, ...unknown] })),
      Effect.tap(() => refuseFor(violations, "ruleset", input))
    )
  })

  const draft = Effect.fnUntraced(
    function*(flag: StoredFlag, ruleset: Ruleset.Ruleset, state: FlagState, input: Ruleset.Input) {
      const { environment, rulesetVersion } = state
      const published = yield* States.getRuleset(backend, flag.key, environment, rulesetVersion)
      const draft = Ruleset.keepSalts(ruleset, published?.ruleset ?? state.draft ?? undefined)
      yield* Content.refuseOversize(Content.flag(flag, rulesetVersion + 1, draft), "ruleset", input, "rules")
      return isSame(draft, state.draft) ? undefined : { draft }
    }
  )

  const discardDraft = Effect.fn("Store.discardDraft")(
    function*(flag: string, environment: string, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* backend.transaction(discard(flag, environment, given))
    }
  )

  const discard = Effect.fnUntraced(function*(flag: string, environment: string, options: ChangeOptions) {
    yield* States.findWritable(backend, flag, environment)
    const { after, before } = yield* States.modify(
      backend,
      flag,
      environment,
      options.expected,
      ({ draft }) => Effect.succeed(draft === null ? undefined : { draft: null })
    )
    if (after !== before) yield* auditDraft("draft.discard", before, after, options)
    return after
  })

  const auditDraft = (
    action: "draft.save" | "draft.discard",
    before: FlagState,
    after: FlagState,
    options: ChangeOptions
  ) =>
    Rows.audit(backend, options, {
      action,
      key: after.flag,
      environment: after.environment,
      before: before.draft,
      after: after.draft
    })

  const state = Effect.fn("Store.state")(function*(flag: string, environment: string) {
    yield* Rows.find("flag", backend.flags, flag)
    yield* Rows.find("environment", backend.environments, environment)
    return yield* States.get(backend, flag, environment)
  })

  const ruleset = Effect.fn("Store.ruleset")(function*(flag: string, environment: string, version?: number) {
    const { rulesetVersion } = yield* state(flag, environment)
    const wanted = version ?? rulesetVersion
    const exists = Number.isInteger(wanted) && wanted > 0 && wanted <= rulesetVersion
    const found = exists ? yield* backend.rulesets.get(flag, environment, wanted) : undefined
    if (found === undefined) return yield* States.notFound("ruleset", flag, environment)
    return found
  })

  return { saveDraft, discardDraft, state, ruleset }
}
