import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ElixirManifest from "rulestead/ElixirManifest"
import * as Finding from "rulestead/Finding"
import * as InvalidInput from "rulestead/InvalidInput"
import { Failure } from "../Failure.ts"
import * as Input from "../Input.ts"
import * as Manifests from "../Manifests.ts"
import * as Describe from "../output/changes.ts"
import * as Output from "../output/Output.ts"

const Report = Schema.Struct({
  file: Schema.String,
  environment: Schema.String,
  flags: Schema.Natural,
  findings: Schema.Array(Finding.Finding)
})

const Rows = InvalidInput.decode("audiences", Schema.Array(Schema.Unknown))

export const convert = Command.make(
  "convert",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("What `mix rulestead.export` wrote; - is standard input")
    ),
    out: Argument.String("out").pipe(
      Argument.withDescription("Where to write the manifest; YAML if it is named so")
    ),
    audiences: Flag.String("audiences").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("The rows of the table audiences as JSON, which the export leaves out"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*({ audiences, file, out }) {
    const rows = Option.isSome(audiences) ? yield* Input.document(audiences.value, Rows) : []
    const { environment, findings, manifest } = yield* Input.document(
      file,
      (value) => ElixirManifest.decode(value, { audiences: rows })
    )
    yield* Input.save(out, yield* Manifests.print(manifest, Manifests.notationOf(out)))
    const report = { file: out, environment, flags: manifest.flags.length, findings }
    yield* Output.show(Report, report, ({ style }) =>
      [
        ...Describe.findings(findings, style),
        style.good(`wrote ${Output.count(report.flags, "flag")} of ${environment} to ${out}`)
      ].join("\n"))
    if (!Finding.hasErrors(findings)) return
    return yield* new Failure({
      code: "left_out",
      exit: "refused",
      message: "Some flags were left out, because they would decide otherwise here",
      next: "Do what stands under each error, and convert again."
    })
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Turn an export of Elixir Rulestead into a manifest, with every user in the same bucket. Exit code 3 if a flag had to"
      + " be left out."
  ),
  Command.withShortDescription("Turn an export of Elixir Rulestead into a manifest."),
  Command.withExamples([
    { command: "rulestead convert export.json flags.yaml --audiences audiences.json" }
  ])
)
