import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as FlagModule from "rulestead/FlagModule"
import * as Manifest from "rulestead/Manifest"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { Changes } from "../Failure.ts"
import * as Input from "../Input.ts"
import * as Manifests from "../Manifests.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Settings from "../Settings.ts"

const Report = Schema.Struct({ file: Schema.String, changed: Schema.Boolean, written: Schema.Boolean })

export const generate = Command.make(
  "generate",
  {
    manifest: Flag.String("manifest").pipe(
      Flag.withMetavar("<file>"),
      Flag.withDescription("From this manifest, without a store; may be repeated"),
      Flag.atLeast(0)
    ),
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("<file>"),
      Flag.withDescription("Where to write it (default: print it)"),
      Flag.optional
    ),
    plainNode: Flag.Boolean("plain-node").pipe(
      Flag.withDescription("For code without Effect: definitions of @rulestead/node"),
      Flag.withDefault(false)
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Say whether the file would change, and write nothing (exit code 2 if it would)"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ dryRun, manifest, out, plainNode }) {
    const manifests = manifest.length === 0
      ? yield* Effect.provide(ofAllEnvironments, Layer.fresh(Connection.layer))
      : yield* Effect.forEach(manifest, Manifests.read)
    const text = yield* FlagModule.generate(manifests, {
      library: plainNode ? "@rulestead/node/Flag" : "rulestead/Flag"
    })
    if (Option.isNone(out)) return yield* Console.log(text.trimEnd())
    const file = out.value
    const changed = (yield* Input.textIfThere(yield* Settings.resolvePath(file))) !== text
    const written = changed && !dryRun
    if (written) yield* Input.save(file, text)
    yield* Output.show(
      Report,
      { file, changed, written },
      () => written ? `wrote ${file}` : changed ? `would write ${file}` : `${file} is up to date`
    )
    if (changed && dryRun) return yield* new Changes()
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Write a TypeScript module with a typed definition of every flag, so that asking for a flag that is gone does not"
      + " compile."
  ),
  Command.withShortDescription("Write a TypeScript module with typed definitions of the flags."),
  Command.withExamples([
    { command: "rulestead generate --out src/flags.ts" },
    { command: "rulestead generate --manifest flags.yaml --out src/flags.ts --dry-run", description: "In a check" }
  ])
)

const ofAllEnvironments = Effect.gen(function*() {
  const environments = yield* Store.use((store) => store.environments)
  return yield* Progress.forEach("Reading", environments, ({ key }) => Manifest.ofEnvironment(key))
})
