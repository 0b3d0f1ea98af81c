import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import * as Connection from "../Connection.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"
import * as Write from "../Write.ts"

export const sign = Command.make(
  "sign",
  { env: Parameters.environment, ...Write.flags },
  Effect.fnUntraced(function*(input) {
    const publisher = yield* Publisher
    const environment = yield* Settings.environment(input.env)
    yield* Write.run(
      input,
      { key: environment, environments: [environment], question: `Vouch for what ${environment} serves now?` },
      (how) => publisher.sign(environment, how.create)
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription(
    "Sign the snapshot of an environment as it is, with the key of RULESTEAD_SIGNING_KEY: where signing begins, and where a"
      + " database was restored. Without the key, the snapshot is unsigned again."
  ),
  Command.withShortDescription("Sign the snapshot of an environment as it is."),
  Command.withExamples([{ command: "rulestead sign --env prod --reason \"signatures begin\" --confirm prod" }]),
  Command.provide(Connection.layer)
)
