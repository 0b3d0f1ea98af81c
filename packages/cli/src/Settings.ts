/**
 * Which store, environment and actor a command is about: from its flags, else from environment variables, else from the
 * file `rulestead.json` in the working directory or one above it.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Os from "node:os"
import type { Actor } from "rulestead/Actor"
import * as InvalidInput from "rulestead/InvalidInput"
import { Failure } from "./Failure.ts"
import { root } from "./root.ts"

export const fileName = "rulestead.json"

/** Paths are relative to the file. A server is not named here, because its URL has a password in it. */
export const File = Schema.Struct({
  directory: Schema.optionalKey(Schema.NonEmptyString),
  schema: Schema.optionalKey(Schema.NonEmptyString),
  environment: Schema.optionalKey(Schema.NonEmptyString),
  manifest: Schema.optionalKey(Schema.NonEmptyString)
})

export type StoreSettings =
  | { readonly _tag: "Server"; readonly url: Redacted.Redacted; readonly schema: string | undefined }
  | { readonly _tag: "Embedded"; readonly directory: string; readonly schema: string | undefined }

/** Where relative paths begin. */
export const WorkingDirectory = Context.Reference<string>("rulestead/cli/WorkingDirectory", {
  defaultValue: () => process.cwd()
})

/** The name of the operating system's user, if it has one. */
export const UserName = Context.Reference<string | undefined>("rulestead/cli/UserName", {
  defaultValue: () => {
    try {
      return Os.userInfo().username
    } catch {
      return undefined
    }
  }
})

const decode = InvalidInput.decode(fileName, File)

interface Found extends Schema.Schema.Type<typeof File> {
  readonly folder: string
}

const file: Effect.Effect<
  Found | undefined,
  Failure | InvalidInput.InvalidInput | PlatformError,
  FileSystem.FileSystem | Path.Path
> = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  let folder = yield* WorkingDirectory
  while (true) {
    const candidate = path.join(folder, fileName)
    const text = yield* Effect.catchIf(
      fs.readFileString(candidate),
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.undefined
    )
    if (text !== undefined) {
      const content = yield* Effect.mapError(readJson(text), () =>
        new Failure({
          code: "configuration",
          exit: "refused",
          message: `${candidate} is not JSON`,
          next: "Correct it, or make a new one: rulestead init"
        }))
      return { folder, ...yield* decode(content) }
    }
    const above = path.dirname(folder)
    if (above === folder) return undefined
    folder = above
  }
})

const readJson = InvalidInput.readJson("configuration")

const variable = (name: string) => Effect.map(Config.option(Config.NonEmptyString(name)), Option.getOrUndefined)

const inFolder = Effect.fnUntraced(function*(folder: string, name: string) {
  const path = yield* Path.Path
  return path.resolve(folder, name)
})

/** `path` as the user meant it: relative to the working directory. */
export const resolvePath = Effect.fnUntraced(function*(path: string) {
  return yield* inFolder(yield* WorkingDirectory, path)
})

/** The store to use. Flags win over variables, these over the file, and a directory over a server. */
export const store = Effect.gen(function*() {
  const flags = yield* root
  const found = yield* file
  const schema = Option.getOrUndefined(flags.schema) ?? (yield* variable("RULESTEAD_SCHEMA")) ?? found?.schema
  const server = (url: Redacted.Redacted): StoreSettings => ({ _tag: "Server", url, schema })
  const embedded = (directory: string): StoreSettings => ({ _tag: "Embedded", directory, schema })

  if (Option.isSome(flags.url) && Option.isSome(flags.directory)) {
    return yield* new Failure({
      code: "usage",
      exit: "failed",
      message: "--url and --directory name two stores",
      next: "Give one of them."
    })
  }
  if (Option.isSome(flags.url)) return server(flags.url.value)
  if (Option.isSome(flags.directory)) return embedded(yield* resolvePath(flags.directory.value))
  const directory = yield* variable("RULESTEAD_DIRECTORY")
  if (directory !== undefined) return embedded(yield* resolvePath(directory))
  const url = yield* Config.option(Config.Redacted("DATABASE_URL"))
  if (Option.isSome(url)) return server(url.value)
  if (found?.directory !== undefined) return embedded(yield* inFolder(found.folder, found.directory))
  return yield* new Failure({
    code: "no_store",
    exit: "failed",
    message: "Which store? Neither flags, nor environment variables, nor a rulestead.json name one",
    next: "Name a server with --url or DATABASE_URL, or a directory with --directory; or begin with: rulestead init"
  })
})

/** The environment to use: `given`, else RULESTEAD_ENVIRONMENT, else the one of the file. */
export const environment = Effect.fnUntraced(function*(given: Option.Option<string>) {
  if (Option.isSome(given)) return given.value
  const found = (yield* variable("RULESTEAD_ENVIRONMENT")) ?? (yield* file)?.environment
  if (found !== undefined) return found
  return yield* new Failure({
    code: "no_environment",
    exit: "failed",
    message: "Which environment? Neither --env, nor RULESTEAD_ENVIRONMENT, nor a rulestead.json names one",
    next: "Name one with --env. To see which there are: rulestead env list"
  })
})

/** The manifest that the file names, as an absolute path. */
export const manifest = Effect.gen(function*() {
  const found = yield* file
  return found?.manifest === undefined ? undefined : yield* inFolder(found.folder, found.manifest)
})

/** Who the audit will name. */
export const actor = Effect.gen(function*() {
  const flags = yield* root
  const id = Option.getOrUndefined(flags.actor) ?? (yield* variable("RULESTEAD_ACTOR")) ?? (yield* UserName)
  return { id: id ?? "unknown", kind: "person" } satisfies Actor
})
