/**
 * A real Postgres server for tests and benchmarks, from the platform's npm package: nothing to install, and nothing
 * left behind, whatever state the server is in when the scope closes.
 *
 * The server is a child of this process, so a killed one is gone at once instead of lingering as a zombie that blocks
 * the next start. Waits are bounded in real time, whatever clock a test has.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { execFile, execFileSync, spawn } from "node:child_process"
import { randomInt } from "node:crypto"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import * as Readline from "node:readline"
import { setTimeout } from "node:timers/promises"
import { promisify } from "node:util"
import * as PostgresBinaries from "./PostgresBinaries.ts"

export interface Options {
  /** Whether commits reach the disk. Off by default: faster, and enough to survive a killed server. */
  readonly fsync?: boolean | undefined
  /** 100 by default. */
  readonly maxConnections?: number | undefined
  /** More settings, named as in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Texts by the names of their files, which the server can read in the folder of its data. */
  readonly files?: Readonly<Record<string, string>> | undefined
}

export class PostgresServer extends Context.Service<PostgresServer, {
  /** Leads the superuser to the database `postgres`. */
  readonly url: Redacted.Redacted
  readonly port: number
  /** Kills all processes of the server at once with SIGKILL, and waits until they are gone. */
  readonly kill: Effect.Effect<void>
  /** Suspends the server and all its processes: connections stay open, and nothing answers. */
  readonly stop: Effect.Effect<void>
  /** Lets a suspended server continue. */
  readonly resume: Effect.Effect<void>
  /** Shuts the server down in order, and breaks off what it is doing. */
  readonly stopFast: Effect.Effect<void>
  /** Starts a server that is down, with the same port and data, and waits until it accepts connections. */
  readonly start: Effect.Effect<void>
  /** `stopFast`, then `start`. */
  readonly restart: Effect.Effect<void>
  /** The latest lines that the server logged. */
  readonly log: Effect.Effect<string>
}>()("rulestead/test/PostgresServer") {
  static readonly layer = (options?: Options): Layer.Layer<PostgresServer> =>
    Layer.effect(PostgresServer, make(options))
}

/** Starts a server with data of its own. One that does not start is a defect, with its log in the message. */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<PostgresServer["Service"], never, Scope.Scope> {
  const directory = yield* temporaryDirectory
  const binaries = yield* PostgresBinaries.locate(directory)
  const data = Path.join(directory, "data")
  yield* initialise(binaries.initdb, data)
  for (const [name, text] of Object.entries(options.files ?? {})) {
    const file = Path.join(data, name)
    Fs.writeFileSync(file, text, { mode: 0o600 })
    if (account.uid !== undefined) Fs.chownSync(file, account.uid, account.gid)
  }
  const port = yield* freePort
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: `${port}`,
    max_connections: `${options.maxConnections ?? 100}`,
    fsync: options.fsync === true ? "on" : "off",
    restart_after_crash: "off",
    ...options.settings
  }
  const parameters = ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])]
  const log: Array<string> = []
  let running: Running | undefined

  const within = (what: string, effect: Effect.Effect<void>) =>
    unlessLate(effect, 60_000, Effect.suspend(() => defect(`Postgres did not ${what} in time`, log)))
  const signal = (signal: NodeJS.Signals) => Effect.sync(() => running?.signal(signal))
  const end = (how: (ending: Running) => Effect.Effect<void>) =>
    Effect.suspend(() => {
      const ending = running
      running = undefined
      return ending === undefined ? Effect.void : within("stop", how(ending))
    })
  const kill = end((ending) => ending.kill)
  const stopFast = end((ending) => ending.interrupt)
  const start = Effect.suspend(() => {
    const starting = launch(binaries.postgres, parameters, log)
    running = starting
    const died = Effect.andThen(starting.exited, Effect.suspend(() => defect("Postgres did not start", log)))
    return within("start", Effect.raceFirst(starting.ready, died))
  })
  yield* Effect.addFinalizer(() => kill)
  yield* start

  return {
    url: Redacted.make(`postgres://postgres@127.0.0.1:${port}/postgres`),
    port,
    kill,
    stop: signal("SIGSTOP"),
    resume: signal("SIGCONT"),
    stopFast,
    start,
    restart: Effect.andThen(stopFast, start),
    log: Effect.sync(() => log.join("\n"))
  }
})

const unlessLate = (effect: Effect.Effect<void>, millis: number, late: Effect.Effect<void>) =>
  Effect.raceFirst(effect, Effect.andThen(Effect.promise((signal) => setTimeout(millis, undefined, { signal })), late))

const defect = (what: string, log: ReadonlyArray<string>) => Effect.die(new Error([what, ...log.slice(-20)].join("\n")))

/** Postgres refuses to run as root: `nobody` does it then. */
const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

const environment = { ...process.env, LC_ALL: "C" }

const temporaryDirectory = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "rulestead-postgres-"))
      if (account.uid !== undefined) Fs.chownSync(directory, account.uid, account.gid)
      return { directory, watch: watchOver(directory) }
    }),
    ({ directory, watch }) =>
      Effect.promise(async () => {
        await Fs.promises.rm(directory, { recursive: true, force: true, maxRetries: 5 })
        watch.stdin.end()
      })
  ),
  ({ directory }) => directory
)

/**
 * Cleans up when this process is killed: its end of the pipe closes, and the waiting shell goes on. Processes that are
 * suspended do not notice that their server is gone.
 */
const watchOver = (directory: string) => {
  const cleanUp = `cat > /dev/null; pid=$(head -n 1 "$0/data/postmaster.pid")
    kill -9 $(cat "/proc/$pid/task/$pid/children") "$pid" && sleep 1; rm -rf "$0"`
  const watch = spawn("sh", ["-c", cleanUp, directory], { detached: true, stdio: ["pipe", "ignore", "ignore"] })
  // Where there is no shell, nothing watches.
  watch.once("error", () => {})
  watch.unref()
  return watch
}

const initialise = (initdb: string, data: string) =>
  Effect.promise((signal) =>
    promisify(execFile)(
      initdb,
      ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"],
      { ...account, env: environment, signal, timeout: 60_000 }
    )
  )

/** A port below those that the system gives to outgoing connections, which could take it while the server is down. */
const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const tryOne = (): void => {
    const port = randomInt(20_000, 32_000)
    const probe = Net.createServer()
    probe.once("error", tryOne)
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resume(Effect.succeed(port))))
  }
  tryOne()
})

interface Running {
  readonly ready: Effect.Effect<void>
  readonly exited: Effect.Effect<void>
  /** Shuts it down fast, and waits. */
  readonly interrupt: Effect.Effect<void>
  /** Kills its processes, and waits. */
  readonly kill: Effect.Effect<void>
  /** Sends a signal to the server and to all processes it started. */
  readonly signal: (signal: NodeJS.Signals) => void
}

const launch = (postgres: string, parameters: ReadonlyArray<string>, log: Array<string>): Running => {
  const readiness = Deferred.makeUnsafe<void>()
  const exit = Deferred.makeUnsafe<void>()
  const child = spawn(postgres, parameters, { ...account, env: environment, stdio: ["ignore", "ignore", "pipe"] })
  const gone = () => Deferred.doneUnsafe(exit, Effect.void)
  child.once("exit", gone)
  child.once("error", (error) => {
    log.push(String(error))
    gone()
  })
  Readline.createInterface({ input: child.stderr }).on("line", (line) => {
    if (log.push(line) > 1000) log.shift()
    if (line.includes("ready to accept connections")) Deferred.doneUnsafe(readiness, Effect.void)
  })
  const exited = Deferred.await(exit)
  const children = () => child.pid === undefined || Deferred.isDoneUnsafe(exit) ? [] : childrenOf(child.pid)
  return {
    ready: Deferred.await(readiness),
    exited,
    interrupt: Effect.suspend(() => {
      child.kill("SIGINT")
      return exited
    }),
    // The postmaster outlives its processes for a moment to bury them. Killed with them, it would leave them to the
    // first process of the system, which in many containers buries nobody, and its successor would find their memory in
    // use.
    kill: Effect.suspend(() => {
      for (const pid of children()) send(pid, "SIGKILL")
      child.kill("SIGCONT")
      const outright = Effect.suspend(() => {
        child.kill("SIGKILL")
        return exited
      })
      return unlessLate(exited, 5000, outright)
    }),
    signal: (signal) => {
      // A suspended server starts no further process while the others get their signal.
      child.kill("SIGSTOP")
      for (const pid of children()) send(pid, signal)
      child.kill(signal)
    }
  }
}

const childrenOf = (pid: number): ReadonlyArray<number> =>
  process.platform === "linux"
    ? Fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)
    : execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" }).split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number))
      .flatMap(([child, parent]) => child !== undefined && parent === pid ? [child] : [])

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    const ended = cause instanceof Error && "code" in cause && cause.code === "ESRCH"
    if (!ended) throw cause
  }
}
