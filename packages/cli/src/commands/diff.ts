/** Manifests: what differs, and what is wrong with one. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Change } from "rulestead/Change"
import * as Finding from "rulestead/Finding"
import * as Manifest from "rulestead/Manifest"
import * as Connection from "../Connection.ts"
import { Changes, Failure } from "../Failure.ts"
import * as Input from "../Input.ts"
import * as Manifests from "../Manifests.ts"
import * as Describe from "../output/changes.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"

const Differences = Schema.Struct({ changes: Schema.Array(Change) })

export const diff = Command.make(
  "diff",
  {
    file: Argument.String("file").pipe(Argument.withDescription("A manifest; - is standard input")),
    other: Argument.String("other").pipe(
      Argument.withDescription("Another one (default: what the environment does now)"),
      Argument.optional
    ),
    env: Parameters.environment
  },
  Effect.fnUntraced(function*({ env, file, other }) {
    const after = yield* Manifests.read(file)
    const before = Option.isSome(other) ? yield* Manifests.read(other.value) : yield* live(env)
    const changes = Manifest.diff(before, after)
    yield* Output.show(
      Differences,
      { changes },
      ({ style }) => changes.length === 0 ? "They mean the same." : Describe.describe(changes, style).join("\n")
    )
    if (changes.length > 0) return yield* new Changes()
  })
).pipe(
  Output.prints(Differences),
  Command.withDescription(
    "Say what differs in a manifest from another one, or from what an environment does now. Exit code 2 if something does."
  ),
  Command.withShortDescription("Say what differs between manifests, or from an environment."),
  Command.withExamples([
    { command: "rulestead diff flags.yaml --env prod" },
    { command: "rulestead diff new.json old.json" }
  ])
)

const live = Effect.fnUntraced(function*(env: Option.Option<string>) {
  const environment = yield* Settings.environment(env)
  return yield* Effect.provide(
    Manifest.ofEnvironment(environment, { drafts: true }),
    Layer.fresh(Connection.layer)
  )
})

const Validated = Schema.Struct({ ok: Schema.Boolean, findings: Schema.Array(Finding.Finding) })

export const validate = Command.make(
  "validate",
  { file: Argument.String("file").pipe(Argument.withDescription("A manifest; - is standard input")) },
  Effect.fnUntraced(function*({ file }) {
    const findings = yield* Input.document(file, (value) => Effect.succeed(Manifest.validate(value)))
    const ok = !Finding.hasErrors(findings)
    yield* Output.show(
      Validated,
      { ok, findings },
      ({ style }) =>
        [...Describe.findings(findings, style), ...(ok ? [style.good("It is a manifest.")] : [])].join("\n")
    )
    if (ok) return
    return yield* new Failure({
      code: "invalid",
      exit: "refused",
      message: `${file} is not a manifest`,
      next: "Correct what is listed. Editors know the format from manifest.schema.json of the package rulestead."
    })
  })
).pipe(
  Output.prints(Validated),
  Command.withDescription("Check a manifest, without a store. Exit code 3 if it is wrong."),
  Command.withExamples([{ command: "rulestead validate flags.yaml" }])
)
