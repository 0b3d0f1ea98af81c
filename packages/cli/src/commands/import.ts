import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Plan from "rulestead/Plan"
import * as Connection from "../Connection.ts"
import * as Creation from "../Creation.ts"
import { Failure } from "../Failure.ts"
import * as Manifests from "../Manifests.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Parameters from "../parameters.ts"
import * as Plans from "../Plans.ts"
import * as Settings from "../Settings.ts"

export const importCommand = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("A manifest as JSON or YAML; - is standard input"),
      Argument.optional
    ),
    env: Parameters.environment,
    ...Creation.flags,
    ...Plans.flags
  },
  Effect.fnUntraced(function*(input) {
    if (Option.isSome(input.plan)) return yield* Plans.run(yield* Plans.read(input.plan.value), input)
    if (Option.isNone(input.file)) {
      return yield* new Failure({
        code: "usage",
        exit: "failed",
        message: "Which manifest?",
        next: "Name a file, or a plan with --plan."
      })
    }
    const environment = yield* Settings.environment(input.env)
    const manifest = yield* Manifests.read(input.file.value)
    const plan = yield* Progress.show("Planning", () => Plan.make({ environment, manifest }))
    yield* Plans.run(plan, input)
  })
).pipe(
  Output.prints(Plans.Outcome),
  Command.withDescription(
    "Make an environment do what a manifest says. What would change is shown first; all of it is done, or nothing. What"
      + " the manifest does not name stays as it is. An environment that does not exist is created only when that is"
      + " agreed to."
  ),
  Command.withShortDescription("Make an environment do what a manifest says."),
  Command.withExamples([
    { command: "rulestead import flags.yaml --env dev --dry-run" },
    { command: "rulestead import flags.yaml --env dev --yes" },
    { command: "rulestead import flags.yaml --env preview-42 --create --yes", description: "A new environment" },
    {
      command: "rulestead import --plan plan.json --reason \"release 42\" --confirm prod",
      description: "With a plan that was reviewed: rulestead import flags.yaml --env prod --save-plan plan.json"
    }
  ]),
  Command.provide(Connection.layer)
)
