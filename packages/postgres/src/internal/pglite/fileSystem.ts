/** PGlite's file systems, which are also where it lets its engine be adjusted before it is loaded. */
import { MemoryFS } from "@electric-sql/pglite"
import { NodeFS } from "@electric-sql/pglite/nodefs"
import * as Predicate from "effect/Predicate"
import * as Fs from "node:fs"

type Init = typeof NodeFS.prototype.init
type Options = Awaited<ReturnType<Init>>["emscriptenOpts"]

export class Memory extends MemoryFS {
  override async init(...parameters: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(...parameters)
    return { emscriptenOpts: withoutTimers(emscriptenOpts) }
  }
}

export class Disk extends NodeFS {
  override async init(...parameters: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(...parameters)
    return { emscriptenOpts: withFsync(withoutTimers(emscriptenOpts)) }
  }
}

/**
 * Leaves out Postgres' timers. They cannot interrupt a statement, which has the thread for itself, but they would keep
 * the process alive, and run in an engine that crashed.
 */
const withoutTimers = (options: Options): Options => {
  const instantiate: unknown = Reflect.get(options, "instantiateWasm")
  if (!Predicate.isFunction(instantiate)) throw changed()
  const instantiateWasm = (imports: { readonly env: object }, receive: unknown): unknown => {
    Object.assign(imports.env, { _setitimer_js: () => 0 })
    return Reflect.apply(instantiate, undefined, [imports, receive])
  }
  return Object.assign({}, options, { instantiateWasm })
}

/** Adds `fsync`, without which a power failure could undo commits or damage the data. */
const withFsync = (options: Options): Options => {
  const addFsync: NonNullable<Options["preRun"]>[number] = ({ NODEFS }) => {
    const files: unknown = NODEFS
    if (!Predicate.hasProperty(files, "stream_ops") || !Predicate.isObject(files.stream_ops)) throw changed()
    Object.assign(files.stream_ops, { fsync })
  }
  return { ...options, preRun: [...options.preRun ?? [], addFsync] }
}

/** Postgres also flushes directories and files it only reads, which Windows does not grant. */
const fsync = ({ nfd }: { readonly nfd: number }): number => {
  if (process.platform !== "win32") Fs.fsyncSync(nfd)
  return 0
}

const changed = () => new Error("This version of PGlite cannot be adjusted")
