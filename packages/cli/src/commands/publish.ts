import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"
import * as Write from "../Write.ts"

export const publish = Command.make(
  "publish",
  { flag: Parameters.flagKey, env: Parameters.environment, ...Write.changeFlags },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    const publisher = yield* Publisher
    const environment = yield* Settings.environment(input.env)
    const { revision } = yield* store.state(input.flag, environment)
    yield* Write.run(
      input,
      { key: input.flag, environments: [environment] },
      (how) => publisher.publish(input.flag, environment, how.change(revision))
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Make the draft of a flag's rules live."),
  Command.withExamples([
    { command: "rulestead publish new-checkout --env dev" },
    {
      command: "rulestead publish new-checkout --env prod --reason \"launch\" --confirm new-checkout",
      description: "In a protected environment"
    }
  ]),
  Command.provide(Connection.layer)
)
