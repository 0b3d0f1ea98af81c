/** Asking as an application would. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Decision, Provenance } from "rulestead/Decision"
import * as Explanation from "rulestead/Explanation"
import { Rulestead } from "rulestead/Rulestead"
import * as ContextFlags from "../contextFlags.ts"
import * as Decider from "../Decider.ts"
import * as Documents from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"

const All = Schema.Struct({ decisions: Schema.Array(Documents.Decision) })

export const evaluate = Command.make(
  "evaluate",
  {
    flag: Argument.String("flag").pipe(
      Argument.withDescription("The key of the flag; left out, all flags are decided"),
      Argument.optional
    ),
    ...ContextFlags.flags,
    ...Decider.flags
  },
  Effect.fnUntraced(function*(input) {
    const context = yield* ContextFlags.make(input)
    if (Option.isSome(input.flag)) {
      const decision = yield* Rulestead.evaluate(input.flag.value, context)
      return yield* Output.show(
        Documents.Decision,
        decision,
        () => [line(decision), from(decision.snapshot)].join("\n")
      )
    }
    const decisions = [...(yield* Rulestead.decisions(context)).values()]
      .sort((one, other) => one.flag < other.flag ? -1 : 1)
    yield* Output.show(All, { decisions }, ({ table }) =>
      table(decisions, [
        { header: "FLAG", cell: ({ flag }) => flag },
        { header: "VALUE", cell: ({ value }) => Output.value(value) },
        { header: "VARIANT", cell: ({ variant }) => variant ?? "" },
        { header: "WHY", cell: why }
      ], "No flag is live here."))
  })
).pipe(
  Output.prints(Schema.Union([Documents.Decision, All])),
  Command.withDescription("Decide a flag, or all, for a context, from the store or without it."),
  Command.withExamples([
    { command: "rulestead evaluate new-checkout --key user-8 --attribute plan=pro --env dev" },
    { command: "rulestead evaluate new-checkout --context context.json --manifest flags.json" }
  ]),
  Command.provide((input) => Decider.layer(input))
)

const line = (decision: Decision): string =>
  `${decision.flag}: ${Output.value(decision.value)}${
    decision.variant === null ? "" : ` (variant ${decision.variant})`
  }, ${why(decision)}`

const why = ({ holdout, reason, rule }: Decision): string => {
  switch (reason) {
    case "rule_match":
      return `rule ${rule}${holdout ? " (held out)" : ""}`
    case "default":
      return "default: no rule applies"
    case "killed":
      return "killed"
    case "error":
      return "error: the context could not be read"
  }
}

const from = ({ environment, source, stale, version }: Provenance): string =>
  `snapshot ${version} of ${environment} (${source}${stale ? ", stale" : ""})`

export const explain = Command.make(
  "explain",
  {
    flag: Parameters.flagKey,
    ...ContextFlags.flags,
    reveal: Flag.Boolean("reveal").pipe(
      Flag.withDescription("Show facts and identities of the context, and what they are compared with"),
      Flag.withDefault(false)
    ),
    ...Decider.flags
  },
  Effect.fnUntraced(function*(input) {
    const context = yield* ContextFlags.make(input)
    const explained = yield* Rulestead.explain(input.flag, context, { reveal: input.reveal })
    yield* Output.show(
      Documents.Explained,
      explained,
      () => [Explanation.format(explained), `  ${from(explained.snapshot)}`].join("\n")
    )
  })
).pipe(
  Output.prints(Documents.Explained),
  Command.withDescription("Say why a flag is decided as it is: every rule that was tried, and its conditions."),
  Command.withExamples([
    { command: "rulestead explain new-checkout --key user-8 --env dev" },
    { command: "rulestead explain new-checkout --key user-8 --attribute plan=pro --reveal --env dev" }
  ]),
  Command.provide((input) => Decider.layer(input))
)
