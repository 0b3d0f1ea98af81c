/** The beginning: a file that says where the flags are, and a store with two environments in it. */
import * as Command from "effect/cli/Command"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { Failure } from "../Failure.ts"
import * as Migration from "../Migration.ts"
import * as Output from "../output/Output.ts"
import { root } from "../root.ts"
import * as Settings from "../Settings.ts"

const Report = Schema.Struct({
  file: Schema.String,
  settings: Settings.File,
  created: Schema.Array(Schema.String)
})

const environments = [
  { key: "dev", name: "Development" },
  { key: "prod", name: "Production", protected: true }
]

export const init = Command.make(
  "init",
  {},
  Effect.fnUntraced(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(yield* Settings.WorkingDirectory, Settings.fileName)
    if (yield* fs.exists(file)) {
      return yield* new Failure({
        code: "exists",
        exit: "refused",
        message: `There is a ${Settings.fileName} here already`,
        next: "To see what is in the store that it names: rulestead status"
      })
    }
    const settings = { ...yield* where, environment: "dev" }
    yield* fs.writeFileString(file, `${JSON.stringify(settings, null, 2)}\n`)
    const created = yield* begin.pipe(Effect.onError(() => Effect.ignore(fs.remove(file))))
    yield* Output.show(Report, { file: Settings.fileName, settings, created }, () =>
      [
        `wrote ${Settings.fileName}`,
        ...(settings.directory === undefined
          ? []
          : [`the flags are in ${settings.directory}; keep it out of version control`]),
        ...created.map((key) => `created the environment ${key}`),
        "To create the first flag: rulestead flag create new-checkout"
      ].join("\n"))
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Begin: write rulestead.json, create the tables, and the environments dev and prod (protected). The store is the"
      + " server of DATABASE_URL, or an embedded one in the directory .rulestead."
  ),
  Command.withShortDescription("Begin in this directory."),
  Command.withExamples([
    { command: "rulestead init" },
    { command: "DATABASE_URL=postgres://localhost/shop rulestead init", description: "With a Postgres server" }
  ])
)

/** The file is there before the store, which is found through it; without a store it must not stay. */
const begin = Effect.suspend(() =>
  Effect.andThen(Migration.run, Effect.provide(createEnvironments, Layer.fresh(Connection.layer)))
)

const where = Effect.gen(function*() {
  const flags = yield* root
  const variable = yield* Config.option(Config.NonEmptyString("RULESTEAD_DIRECTORY"))
  const directory = Option.orElse(flags.directory, () => variable)
  const schema = Option.isSome(flags.schema) ? { schema: flags.schema.value } : {}
  const isServer = Option.isSome(flags.url) || Option.isSome(yield* Config.option(Config.Redacted("DATABASE_URL")))
  const settings: typeof Settings.File.Type = isServer && Option.isNone(directory)
    ? schema
    : { directory: Option.getOrElse(directory, () => ".rulestead"), ...schema }
  return settings
})

const createEnvironments = Effect.gen(function*() {
  const store = yield* Store
  const known = new Set((yield* store.environments).map(({ key }) => key))
  const missing = environments.filter(({ key }) => !known.has(key))
  yield* Effect.forEach(missing, (environment) => store.createEnvironment(environment))
  return missing.map(({ key }) => key)
})
