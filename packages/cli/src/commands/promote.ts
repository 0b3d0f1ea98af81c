/** From one environment to another. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Change } from "rulestead/Change"
import { Finding } from "rulestead/Finding"
import * as Plan from "rulestead/Plan"
import * as Promotion from "rulestead/Promotion"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { Changes, Failure } from "../Failure.ts"
import * as Manifests from "../Manifests.ts"
import * as Describe from "../output/changes.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Plans from "../Plans.ts"

const Compared = Schema.Struct({
  changes: Schema.Array(Change),
  equal: Schema.Array(Schema.String),
  findings: Schema.Array(Finding)
})

/** A file is told from the key of an environment by its ending. */
const side = (name: string) =>
  /\.(json|ya?ml)$/i.test(name) || name === "-" ? Manifests.read(name) : Effect.succeed(name)

export const compare = Command.make(
  "compare",
  {
    from: Argument.String("from").pipe(Argument.withDescription("An environment, or a manifest file")),
    to: Argument.String("to").pipe(Argument.withDescription("Another one"))
  },
  Effect.fnUntraced(function*(input) {
    const sides = { from: yield* side(input.from), to: yield* side(input.to) }
    const comparison = yield* Progress.show("Comparing", () => Promotion.compare(sides))
    yield* Output.show(Compared, comparison, ({ style }) =>
      [
        ...Describe.describe(comparison.changes, style),
        ...Describe.findings(comparison.findings, style),
        comparison.changes.length === 0
          ? `${input.to} does what ${input.from} does.`
          : `${Output.count(comparison.changes.length, "change")} would make ${input.to} do what ${input.from} does; ${
            Output.count(comparison.equal.length, "flag")
          } with the same rules.`
      ].join("\n"))
    if (comparison.changes.length > 0) return yield* new Changes()
  })
).pipe(
  Output.prints(Compared),
  Command.withDescription("Compare what two environments do. Exit code 2 if they differ."),
  Command.withExamples([
    { command: "rulestead compare staging prod" },
    { command: "rulestead compare flags.yaml prod" }
  ]),
  Command.provide(Connection.layer)
)

export const promote = Command.make(
  "promote",
  {
    from: Flag.String("from").pipe(
      Flag.withDescription("The environment, or the manifest file, to bring over"),
      Flag.optional
    ),
    to: Flag.String("to").pipe(Flag.withDescription("The environment to change"), Flag.optional),
    flag: Flag.String("flag").pipe(
      Flag.withDescription("Only this flag; may be repeated (default: all that are live)"),
      Flag.atLeast(0)
    ),
    killSwitches: Flag.Boolean("kill-switches").pipe(
      Flag.withDescription("Engage and release kill switches, too"),
      Flag.withDefault(false)
    ),
    shared: Flag.Boolean("shared").pipe(
      Flag.withDescription("What belongs to all environments, too: flags' details and audiences of a manifest"),
      Flag.withDefault(false)
    ),
    salts: Flag.Literals("salts", ["target", "source"]).pipe(
      Flag.withDescription("Whose salts: with target, nobody there changes buckets"),
      Flag.withDefault("target")
    ),
    ...Plans.flags
  },
  Effect.fnUntraced(function*(input) {
    const answers = { ...input, create: false }
    if (Option.isSome(input.plan)) return yield* Plans.run(yield* Plans.read(input.plan.value), answers)
    if (Option.isNone(input.from) || Option.isNone(input.to)) {
      return yield* new Failure({
        code: "usage",
        exit: "failed",
        message: "From where, and to where?",
        next: "Name them with --from and --to, or a plan with --plan."
      })
    }
    const { killSwitches, salts, shared } = input
    const from = yield* side(input.from.value)
    const flags = input.flag.length === 0 ? {} : { flags: input.flag }
    const environment = input.to.value
    const named = typeof from === "string" ? [from, environment] : [environment]
    yield* Effect.forEach(named, (key) => Store.use((store) => store.environment(key)))
    const plan = yield* Progress.show(
      "Planning",
      () => Plan.make({ environment, promote: { from, killSwitches, shared, salts, ...flags } })
    )
    yield* Plans.run(plan, answers)
  })
).pipe(
  Output.prints(Plans.Outcome),
  Command.withDescription(
    "Make the flags of one environment do what they do in another. What would change is shown first; all of it is done,"
      + " or nothing. What belongs to a flag as a whole is not touched unless asked."
  ),
  Command.withShortDescription("Make the flags of one environment do what they do in another."),
  Command.withExamples([
    { command: "rulestead promote --from dev --to prod --flag new-checkout --dry-run" },
    {
      command: "rulestead promote --from dev --to prod --flag new-checkout --reason \"launch\" --confirm prod",
      description: "In a protected environment, its key confirms"
    }
  ]),
  Command.provide(Connection.layer)
)
