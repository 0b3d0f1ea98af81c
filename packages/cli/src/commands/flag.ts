/** Flags: what they are in all environments. Their rules are in `rule.ts`. */
import * as Command from "effect/cli/Command"
import * as CliFlag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Flag from "rulestead/Flag"
import { FlagState } from "rulestead/FlagState"
import type { Lifecycle } from "rulestead/Lifecycle"
import type { Owner } from "rulestead/Owner"
import { Store, type StoredFlag } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { Failure } from "../Failure.ts"
import { given } from "../given.ts"
import { StoredFlag as Stored } from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Values from "../values.ts"
import * as Write from "../Write.ts"

/** `state` is there when an environment was named. */
const Listed = Schema.Struct({
  flags: Schema.Array(Schema.Struct({ flag: Stored, state: Schema.NullOr(FlagState) }))
})

const list = Command.make(
  "list",
  {
    env: CliFlag.String("env").pipe(
      CliFlag.withAlias("e"),
      CliFlag.withMetavar("<key>"),
      CliFlag.withDescription("Say what they are in this environment, too"),
      CliFlag.optional
    ),
    archived: CliFlag.Boolean("archived").pipe(
      CliFlag.withDescription("Archived flags, too"),
      CliFlag.withDefault(false)
    ),
    owner: Parameters.ownedBy,
    tag: Parameters.tagged,
    after: Parameters.after,
    limit: Parameters.limit
  },
  Effect.fnUntraced(function*({ after, archived, env, limit, owner, tag }) {
    const store = yield* Store
    const environment = Option.getOrUndefined(env)
    const found = yield* store.flags({
      after: Option.getOrUndefined(after),
      archived,
      limit,
      owner: Option.getOrUndefined(owner),
      tags: tag
    })
    const states = environment === undefined ? new Map<string, FlagState>() : yield* statesIn(environment, found)
    const flags = found.map((flag) => ({ flag, state: states.get(flag.key) ?? null }))
    yield* Output.show(Listed, { flags }, ({ table }) =>
      table(
        flags,
        [
          { header: "KEY", cell: ({ flag }) => flag.key },
          {
            header: "TYPE",
            cell: ({ flag }) => flag.valueType
          },
          { header: "DEFAULT", cell: ({ flag }) => Output.value(flag.defaultValue) },
          ...(environment === undefined ? [] : [{
            header: `IN ${environment.toUpperCase()}`,
            cell: ({ state }: { readonly state: FlagState | null }) => state === null ? "" : stateOf(state)
          }]),
          { header: "PURPOSE", cell: ({ flag }) => flag.archivedAt === null ? flag.purpose : "(archived)" },
          { header: "TAGS", cell: ({ flag }) => flag.tags.join(", ") },
          { header: "DESCRIPTION", cell: ({ flag }) => flag.description }
        ],
        tag.length === 0 && Option.isNone(owner)
          ? "There are no flags. To create one: rulestead flag create KEY"
          : "No such flags."
      ))
    if (found.length === limit) yield* Output.remark(`There may be more: --after ${found.at(-1)?.key}`)
  })
).pipe(
  Output.prints(Listed),
  Command.withDescription("List flags, and with --env what they are there."),
  Command.withExamples([
    { command: "rulestead flag list --env prod" },
    { command: "rulestead flag list --owner payments --tag checkout" }
  ]),
  Command.provide(Connection.layer)
)

const statesIn = Effect.fnUntraced(function*(environment: string, flags: ReadonlyArray<StoredFlag>) {
  const store = yield* Store
  yield* store.environment(environment)
  const found = yield* store.flagsIn(environment, flags.map(({ key }) => key))
  return new Map(found.map(({ flag, state }) => [flag.key, state]))
})

/** As `version 3, killed, draft`. */
const stateOf = ({ draft, killSwitch, rulesetVersion }: FlagState): string =>
  [
    rulesetVersion === 0 ? "not published" : `version ${rulesetVersion}`,
    ...(killSwitch === null ? [] : ["killed"]),
    ...(draft === null ? [] : ["draft"])
  ].join(", ")

const Shown = Schema.Struct({ flag: Stored, states: Schema.Array(FlagState) })

const show = Command.make(
  "show",
  { key: Parameters.flagKey },
  Effect.fnUntraced(function*({ key }) {
    const store = yield* Store
    const flag = yield* store.flag(key)
    const environments = yield* store.environments
    const states = yield* Effect.forEach(environments, (environment) => store.state(key, environment.key))
    yield* Output.show(Shown, { flag, states }, () =>
      Output.fields([
        ["key", flag.key],
        ["type", flag.valueType],
        ["default", Output.value(flag.defaultValue)],
        ["purpose", flag.purpose],
        ["description", flag.description],
        ["tags", flag.tags.join(", ")],
        ["owner", ownerOf(flag)],
        ["lifecycle", lifecycleOf(flag)],
        ["archived", Output.time(flag.archivedAt)],
        ["revision", String(flag.revision)],
        ...states.map((state) => [`in ${state.environment}`, stateOf(state)] as const)
      ]))
  })
).pipe(
  Output.prints(Shown),
  Command.withDescription("Show a flag, and what it is in each environment."),
  Command.withExamples([{ command: "rulestead flag show new-checkout" }]),
  Command.provide(Connection.layer)
)

const ownerOf = ({ owner }: StoredFlag): string => owner === null ? "-" : `${owner.kind} ${owner.name ?? owner.ref}`

const lifecycleOf = ({ lifecycle }: StoredFlag): string => {
  if (lifecycle === null) return "-"
  return lifecycle.reviewBy === undefined ? lifecycle.mode : `${lifecycle.mode}, review by ${lifecycle.reviewBy}`
}

const details = {
  purpose: CliFlag.Literals("purpose", Flag.Purpose.literals).pipe(
    CliFlag.withDescription("What the flag is for"),
    CliFlag.optional
  ),
  description: Parameters.description,
  tag: CliFlag.String("tag").pipe(
    CliFlag.withDescription("A tag; may be repeated"),
    CliFlag.atLeast(0)
  ),
  owner: CliFlag.String("owner").pipe(
    CliFlag.withMetavar("<kind:ref>"),
    CliFlag.withDescription("Who answers for it, as team:payments, person:ada or service:billing"),
    CliFlag.optional
  ),
  permanent: CliFlag.Boolean("permanent").pipe(
    CliFlag.withDescription("It is meant to stay; otherwise it is to be removed some day"),
    CliFlag.optional
  ),
  reviewBy: CliFlag.String("review-by").pipe(
    CliFlag.withMetavar("<day>"),
    CliFlag.withDescription("When to look whether it is still needed, as 2027-01-31"),
    CliFlag.optional
  )
}

interface Details {
  readonly purpose: Option.Option<Flag.Purpose>
  readonly description: Option.Option<string>
  readonly tag: ReadonlyArray<string>
  readonly owner: Option.Option<string>
  readonly permanent: Option.Option<boolean>
  readonly reviewBy: Option.Option<string>
}

const detailsFrom = Effect.fnUntraced(function*({ description, owner, permanent, purpose, reviewBy, tag }: Details) {
  return {
    ...given({
      purpose,
      description,
      owner: yield* Effect.transposeOption(Option.map(owner, parseOwner)),
      lifecycle: yield* parseLifecycle(permanent, reviewBy)
    }),
    ...(tag.length === 0 ? {} : { tags: tag })
  }
})

const parseOwner = (text: string): Effect.Effect<Owner, Failure> => {
  const [, kind, ref] = /^(person|team|service):(.+)$/.exec(text) ?? []
  return (kind === "person" || kind === "team" || kind === "service") && ref !== undefined
    ? Effect.succeed({ kind, ref })
    : Effect.fail(
      new Failure({
        code: "usage",
        exit: "failed",
        message: "--owner takes person:, team: or service: and a name",
        next: "For example: --owner team:payments"
      })
    )
}

const parseLifecycle = Effect.fnUntraced(function*(
  permanent: Option.Option<boolean>,
  reviewBy: Option.Option<string>
): Effect.fn.Return<Option.Option<Lifecycle>, Failure> {
  if (Option.isNone(permanent) && Option.isNone(reviewBy)) return Option.none()
  if (Option.getOrElse(permanent, () => false)) return Option.some({ mode: "permanent", ...given({ reviewBy }) })
  if (Option.isSome(reviewBy)) return Option.some({ mode: "expiring", reviewBy: reviewBy.value })
  return yield* new Failure({
    code: "usage",
    exit: "failed",
    message: "A flag that is not permanent has a day of review",
    next: "Give it with --review-by."
  })
})

const create = Command.make(
  "create",
  {
    key: Parameters.flagKey,
    type: CliFlag.Literals("type", ["boolean", "string", "number", "json"]).pipe(
      CliFlag.withDescription("What it serves; fixed"),
      CliFlag.withDefault("boolean")
    ),
    default: CliFlag.String("default").pipe(
      CliFlag.withMetavar("<value>"),
      CliFlag.withDescription("What it serves when no rule applies; fixed (default: false, \"\", 0, null)"),
      CliFlag.optional
    ),
    ...details,
    ...Write.flags
  },
  Effect.fnUntraced(function*(input) {
    const { key, type } = input
    const store = yield* Store
    const flag = yield* Flag.decode({
      key,
      valueType: type,
      defaultValue: Option.isSome(input.default)
        ? yield* Values.parse(type, input.default.value, "--default")
        : emptyValues[type],
      ...yield* detailsFrom(input)
    })
    yield* Write.run(input, { key, environments: [] }, (how) => store.createFlag(flag, how.create))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Create a flag. Its key, type and default never change."),
  Command.withExamples([
    { command: "rulestead flag create new-checkout" },
    { command: "rulestead flag create banner --type string --default none --owner team:web --tag home" }
  ]),
  Command.provide(Connection.layer)
)

const emptyValues = { boolean: false, string: "", number: 0, json: null }

const change = Command.make(
  "change",
  {
    key: Parameters.flagKey,
    ...details,
    untagged: CliFlag.Boolean("untagged").pipe(
      CliFlag.withDescription("Take all tags away"),
      CliFlag.withDefault(false)
    ),
    unowned: CliFlag.Boolean("unowned").pipe(
      CliFlag.withDescription("Nobody answers for it any more"),
      CliFlag.withDefault(false)
    ),
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const changed = {
      ...input.untagged ? { tags: [] } : {},
      ...input.unowned ? { owner: null } : {},
      ...yield* detailsFrom(input)
    }
    yield* Write.run(
      input,
      { key, environments: [] },
      (how) => Effect.flatMap(store.flag(key), ({ revision }) => store.changeFlag(key, changed, how.change(revision)))
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Change what a flag is for and who owns it. What is not named stays as it is."),
  Command.withExamples([{ command: "rulestead flag change banner --permanent --tag home --tag marketing" }]),
  Command.provide(Connection.layer)
)

/** Where archiving and unarchiving are felt. */
const publishedIn = Effect.fnUntraced(function*(flag: string) {
  const store = yield* Store
  const states = yield* Effect.forEach(yield* store.environments, ({ key }) => store.state(flag, key))
  return states.filter(({ rulesetVersion }) => rulesetVersion > 0).map(({ environment }) => environment)
})

const archive = Command.make(
  "archive",
  { key: Parameters.flagKey, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const { revision } = yield* store.flag(key)
    const environments = yield* publishedIn(key)
    const question = environments.length === 0
      ? `Archive ${key}?`
      : `Archive ${key}? It is live in ${environments.join(", ")}; those who ask for it then get their own default.`
    yield* Write.run(input, { key, environments, question }, (how) => store.archiveFlag(key, how.change(revision)))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Archive a flag: it ends in every environment."),
  Command.withExamples([{ command: "rulestead flag archive old-banner --reason \"launched for all\"" }]),
  Command.provide(Connection.layer)
)

const unarchive = Command.make(
  "unarchive",
  { key: Parameters.flagKey, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const { key } = input
    const store = yield* Store
    const { revision } = yield* store.flag(key)
    const environments = yield* publishedIn(key)
    yield* Write.run(input, { key, environments }, (how) => store.unarchiveFlag(key, how.change(revision)))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Take an archived flag up again where it was left."),
  Command.withExamples([{ command: "rulestead flag unarchive old-banner" }]),
  Command.provide(Connection.layer)
)

export const flag = Command.make("flag").pipe(
  Command.withDescription("Flags: create, look at, change, archive."),
  Command.withExamples([{ command: "rulestead flag list" }]),
  Command.withSubcommands([list, show, create, change, archive, unarchive])
)
