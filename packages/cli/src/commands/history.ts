/** What was live, and going back to it. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { PublishedRuleset } from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"
import * as Write from "../Write.ts"

const Listed = Schema.Struct({ live: Schema.Natural, rulesets: Schema.Array(PublishedRuleset) })

export const history = Command.make(
  "history",
  {
    flag: Parameters.flagKey,
    env: Parameters.environment,
    before: Flag.Int("before").pipe(
      Flag.withMetavar("<version>"),
      Flag.withDescription("Go on before this version, for long histories"),
      Flag.optional
    ),
    limit: Parameters.limit
  },
  Effect.fnUntraced(function*({ before, env, flag, limit }) {
    const store = yield* Store
    const environment = yield* Settings.environment(env)
    const { rulesetVersion: live } = yield* store.state(flag, environment)
    const rulesets = yield* store.rulesets(flag, environment, { before: Option.getOrUndefined(before), limit })
    yield* Output.show(Listed, { live, rulesets }, ({ table }) =>
      table(rulesets, [
        { header: "VERSION", cell: ({ version }) => version === live ? `${version} (live)` : String(version) },
        { header: "PUBLISHED", cell: ({ publishedAt }) => Output.time(publishedAt) },
        { header: "RULES", cell: ({ ruleset }) => ruleset.rules.map(({ key }) => key).join(", ") || "none" }
      ], `${flag} was never published in ${environment}.`))
  })
).pipe(
  Output.prints(Listed),
  Command.withDescription("List the published versions of a flag's rules. Who published them is in: rulestead audit."),
  Command.withExamples([{ command: "rulestead history new-checkout --env prod" }]),
  Command.provide(Connection.layer)
)

export const revert = Command.make(
  "revert",
  {
    flag: Parameters.flagKey,
    version: Argument.Int("version").pipe(
      Argument.withDescription("The version to go back to, as in: rulestead history")
    ),
    env: Parameters.environment,
    ...Write.changeFlags
  },
  Effect.fnUntraced(function*(input) {
    const { flag, version } = input
    const store = yield* Store
    const publisher = yield* Publisher
    const environment = yield* Settings.environment(input.env)
    const { revision } = yield* store.state(flag, environment)
    yield* Write.run(
      input,
      { key: flag, environments: [environment], question: `Revert ${flag} in ${environment} to version ${version}?` },
      (how) => publisher.revert(flag, environment, version, how.change(revision))
    )
  })
).pipe(
  Output.prints(Write.Written),
  Command.withDescription(
    "Make an earlier version of a flag's rules live again, with everybody in the bucket they were in."
  ),
  Command.withExamples([{ command: "rulestead revert new-checkout 3 --env dev --yes" }]),
  Command.provide(Connection.layer)
)
