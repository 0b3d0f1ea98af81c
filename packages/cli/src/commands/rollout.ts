/** The share that a live rule lets through. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Publisher } from "rulestead/Publisher"
import { Rollout, type Rule } from "rulestead/Rule"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { Failure } from "../Failure.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"
import * as Write from "../Write.ts"

type Rolled = Extract<Rule, { readonly rollout: Rollout }>

const rolled = Effect.fnUntraced(function*(flag: string, environment: string) {
  const store = yield* Store
  const { ruleset, version } = yield* store.ruleset(flag, environment)
  return { version, rules: ruleset.rules.filter((rule): rule is Rolled => "rollout" in rule) }
})

const Shown = Schema.Struct({
  version: Schema.Natural,
  rollouts: Schema.Array(Schema.Struct({ rule: Schema.String, ...Rollout.fields }))
})

const show = Command.make(
  "show",
  { flag: Parameters.flagKey, env: Parameters.environment },
  Effect.fnUntraced(function*({ env, flag }) {
    const { rules, version } = yield* rolled(flag, yield* Settings.environment(env))
    const rollouts = rules.map(({ key, rollout }) => ({ rule: key, ...rollout }))
    yield* Output.show(Shown, { version, rollouts }, ({ table }) =>
      table(rollouts, [
        { header: "RULE", cell: ({ rule }) => rule },
        { header: "SHARE", cell: ({ percentage }) => `${percentage} %` },
        { header: "OF", cell: ({ bucketBy }) => bucketBy }
      ], `No live rule of ${flag} has a rollout.`))
  })
).pipe(
  Output.prints(Shown),
  Command.withDescription("Show the shares that the live rules of a flag let through."),
  Command.withExamples([{ command: "rulestead rollout show new-checkout --env prod" }]),
  Command.provide(Connection.layer)
)

const parameters = {
  flag: Parameters.flagKey,
  percentage: Argument.Finite("percentage").pipe(
    Argument.withDescription("The new share: 0 to 100, with at most two decimals")
  ),
  rule: Flag.String("rule").pipe(
    Flag.withDescription("Which rule; may be left out when only one has a rollout"),
    Flag.optional
  ),
  env: Parameters.environment,
  ...Write.changeFlags
}

/** Both commands, which differ in what the publisher lets them do. */
const changing = (name: "set" | "advance", does: "setRollout" | "advanceRollout") =>
  Command.make(
    name,
    parameters,
    Effect.fnUntraced(function*(input) {
      const { flag, percentage } = input
      const store = yield* Store
      const publisher = yield* Publisher
      const environment = yield* Settings.environment(input.env)
      const { revision } = yield* store.state(flag, environment)
      const rule = Option.isSome(input.rule) ? input.rule.value : yield* onlyRule(flag, environment)
      yield* Write.run(
        input,
        { key: flag, environments: [environment] },
        (how) => publisher[does](flag, environment, { rule, percentage }, how.change(revision))
      )
    })
  )

const onlyRule = Effect.fnUntraced(function*(flag: string, environment: string) {
  const [first, ...others] = (yield* rolled(flag, environment)).rules
  if (first !== undefined && others.length === 0) return first.key
  return yield* new Failure({
    code: "usage",
    exit: "failed",
    message: first === undefined
      ? `No live rule of ${flag} in ${environment} has a rollout`
      : `Which rule? Several rules of ${flag} in ${environment} have a rollout`,
    next: first === undefined
      ? `To add one: rulestead rule set ${flag} RULE --percentage 10 --env ${environment} --publish`
      : `Name one with --rule: ${[first, ...others].map(({ key }) => key).join(", ")}`
  })
})

const set = changing("set", "setRollout").pipe(
  Output.prints(Write.Written),
  Command.withDescription("Set the share of a live rule, and publish that at once. Raising it moves nobody out."),
  Command.withExamples([{ command: "rulestead rollout set new-checkout 25 --env dev" }]),
  Command.provide(Connection.layer)
)

const advance = changing("advance", "advanceRollout").pipe(
  Output.prints(Write.Written),
  Command.withDescription("As set, and only ever up."),
  Command.withExamples([{ command: "rulestead rollout advance new-checkout 50 --rule launch --env dev" }]),
  Command.provide(Connection.layer)
)

export const rollout = Command.make("rollout").pipe(
  Command.withDescription("Rollouts: the shares that live rules let through."),
  Command.withExamples([{ command: "rulestead rollout set new-checkout 25 --env dev" }]),
  Command.withSubcommands([show, set, advance])
)
