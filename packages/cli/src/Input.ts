/** Documents from files and from standard input. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import type { InvalidInput } from "rulestead/InvalidInput"
import { Failure } from "./Failure.ts"
import * as Settings from "./Settings.ts"

/** The bytes of a file, or of standard input when `path` is `-`. */
export const bytes = (path: string) =>
  Stream.unwrap(Effect.gen(function*() {
    if (path === "-") return Stream.mapError((yield* Stdio.Stdio).stdin, unreadable(path))
    const fs = yield* FileSystem.FileSystem
    return Stream.mapError(fs.stream(yield* Settings.resolvePath(path)), unreadable(path))
  }))

export const text = (path: string) => Stream.mkString(Stream.decodeText(bytes(path)))

const unreadable = (path: string) => ({ reason }: PlatformError): Failure =>
  new Failure({
    code: "file",
    exit: "failed",
    message: `${path} cannot be read: ${reason._tag === "NotFound" ? "there is no such file" : reason.message}`
  })

/** A document in JSON or YAML. What is wrong with it is told with its line and column. */
export const document = Effect.fnUntraced(function*<A, E, R>(
  path: string,
  decode: (value: unknown) => Effect.Effect<A, E | InvalidInput, R>
) {
  const { read } = yield* Effect.promise(() => import("rulestead/ManifestYaml"))
  const { locate, value } = yield* Effect.flatMap(text(path), read)
  return yield* Effect.mapError(decode(value), (error) => isInvalid(error) ? locate(error) : error)
})

const isInvalid = (error: unknown): error is InvalidInput =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "InvalidInput"

/** A JSON value. Else `message` says what was expected, and `next` how it is written. */
export const json = (content: string, message: string, next: string): Effect.Effect<Schema.Json, Failure> =>
  Effect.mapError(readJson(content), () => new Failure({ code: "invalid", exit: "refused", message, next }))

const readJson = Schema.decodeEffect(Schema.fromJsonString(Schema.Json))

/** The text of a file, if there is one. */
export const textIfThere = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* Effect.catchIf(fs.readFileString(file), isAbsent, () => Effect.undefined)
})

const isAbsent = ({ reason }: PlatformError): boolean => reason._tag === "NotFound"

/** How many bytes a file has; nothing is known of standard input. */
export const size = Effect.fnUntraced(function*(path: string) {
  if (path === "-") return undefined
  const fs = yield* FileSystem.FileSystem
  const { size } = yield* Effect.mapError(fs.stat(yield* Settings.resolvePath(path)), unreadable(path))
  return Number(size)
})

/** Writes a file. */
export const save = Effect.fnUntraced(function*(path: string, content: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.writeFileString(yield* Settings.resolvePath(path), content)
})
