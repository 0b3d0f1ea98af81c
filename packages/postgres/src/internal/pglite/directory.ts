/** The directory of an embedded store: `rulestead.lock` keeps other processes out, and `data` is Postgres' own. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as DirectoryLock from "../../DirectoryLock.ts"
import { EmbeddedPostgresError, IncompatibleVersion, NotAStore } from "../../EmbeddedPostgresError.ts"

/** What `database.ts` knows and does, which is only loaded when there is a store to open. */
interface Postgres {
  readonly version: string
  /** Writes the files of an empty database into a directory. */
  readonly create: (directory: string) => Effect.Effect<void, EmbeddedPostgresError>
}

/** Locks a store's directory and returns where its data is, created when there is none. */
export const open = Effect.fnUntraced(function*(
  directory: string,
  postgres: Postgres
): Effect.fn.Return<
  string,
  DirectoryLock.DirectoryLocked | DirectoryLock.DirectoryUnusable | EmbeddedPostgresError,
  Scope.Scope
> {
  const path = yield* DirectoryLock.acquire(directory)
  const attempt = <A>(operation: () => Promise<A>) =>
    Effect.tryPromise({ try: operation, catch: (cause) => new DirectoryLock.DirectoryUnusable({ directory, cause }) })
  const refuse = (reason: EmbeddedPostgresError["reason"]) => new EmbeddedPostgresError({ directory, reason })

  const data = Path.join(path, "data")
  const found = yield* attempt(() => readVersion(data))
  if (found === postgres.version) return data
  if (found !== undefined) {
    return yield* refuse(new IncompatibleVersion({ found, supported: postgres.version }))
  }
  if (yield* attempt(async () => await exists(data) || await readVersion(path) !== undefined)) {
    return yield* refuse(new NotAStore())
  }
  const staging = `${data}.new`
  yield* attempt(async () => {
    await Fs.rm(staging, { recursive: true, force: true })
    await Fs.mkdir(staging, { mode: 0o700 })
  })
  yield* postgres.create(staging)
  yield* attempt(async () => {
    await flush(staging)
    await Fs.rename(staging, data)
    await flushEntry(path)
  })
  return data
}, Effect.uninterruptible)

const readVersion = (directory: string): Promise<string | undefined> =>
  absentIsUndefined(async () => (await Fs.readFile(Path.join(directory, "PG_VERSION"), "utf8")).trim())

const exists = async (path: string): Promise<boolean> => await absentIsUndefined(() => Fs.stat(path)) !== undefined

const absentIsUndefined = async <A>(operation: () => Promise<A>): Promise<A | undefined> => {
  try {
    return await operation()
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined
    throw cause
  }
}

const flush = async (directory: string): Promise<void> => {
  for (const entry of await Fs.readdir(directory, { recursive: true })) await flushEntry(Path.join(directory, entry))
  await flushEntry(directory)
}

/** Makes the system write a file, or the names in a directory, to the disk. Windows grants that to writers only. */
const flushEntry = async (path: string): Promise<void> => {
  if (process.platform === "win32") return
  const file = await Fs.open(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
