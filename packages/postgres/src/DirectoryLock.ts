/**
 * One process at a time in a directory.
 *
 * An embedded store has no server to arbitrate between two processes that open the same directory: both would write,
 * both would be told it worked, and the data would be damaged. The lock that prevents this is a listening socket,
 * because the kernel closes it when its process dies, however it dies. A socket's file outlives its process, so a file
 * alone proves nothing: it has to be connected to.
 *
 * **Details**
 *
 * The holder's socket is the only entry of the directory `rulestead.lock`, under a name that is never used twice. To
 * take the lock, a process prepares such a directory under a private name and renames it to that one. A directory can
 * be renamed onto an empty one but not onto one with an entry, and that single step decides every race: whoever renames
 * first has the lock. Entries that refuse connections belong to the dead and are removed first; since their names never
 * come back, removing them late or twice cannot hurt a new holder.
 *
 * On Windows the lock is a named pipe, which disappears with its process and needs none of this.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"

/**
 * Another owner, in this process or in another one, has the directory open. Nothing was changed.
 *
 * @category errors
 * @since 0.1.0
 */
export class DirectoryLocked extends Schema.TaggedError<DirectoryLocked>()("DirectoryLocked", {
  /** The directory's real path. */
  directory: Schema.String,
  /** The process that has it, as that process numbers itself; absent where the platform does not tell. */
  pid: Schema.optionalKey(Schema.Int),
  /** Whether it is this process that has it. Only that tells: in another container, another process may have this number. */
  ownProcess: Schema.Boolean
}) {
  override get message(): string {
    if (this.ownProcess) return `${this.directory} is in use by this process itself, which has opened it already`
    const holder = this.pid === undefined ? "another process" : `process ${this.pid}`
    return `${this.directory} is in use by ${holder}`
  }
}

/**
 * The directory cannot be created, read, written or hold a socket: a missing permission, a file in its place, a file
 * system without sockets. `cause` is the operating system's error.
 *
 * @category errors
 * @since 0.1.0
 */
export class DirectoryUnusable extends Schema.TaggedError<DirectoryUnusable>()("DirectoryUnusable", {
  directory: Schema.String,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `${this.directory} cannot be used as a store: ${String(this.cause)}`
  }
}

/**
 * Takes the exclusive lock of a directory until the scope closes, and returns the directory's real path.
 *
 * **Details**
 *
 * The directory is created with mode 0700 when absent. Paths that lead to the same directory through links take the
 * same lock. The outcome is immediate: a held lock fails with {@link DirectoryLocked}, which a caller that expects the
 * holder to leave can retry. A held lock does not keep the process alive, and a process that was killed leaves nothing
 * to clean up.
 *
 * The lock holds between all processes of one machine, in containers that share the directory too. It does not hold
 * between machines that share it over a network.
 *
 * **Example**
 *
 * ```ts
 * import { acquire } from "@rulestead/postgres/DirectoryLock"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(Effect.gen(function*() {
 *   const directory = yield* acquire("./data")
 *   yield* Effect.log(`${directory} is ours`)
 * }))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const acquire: (
  directory: string
) => Effect.Effect<string, DirectoryLocked | DirectoryUnusable, Scope.Scope> = Effect.fn("DirectoryLock.acquire")(
  function*(directory) {
    const unusable = (failure: IoFailure) => new DirectoryUnusable({ directory, cause: failure.cause })
    const path = yield* Effect.mapError(resolve(directory), unusable)
    yield* Effect.acquireRelease(
      Effect.catchTag(
        process.platform === "win32" ? takePipe(path) : takeSocket(path, attempts),
        "IoFailure",
        (failure) => Effect.fail(unusable(failure))
      ).pipe(Effect.tap(Effect.sync(() => ownDirectories.add(path)))),
      (held) => Effect.andThen(Effect.sync(() => ownDirectories.delete(path)), held.release)
    )
    return path
  }
)

/** What this process has locked. */
const ownDirectories = new Set<string>()

interface Held {
  readonly release: Effect.Effect<void>
}

class IoFailure extends Data.TaggedError("IoFailure")<{ readonly code: string; readonly cause: unknown }> {}

const ioFailure = (cause: unknown): IoFailure =>
  new IoFailure({
    cause,
    code: cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown"
  })

const io = <A>(operation: () => Promise<A>): Effect.Effect<A, IoFailure> =>
  Effect.tryPromise({ try: operation, catch: ioFailure })

const resolve = (directory: string): Effect.Effect<string, IoFailure> =>
  io(async () => {
    await makeDirectory(directory)
    return await Fs.realpath(directory)
  })

/** One step at a time: Node.js never ends where it cannot create a folder in one that exists, as in `/proc`. */
const makeDirectory = async (directory: string): Promise<void> => {
  if (await isDirectory(directory)) return
  const parent = Path.dirname(directory)
  if (parent !== directory) await makeDirectory(parent)
  await Fs.mkdir(directory, { mode: 0o700 }).catch(async (error: unknown) => {
    // Somebody else may have been faster.
    if (!await isDirectory(directory)) throw error
  })
}

const isDirectory = (path: string): Promise<boolean> => Fs.stat(path).then((stats) => stats.isDirectory(), () => false)

/** One turn meets a dead holder, a second one a rival that was faster; more than a few are no race any more. */
const attempts = 10

const takeSocket = (directory: string, remaining: number): Effect.Effect<Held, DirectoryLocked | IoFailure> =>
  Effect.catchIf(
    claim(directory),
    ({ code }) => remaining > 1 && lostTurn.has(code),
    () => Effect.andThen(evictDead(directory), takeSocket(directory, remaining - 1))
  )

/**
 * The lock has an entry, or a winner removed our staging; binding a socket reports the latter as a missing permission.
 */
const lostTurn: ReadonlySet<string> = new Set(["ENOTEMPTY", "EEXIST", "ENOENT", "EACCES"])

const lockName = "rulestead.lock"

const claim = Effect.fnUntraced(function*(directory: string): Effect.fn.Return<Held, IoFailure> {
  const lock = Path.join(directory, lockName)
  const staging = yield* io(() => Fs.mkdtemp(`${lock}.`))
  const name = `${process.pid}-${staging.slice(-6)}`
  const discard = Effect.ignore(io(() => Fs.rm(staging, { recursive: true, force: true })))
  const server = yield* Effect.onError(
    withShortPath(staging, (path) => listen(Path.join(path, name))),
    () => discard
  )
  yield* Effect.onError(
    io(async () => {
      await Fs.chmod(Path.join(staging, name), 0o666)
      await Fs.rename(staging, lock)
    }),
    () => Effect.andThen(close(server), discard)
  )
  yield* removeStaging(directory)
  return {
    release: Effect.ignore(io(() => Fs.rm(Path.join(lock, name), { force: true }))).pipe(
      Effect.andThen(close(server)),
      Effect.andThen(Effect.ignore(io(() => Fs.rmdir(lock))))
    )
  }
})

/** Fails when an entry of the lock is alive, and removes those that are not. */
const evictDead = Effect.fnUntraced(function*(directory: string): Effect.fn.Return<void, DirectoryLocked | IoFailure> {
  const lock = Path.join(directory, lockName)
  for (const name of yield* entries(lock)) {
    if (yield* withShortPath(lock, (path) => isAlive(Path.join(path, name)))) {
      const pid = Number.parseInt(name)
      return yield* new DirectoryLocked({
        directory,
        ...(Number.isNaN(pid) ? {} : { pid }),
        ownProcess: ownDirectories.has(directory)
      })
    }
    yield* io(() => Fs.rm(Path.join(lock, name), { force: true }))
  }
})

/**
 * Removes what processes that were killed while they took the lock left behind. One that lives tries again and is told.
 */
const removeStaging = Effect.fnUntraced(function*(directory: string) {
  const left = (yield* Effect.orElseSucceed(entries(directory), () => [])).filter((name) =>
    name.startsWith(`${lockName}.`)
  )
  yield* Effect.forEach(
    left,
    (name) => Effect.ignore(io(() => Fs.rm(Path.join(directory, name), { recursive: true, force: true }))),
    { discard: true }
  )
})

const entries = (directory: string): Effect.Effect<ReadonlyArray<string>, IoFailure> =>
  Effect.catchIf(io(() => Fs.readdir(directory)), ({ code }) => code === "ENOENT", () => Effect.succeed([]))

const listen = (path: string): Effect.Effect<Net.Server, IoFailure> =>
  Effect.callback((resume) => {
    const server = Net.createServer((connection) => connection.destroy())
    server.once("error", (cause) => resume(Effect.fail(ioFailure(cause))))
    // In a cluster, a socket that is not exclusive would belong to the primary process and outlive its worker.
    server.listen({ path, exclusive: true }, () => {
      // A connection that could not be accepted changes nothing: the socket still listens.
      server.removeAllListeners("error").on("error", () => {}).unref()
      resume(Effect.succeed(server))
    })
  })

const close = (server: Net.Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
  })

/** Whether a process listens. Only a refusal proves that none does: a busy process still has its connections queued. */
const isAlive = (path: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const connection = Net.connect(path)
    const answer = (alive: boolean) => {
      connection.destroy()
      resume(Effect.succeed(alive))
    }
    connection.once("connect", () => answer(true))
    connection.once("error", ({ code }: NodeJS.ErrnoException) => answer(!refusals.has(code ?? "")))
  })

const refusals: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOENT", "ENOTSOCK"])

/** The shortest limit of the supported systems, macOS's 104 bytes, without the closing zero. */
const socketPathLimit = 103

/** What is appended to a directory to name a socket in it: a separator, a process number, a dash, six letters. */
const socketNameLimit = 18

/** Gives `use` a path of `directory` that leaves room for a socket's name: its own, or a link to it. */
const withShortPath = <A, E>(
  directory: string,
  use: (path: string) => Effect.Effect<A, E>
): Effect.Effect<A, E | IoFailure> =>
  Buffer.byteLength(directory) + socketNameLimit <= socketPathLimit
    ? use(directory)
    : Effect.acquireUseRelease(
      io(() => Fs.mkdtemp(Path.join(shortTemporaryDirectory(), "rulestead-"))),
      (temporary) => {
        const link = Path.join(temporary, "to")
        return Effect.andThen(io(() => Fs.symlink(directory, link)), use(link))
      },
      (temporary) => Effect.ignore(io(() => Fs.rm(temporary, { recursive: true, force: true })))
    )

const shortTemporaryDirectory = (): string => Buffer.byteLength(Os.tmpdir()) > 60 ? "/tmp" : Os.tmpdir()

const takePipe = (directory: string): Effect.Effect<Held, DirectoryLocked | IoFailure> => {
  const name = createHash("sha256").update(directory.toLowerCase()).digest("hex")
  return listen(`\\\\.\\pipe\\rulestead-${name}`).pipe(
    Effect.map((server) => ({ release: close(server) })),
    Effect.catchIf(
      ({ code }) => code === "EADDRINUSE" || code === "EACCES",
      () => Effect.fail(new DirectoryLocked({ directory, ownProcess: ownDirectories.has(directory) }))
    )
  )
}
