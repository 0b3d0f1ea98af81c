/**
 * The commands on drafts, and reading what is published.
 */
import * as Effect from "effect/Effect"
import type { FlagState } from "../../FlagState.ts"
import { InvalidInput, refuse } from "../../InvalidInput.ts"
import type * as Rule from "../../Rule.ts"
import * as Ruleset from "../../Ruleset.ts"
import type { ChangeOptions, HistoryOptions, PublishedRuleset, Store, StoredFlag } from "../../Store.ts"
import { isSame } from "../canonicalJson.ts"
import { fieldOf } from "../document.ts"
import * as Content from "./content.ts"
import type { Desk } from "./desk.ts"
import * as Options from "./options.ts"
import * as References from "./references.ts"
import { refuseFor } from "./refusal.ts"
import * as Rows from "./rows.ts"
import * as States from "./states.ts"

type Commands = Pick<
  Store["Service"],
  "saveDraft" | "putRule" | "removeRule" | "moveRule" | "discardDraft" | "state" | "ruleset" | "rulesets"
>

/** What a draft is made from: itself, else what is live, else nothing. */
interface Base {
  readonly flag: StoredFlag
  readonly before: FlagState
  readonly live: Ruleset.Ruleset | undefined
  readonly ruleset: Ruleset.Ruleset
}

const empty: Ruleset.Ruleset = { rules: [], hashVersion: 1 }

export const make = ({ admit, admitRead, backend, transaction }: Desk): Commands => {
  const saveDraft = Effect.fn("Store.saveDraft")(
    function*(flag: string, environment: string, input: Ruleset.Input, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* transaction(write("draft.save", flag, environment, given, save(input)))
    }
  )

  const save = (input: Ruleset.Input) =>
    Effect.fnUntraced(function*({ before, flag, live }: Base) {
      const ruleset = yield* decode(flag, input)
      return Ruleset.keepSalts(ruleset, live ?? before.draft ?? undefined)
    })

  const putRule = Effect.fn("Store.putRule")(
    function*(flag: string, environment: string, key: string, rule: Rule.Input, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* transaction(write("draft.save", flag, environment, given, edited(put(key, rule))))
    }
  )

  const put = (key: string, rule: Rule.Input) =>
    Effect.fnUntraced(function*({ before, flag, live, ruleset: { rules, ...rest } }: Base) {
      const known = rules.findIndex((rule) => rule.key === key)
      const index = known === -1 ? rules.length : known
      const input: Ruleset.Input = { ...rest, rules: [...rules.slice(0, index), rule, ...rules.slice(index + 1)] }
      const allowed = `${JSON.stringify(key)}: a key is an identity, a rule of another key is another rule`
      const isOther = fieldOf(rule, "key") !== key
      yield* refuseFor(isOther ? [{ path: ["rules", index, "key"], rule: "identity", allowed }] : [], "ruleset", input)
      const ruleset = yield* decode(flag, input)
      return Ruleset.keepSalts(Ruleset.keepSalts(ruleset, before.draft ?? undefined), live)
    })

  const removeRule = Effect.fn("Store.removeRule")(
    function*(flag: string, environment: string, key: string, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* transaction(write("draft.save", flag, environment, given, edited(remove(key))))
    }
  )

  const remove = (key: string) => ({ before, ruleset }: Base) => {
    const rules = ruleset.rules.filter((rule) => rule.key !== key)
    return rules.length === ruleset.rules.length
      ? Effect.fail(States.ruleNotFound(key, before))
      : Effect.succeed({ ...ruleset, rules })
  }

  const moveRule = Effect.fn("Store.moveRule")(
    function*(flag: string, environment: string, key: string, position: number, options: ChangeOptions) {
      const to = yield* Options.decodePosition(position)
      const given = yield* Options.decodeChange(options)
      return yield* transaction(write("draft.save", flag, environment, given, edited(move(key, to))))
    }
  )

  const move = (key: string, to: number) => ({ before, ruleset }: Base) => {
    const rule = ruleset.rules.find((rule) => rule.key === key)
    if (rule === undefined) return Effect.fail(States.ruleNotFound(key, before))
    const others = ruleset.rules.filter((other) => other !== rule)
    return Effect.succeed({ ...ruleset, rules: [...others.slice(0, to), rule, ...others.slice(to)] })
  }

  const discardDraft = Effect.fn("Store.discardDraft")(
    function*(flag: string, environment: string, options: ChangeOptions) {
      const given = yield* Options.decodeChange(options)
      return yield* transaction(write("draft.discard", flag, environment, given, () => Effect.succeed(null)))
    }
  )

  /** An edit that leaves all rules as they are leaves the draft as it is, too: none is begun for it. */
  const edited = <E>(edit: (base: Base) => Effect.Effect<Ruleset.Ruleset, E>) => (base: Base) =>
    Effect.map(edit(base), (ruleset) => isSame(ruleset, base.ruleset) ? base.before.draft : ruleset)

  /** Writes the draft that `next` makes, unless it is what is there. */
  const write = Effect.fnUntraced(function*<E>(
    action: "draft.save" | "draft.discard",
    key: string,
    environment: string,
    options: ChangeOptions,
    next: (base: Base) => Effect.Effect<Ruleset.Ruleset | null, E>
  ) {
    const { flag, place } = yield* States.findWritable(backend, key, environment)
    yield* admit({ action, kind: "flag", key, environment, environments: [place] }, options)
    const step = Effect.fnUntraced(function*(before: FlagState) {
      const live = (yield* States.getRuleset(backend, key, environment, before.rulesetVersion))?.ruleset
      const draft = yield* next({ flag, before, live, ruleset: before.draft ?? live ?? empty })
      if (isSame(draft, before.draft)) return undefined
      if (draft !== null) {
        yield* Content.refuseOversize(Content.flag(flag, before.rulesetVersion + 1, draft), "ruleset", draft, "rules")
      }
      return { change: { draft }, found: undefined }
    })
    const { after, before } = yield* States.modify(backend, key, environment, options.expected, step)
    if (after === before) return after
    const draft = audiencesOf(after.draft)
    if (!isSame(draft, audiencesOf(before.draft))) yield* backend.uses.replace(key, environment, { draft })
    yield* Rows.audit(backend, options, { action, key, environment, before: before.draft, after: after.draft })
    return after
  })

  /** All that is wrong with a ruleset, the audiences that it takes for granted included. */
  const decode = Effect.fnUntraced(function*(flag: StoredFlag, input: Ruleset.Input) {
    const { violations } = yield* References.resolve(backend, input)
    const unknown = refuse("ruleset", input, violations)?.problems ?? []
    return yield* Ruleset.decode(flag.valueType)(input).pipe(
      Effect.mapError(({ problems, subject }) => new InvalidInput({ subject, problems: [...problems, ...unknown] })),
      Effect.tap(() => refuseFor(violations, "ruleset", input))
    )
  })

  const state = Effect.fn("Store.state")(function*(flag: string, environment: string) {
    const place = yield* find(flag, environment)
    if (place.protected) {
      const request = { action: "state.read", kind: "flag", key: flag, environment, environments: [place] } as const
      yield* admitRead(Effect.succeed(request))
    }
    return yield* States.get(backend, flag, environment)
  })

  const find = Effect.fnUntraced(function*(flag: string, environment: string) {
    yield* Rows.find("flag", backend.flags, flag)
    return yield* Rows.find("environment", backend.environments, environment)
  })

  const ruleset = Effect.fn("Store.ruleset")(function*(flag: string, environment: string, version?: number) {
    yield* find(flag, environment)
    const { rulesetVersion } = yield* States.get(backend, flag, environment)
    const wanted = version ?? rulesetVersion
    const exists = Number.isInteger(wanted) && wanted > 0 && wanted <= rulesetVersion
    const found = exists ? yield* backend.rulesets.get(flag, environment, wanted) : undefined
    if (found === undefined) return yield* States.notFound("ruleset", flag, environment)
    return found
  })

  const rulesets = Effect.fn("Store.rulesets")(
    function*(flag: string, environment: string, options: HistoryOptions = {}) {
      const { before, limit } = yield* Options.decodeHistory(options)
      yield* find(flag, environment)
      const page = { before, limit: limit ?? Options.defaultLimit }
      const found: ReadonlyArray<PublishedRuleset> = yield* backend.rulesets.page(flag, environment, page)
      return found
    }
  )

  return { saveDraft, putRule, removeRule, moveRule, discardDraft, state, ruleset, rulesets }
}

const audiencesOf = (draft: Ruleset.Ruleset | null): ReadonlyArray<string> =>
  draft === null ? [] : Ruleset.audiences(draft).toSorted()
