import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Bootstrap from "rulestead/Bootstrap"
import * as Manifest from "rulestead/Manifest"
import type { Kind } from "rulestead/Snapshot"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import * as Input from "../Input.ts"
import * as Manifests from "../Manifests.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"

const Report = Schema.Struct({ file: Schema.String, flags: Schema.Natural, audiences: Schema.Natural })

export const exportCommand = Command.make(
  "export",
  {
    env: Parameters.environment,
    flag: Flag.String("flag").pipe(
      Flag.withDescription("Only this flag, and the audiences it uses; may be repeated"),
      Flag.atLeast(0)
    ),
    drafts: Flag.Boolean("drafts").pipe(Flag.withDescription("Drafts, too"), Flag.withDefault(false)),
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("<file>"),
      Flag.withDescription("Where to write it; YAML if it is named so (default: print it)"),
      Flag.optional
    ),
    yaml: Flag.Boolean("yaml").pipe(Flag.withDescription("As YAML"), Flag.withDefault(false)),
    snapshot: Flag.Boolean("snapshot").pipe(
      Flag.withDescription("The snapshot that nodes hold, for an application to bring along as its bootstrap"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ drafts, env, flag, out, snapshot, yaml }) {
    const environment = yield* Settings.environment(env)
    if (snapshot) return yield* exportSnapshot(environment, out)
    const flags = flag.length === 0 ? undefined : flag
    const manifest = yield* Progress.show("Exporting", () => Manifest.ofEnvironment(environment, { drafts, flags }))
    const file = Option.getOrUndefined(out)
    const notation = yaml ? "yaml" : Manifests.notationOf(file ?? "")
    const text = yield* Manifests.print(manifest, notation)
    if (file === undefined) return yield* Console.log(text.trimEnd())
    yield* Input.save(file, text)
    const report = { file, flags: manifest.flags.length, audiences: manifest.audiences.length }
    yield* Output.show(
      Report,
      report,
      ({ style }) =>
        style.good(
          `wrote ${Output.count(report.flags, "flag")} and ${Output.count(report.audiences, "audience")} to ${file}`
        )
    )
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Export an environment as a manifest: its flags, rules with their salts, kill switches and audiences. Imported into"
      + " an empty store, it decides as it did."
  ),
  Command.withShortDescription("Export an environment as a manifest."),
  Command.withExamples([
    { command: "rulestead export --env prod --out flags.yaml" },
    { command: "rulestead export --env dev --flag new-checkout" },
    { command: "rulestead export --env prod --snapshot --out flags.snapshot.json", description: "When you build" }
  ]),
  Command.provide(Connection.layer)
)

const exportSnapshot = Effect.fnUntraced(function*(environment: string, out: Option.Option<string>) {
  yield* Store.use((store) => store.environment(environment))
  const snapshot = yield* Bootstrap.ofEnvironment(environment)
  const text = Bootstrap.print(snapshot)
  if (Option.isNone(out)) return yield* Console.log(text)
  yield* Input.save(out.value, text)
  const of = (kind: Kind) => snapshot.entries.filter((entry) => entry.kind === kind).length
  const report = { file: out.value, flags: of("flag"), audiences: of("audience") }
  yield* Output.show(
    Report,
    report,
    ({ style }) => style.good(`wrote snapshot ${snapshot.head.version} of ${environment} to ${out.value}`)
  )
})
