/** One run of PGlite, from its start to its end or its crash. */
import { PGlite, type PGliteOptions } from "@electric-sql/pglite"
import * as Predicate from "effect/Predicate"
import * as FileSystem from "./fileSystem.ts"

/** The major version of Postgres in PGlite, whose version is pinned for this reason. */
export const version = "18"

export interface Database {
  /** Answers whole frontend messages. Rejects if the engine crashes; it must not be used after that. */
  readonly execute: (messages: Uint8Array) => Promise<Buffer>
  /** Writes a checkpoint and closes the files. */
  readonly close: () => Promise<void>
  /** Closes the files of a crashed engine. */
  readonly abandon: () => Promise<void>
}

/** The engine stopped for good. Its last words are in `cause` and, without any data, in the message. */
export class Crashed extends Error {
  override readonly name = "Crashed"
  constructor(words: ReadonlyArray<string>, cause: unknown) {
    super(["The embedded Postgres crashed", ...words].join(": "), { cause })
  }
}

/** Postgres did not accept the data or the platform. */
export class Refused extends Error {
  override readonly name = "Refused"
  readonly log: ReadonlyArray<string>
  constructor(log: ReadonlyArray<string>, cause: unknown) {
    super(["The embedded Postgres did not start", ...log].join(": "), { cause })
    this.log = log
  }
}

/** Opens the data in `directory`, created when absent, or a database in memory. */
export const start = async (directory: string | undefined): Promise<Database> => {
  const words = lastWords()
  const pglite = new PGlite({
    ...(directory === undefined ? inMemory() : onDisk(directory)),
    onStderr: words.listen
  })
  try {
    await pglite.waitReady
    return supervise(pglite, words)
  } catch (cause) {
    await Promise.allSettled([closeFiles(pglite)])
    throw new Refused(words.said(), cause)
  }
}

const closeFiles = async (pglite: PGlite): Promise<void> => {
  await pglite.fs?.closeFs()
}

/** Little memory, and deep recursion refused by Postgres itself before it exhausts the JavaScript stack. */
const settings = ["-c", "shared_buffers=8MB", "-c", "max_stack_depth=200kB"]

const inMemory = (): PGliteOptions => ({
  fs: new FileSystem.Memory(),
  startParams: [...PGlite.defaultStartParams, ...settings]
})

const onDisk = (directory: string): PGliteOptions => ({
  fs: new FileSystem.Disk(directory),
  startParams: [
    ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
    ...settings,
    "-c",
    "wal_sync_method=fsync"
  ]
})

interface LastWords {
  readonly listen: (line: string) => boolean
  readonly said: () => ReadonlyArray<string>
}

/** Keeps what Postgres says when it gives up. Other lines may quote statements and values, and are dropped. */
const lastWords = (): LastWords => {
  const said: Array<string> = []
  return {
    listen: (line) => {
      const [, words] = /^[^[]*\[\d+\] ((?:FATAL|PANIC): .*)/.exec(line) ?? []
      if (words !== undefined && said.push(words) > 5) said.shift()
      return false
    },
    said: () => [...said]
  }
}

const supervise = (pglite: PGlite, words: LastWords): Database => {
  stopAtCrash(pglite)
  return {
    execute: async (messages) => {
      const answer: Array<Uint8Array> = []
      try {
        await pglite.execProtocolRawStream(messages, {
          syncToFs: false,
          onRawData: (bytes) => void answer.push(bytes.slice())
        })
      } catch (cause) {
        throw new Crashed(words.said(), cause)
      }
      return Buffer.concat(answer)
    },
    close: () => pglite.close(),
    abandon: () => closeFiles(pglite)
  }
}

/** The status with which Postgres, compiled to WebAssembly, unwinds to its main loop to report an ordinary error. */
const errorReport = 100

/**
 * PGlite takes every exception for an error of Postgres and goes on, with an engine that a crash left in the middle of
 * something: the next message may corrupt data or never return. This makes the first crash the last thing that engine
 * does.
 */
const stopAtCrash = ({ Module: engine }: PGlite): void => {
  let crashed: { readonly cause: unknown } | undefined
  const unlessCrashed =
    <Parameters extends ReadonlyArray<unknown>, A>(call: (...parameters: Parameters) => A) =>
    (...parameters: Parameters): A => {
      if (crashed !== undefined) throw crashed.cause
      return call(...parameters)
    }
  const step = unlessCrashed(engine._PostgresMainLoopOnce)
  engine._PostgresMainLoopOnce = () => {
    try {
      step()
    } catch (cause) {
      if (!Predicate.hasProperty(cause, "status") || cause.status !== errorReport) crashed ??= { cause }
      throw cause
    }
  }
  engine.stackRestore = unlessCrashed(engine.stackRestore)
  engine._PostgresSendReadyForQueryIfNecessary = unlessCrashed(engine._PostgresSendReadyForQueryIfNecessary)
}
