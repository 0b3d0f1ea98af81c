/** The kill switch. It does not wait for revisions: stopping a fire must not lose a race. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"
import * as Values from "../values.ts"
import * as Write from "../Write.ts"

export const kill = Command.make(
  "kill",
  {
    flag: Parameters.flagKey,
    env: Parameters.environment,
    value: Flag.String("value").pipe(
      Flag.withDescription("What to serve to everybody (default: false, or the flag's default)"),
      Flag.optional
    ),
    ...Write.flags
  },
  Effect.fnUntraced(function*(input) {
    const publisher = yield* Publisher
    const environment = yield* Settings.environment(input.env)
    const { valueType } = yield* Store.use((store) => store.flag(input.flag))
    const value = Option.isSome(input.value)
      ? yield* Values.parse(valueType, input.value.value, "--value")
      : undefined
    yield* Write.run(
      input,
      { key: input.flag, environments: [environment] },
      (how) => publisher.engageKillSwitch(input.flag, environment, { ...how.create, value, expected: "any" })
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Serve one value to everybody at once, whatever the rules say, until the flag is released."),
  Command.withExamples([
    { command: "rulestead kill new-checkout --env dev" },
    { command: "rulestead kill banner --value none --env prod --reason \"wrong price\" --confirm banner" }
  ]),
  Command.provide(Connection.layer)
)

export const release = Command.make(
  "release",
  { flag: Parameters.flagKey, env: Parameters.environment, ...Write.flags },
  Effect.fnUntraced(function*(input) {
    const publisher = yield* Publisher
    const environment = yield* Settings.environment(input.env)
    yield* Write.run(
      input,
      { key: input.flag, environments: [environment] },
      (how) => publisher.releaseKillSwitch(input.flag, environment, { ...how.create, expected: "any" })
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription("Release the kill switch: the rules decide again."),
  Command.withExamples([{ command: "rulestead release new-checkout --env dev" }]),
  Command.provide(Connection.layer)
)
