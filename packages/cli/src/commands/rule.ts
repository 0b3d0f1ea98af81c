/** The rules of a flag in an environment: a draft first, then published. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { FlagState } from "rulestead/FlagState"
import { Publisher } from "rulestead/Publisher"
import type { Rule } from "rulestead/Rule"
import * as Ruleset from "rulestead/Ruleset"
import { type ChangeOptions, Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import * as Input from "../Input.ts"
import * as Output from "../output/Output.ts"
import { servedBy, shareOf, whenOf } from "../output/rules.ts"
import * as Parameters from "../parameters.ts"
import * as RuleFlags from "../ruleFlags.ts"
import * as Settings from "../Settings.ts"
import * as Write from "../Write.ts"

const ruleKey = Argument.String("rule").pipe(Argument.withDescription("The key of the rule"))

const publish = Flag.Boolean("publish").pipe(
  Flag.withDescription("Publish the draft at once"),
  Flag.withDefault(false)
)

const Listed = Schema.Struct({
  flag: Schema.String,
  environment: Schema.String,
  stage: Schema.Literals(["live", "draft"]),
  version: Schema.Natural,
  ruleset: Schema.NullOr(Ruleset.Ruleset)
})

const list = Command.make(
  "list",
  {
    flag: Parameters.flagKey,
    env: Parameters.environment,
    draft: Flag.Boolean("draft").pipe(
      Flag.withDescription("The draft, instead of what is live"),
      Flag.withDefault(false)
    ),
    version: Flag.Int("ruleset").pipe(
      Flag.withMetavar("<version>"),
      Flag.withDescription("An earlier version, instead of the one that is live"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*({ draft, env, flag, version }) {
    const store = yield* Store
    const environment = yield* Settings.environment(env)
    const state = yield* store.state(flag, environment)
    const wanted = Option.getOrElse(version, () => state.rulesetVersion)
    const ruleset = draft
      ? state.draft
      : wanted === 0
      ? null
      : (yield* store.ruleset(flag, environment, wanted)).ruleset
    const stage = draft ? "draft" : "live"
    yield* Output.show(Listed, { flag, environment, stage, version: wanted, ruleset }, ({ table }) =>
      ruleset === null
        ? draft
          ? `${flag} has no draft in ${environment}.`
          : `${flag} was never published in ${environment}.`
        : table(ruleset.rules, [
          { header: "RULE", cell: ({ key }) => key },
          { header: "WHEN", cell: whenOf },
          { header: "SHARE", cell: shareOf },
          { header: "SERVES", cell: servedBy },
          { header: "DESCRIPTION", cell: ({ description = "" }) => description }
        ], "There are no rules: everybody is served the default."))
    if (!draft && state.draft !== null) yield* Output.remark("There is a draft, too: --draft shows it.")
  })
).pipe(
  Output.prints(Listed),
  Command.withDescription("List the rules of a flag, in the order in which they are tried."),
  Command.withExamples([{ command: "rulestead rule list new-checkout --env prod" }]),
  Command.provide(Connection.layer)
)

interface EditInput extends Write.Answers {
  readonly flag: string
  readonly env: Option.Option<string>
  readonly publish: boolean
}

/** Changes the draft, and publishes it if that was asked for: both, or nothing. */
const edit = Effect.fnUntraced(function*<E, R>(
  input: EditInput,
  change: (environment: string, options: ChangeOptions) => Effect.Effect<FlagState, E, R>
) {
  const store = yield* Store
  const publisher = yield* Publisher
  const environment = yield* Settings.environment(input.env)
  const { revision } = yield* store.state(input.flag, environment)
  yield* Write.run(
    input,
    { key: input.flag, environments: [environment] },
    (how) =>
      store.transaction(Effect.gen(function*() {
        const { revision: saved } = yield* change(environment, how.change(revision))
        if (input.publish) {
          yield* publisher.publish(input.flag, environment, { ...how.create, expected: saved })
        }
      }))
  )
  const { draft } = yield* store.state(input.flag, environment)
  if (draft !== null && !input.dryRun) {
    yield* Output.remark(`It is a draft. To make it live: rulestead publish ${input.flag} --env ${environment}`)
  }
})

const set = Command.make(
  "set",
  {
    flag: Parameters.flagKey,
    rule: ruleKey,
    env: Parameters.environment,
    ...RuleFlags.flags,
    publish,
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    const { valueType } = yield* store.flag(input.flag)
    if (Option.isSome(input.audience)) yield* store.audience(input.audience.value)
    yield* edit(input, (environment, options) =>
      Effect.gen(function*() {
        const before = yield* ruleNow(input.flag, environment, input.rule)
        const rule = yield* RuleFlags.make(input.rule, valueType, before, input)
        return yield* store.putRule(input.flag, environment, input.rule, rule, options)
      }))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Create a rule, at the end, or change one and leave the others as they are."),
  Command.withExamples([
    { command: "rulestead rule set new-checkout staff --when 'actor.role equals staff' --value true --env dev" },
    { command: "rulestead rule set new-checkout launch --percentage 10 --value true --env dev --publish" },
    { command: "rulestead rule set banner test --experiment 2027-01 --variant a:50:hello --variant b:50:hi --env dev" }
  ]),
  Command.provide(Connection.layer)
)

const ruleNow = Effect.fnUntraced(function*(flag: string, environment: string, key: string) {
  const store = yield* Store
  const { draft, rulesetVersion } = yield* store.state(flag, environment)
  const rules: ReadonlyArray<Rule> = draft !== null
    ? draft.rules
    : rulesetVersion === 0
    ? []
    : (yield* store.ruleset(flag, environment)).ruleset.rules
  return rules.find((rule) => rule.key === key)
})

const remove = Command.make(
  "remove",
  { flag: Parameters.flagKey, rule: ruleKey, env: Parameters.environment, publish, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    yield* edit(input, (environment, options) => store.removeRule(input.flag, environment, input.rule, options))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Take a rule out of the draft."),
  Command.withExamples([{ command: "rulestead rule remove new-checkout staff --env dev" }]),
  Command.provide(Connection.layer)
)

const move = Command.make(
  "move",
  {
    flag: Parameters.flagKey,
    rule: ruleKey,
    position: Argument.Int("position").pipe(
      Argument.withDescription("How many rules are to be before it: 0 makes it the first")
    ),
    env: Parameters.environment,
    publish,
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    yield* edit(
      input,
      (environment, options) => store.moveRule(input.flag, environment, input.rule, input.position, options)
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Move a rule of the draft. The first rule that applies decides."),
  Command.withExamples([{ command: "rulestead rule move new-checkout staff 0 --env dev" }]),
  Command.provide(Connection.layer)
)

const save = Command.make(
  "save",
  {
    flag: Parameters.flagKey,
    file: Argument.String("file").pipe(
      Argument.withDescription("All rules as JSON or YAML, as in a manifest; - is standard input")
    ),
    env: Parameters.environment,
    publish,
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    const { valueType } = yield* store.flag(input.flag)
    const ruleset = yield* Input.document(input.file, Ruleset.decode(valueType))
    yield* edit(input, (environment, options) => store.saveDraft(input.flag, environment, ruleset, options))
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Save all rules of a flag as its draft."),
  Command.withExamples([{ command: "rulestead rule save new-checkout rules.json --env dev" }]),
  Command.provide(Connection.layer)
)

const discard = Command.make(
  "discard",
  { flag: Parameters.flagKey, env: Parameters.environment, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const { flag } = input
    const store = yield* Store
    const environment = yield* Settings.environment(input.env)
    const { revision } = yield* store.state(flag, environment)
    yield* Write.run(
      input,
      { key: flag, environments: [environment], question: `Throw away the draft of ${flag} in ${environment}?` },
      (how) => store.discardDraft(flag, environment, how.change(revision))
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Throw the draft away. What is live stays."),
  Command.withExamples([{ command: "rulestead rule discard new-checkout --env dev --yes" }]),
  Command.provide(Connection.layer)
)

export const rule = Command.make("rule").pipe(
  Command.withDescription("Rules: who gets what, in one environment. Changes are a draft until they are published."),
  Command.withExamples([{ command: "rulestead rule list new-checkout --env dev" }]),
  Command.withSubcommands([list, set, remove, move, save, discard])
)
