/** Where code refers to flags. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import * as Evidence from "rulestead/Evidence"
import * as Files from "../codeReferences/files.ts"
import * as Connection from "../Connection.ts"
import { flagKeys } from "../flagKeys.ts"
import * as Input from "../Input.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Settings from "../Settings.ts"

/** `unknown`: flags that code asks for, and the store does not have; `unused`: those that no code refers to. */
const Report = Schema.Struct({
  source: Schema.String,
  recorded: Schema.Boolean,
  files: Schema.Natural,
  references: Schema.Array(Evidence.Reference),
  unreadable: Schema.Array(Schema.String),
  unknown: Schema.NullOr(Schema.Array(Schema.String)),
  unused: Schema.NullOr(Schema.Array(Schema.String))
})

export const codeRefs = Command.make(
  "code-refs",
  {
    folder: Argument.Directory("folder").pipe(
      Argument.withDescription("The folder with the code"),
      Argument.withDefault(".")
    ),
    source: Flag.String("source").pipe(
      Flag.withDescription("What to call this code (default: the name in its package.json)"),
      Flag.optional
    ),
    record: Flag.Boolean("record").pipe(
      Flag.withDescription("Keep the result in the store, for: rulestead lifecycle"),
      Flag.withDefault(false)
    ),
    store: Flag.Boolean("store").pipe(
      Flag.withDescription("Compare with the flags of the store; --no-store only looks at the code"),
      Flag.withDefault(true)
    )
  },
  Effect.fnUntraced(function*(input) {
    const folder = yield* Settings.resolvePath(input.folder)
    const source = Option.isSome(input.source) ? input.source.value : yield* nameOf(folder)
    const looking = input.store || input.record
      ? Effect.provide(withStore(folder, source, input.record), Layer.fresh(Connection.layer))
      : withoutStore(folder, source)
    const report = yield* looking
    yield* Output.show(Report, report, ({ style, table }) =>
      [
        table(report.references, [
          { header: "FLAG", cell: ({ flag }) => flag },
          { header: "KIND", cell: ({ kind }) => kind },
          { header: "PLACE", cell: ({ file, line }) => `${file}:${line}` }
        ], `No flag is referred to in ${report.files} files.`),
        ...report.unreadable.map((file) => style.warning(`could not be read: ${file}`)),
        ...listed("asked for, and not in the store", report.unknown),
        ...listed("in the store, and not referred to", report.unused),
        ...(report.recorded ? [style.good(`recorded as ${source}`)] : [])
      ].join("\n"))
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Find where TypeScript and JavaScript refer to flags: calls, typed definitions, and constants, also across files."
  ),
  Command.withExamples([
    { command: "rulestead code-refs src" },
    { command: "rulestead code-refs . --source shop/web --record", description: "In a pipeline, after each merge" }
  ])
)

const listed = (what: string, flags: ReadonlyArray<string> | null): ReadonlyArray<string> =>
  flags === null || flags.length === 0 ? [] : [`${what}: ${flags.join(", ")}`]

const scan = Effect.fnUntraced(function*(folder: string, known: ReadonlySet<string>) {
  const { scan } = yield* Effect.promise(() => import("../codeReferences/scan.ts"))
  return yield* Progress.show(
    "Scanning",
    () => Effect.map(Files.read(folder), (files) => ({ files: files.length, ...scan(files, known) }))
  )
})

const withoutStore = Effect.fnUntraced(function*(folder: string, source: string) {
  const found = yield* scan(folder, new Set())
  const report: typeof Report.Type = { source, recorded: false, ...found, unknown: null, unused: null }
  return report
})

const withStore = Effect.fnUntraced(function*(folder: string, source: string, record: boolean) {
  const evidence = yield* Evidence.Evidence
  const known = new Set(yield* flagKeys)
  const found = yield* scan(folder, known)
  const { references } = found
  if (record) yield* evidence.recordScan({ source, at: yield* Clock.currentTimeMillis, references })
  const used = new Set(references.map(({ flag }) => flag))
  const report: typeof Report.Type = {
    source,
    recorded: record,
    ...found,
    unknown: [...used].filter((key) => !known.has(key)).sort(),
    unused: [...known].filter((key) => !used.has(key))
  }
  return report
})

const Package = Schema.fromJsonString(Schema.Struct({ name: Schema.NonEmptyString }))

/** The name in package.json, else the name of the folder. */
const nameOf = Effect.fnUntraced(function*(folder: string) {
  const path = yield* Path.Path
  const text = yield* Input.textIfThere(path.join(folder, "package.json"))
  return Option.match(Schema.decodeOption(Package)(text ?? ""), {
    onNone: () => path.basename(folder),
    onSome: ({ name }) => name
  })
})
