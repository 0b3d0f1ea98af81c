/** The command as it is shipped, built for a test file, and run as processes of their own. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { text } from "node:stream/consumers"
import { build } from "../../../scripts/build-cli.ts"

export interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

export interface Binary {
  /** The folder with `rulestead` in it. */
  readonly folder: string
  /** Runs a line in a shell, in a directory. */
  readonly shell: (line: string, directory: string) => Effect.Effect<Ended>
  /** Starts it, for those that do not end by themselves. */
  readonly start: (
    directory: string,
    ...args: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly process: ChildProcess; readonly ended: Effect.Effect<Ended> }, never, Scope.Scope>
}

const root = Path.join(import.meta.dirname, "../../..")

/** Inside the repository, where the packages that are not bundled are found. */
const folderOfBuild = Effect.acquireRelease(
  Effect.promise(async () => {
    const temporary = Path.join(root, ".tmp")
    await Fs.mkdir(temporary, { recursive: true })
    const folder = await Fs.mkdtemp(Path.join(temporary, "cli-"))
    await build(folder)
    await Fs.symlink("rulestead.js", Path.join(folder, "rulestead"))
    return folder
  }),
  (folder) => Effect.promise(() => Fs.rm(folder, { recursive: true, force: true }))
)

export const make: Effect.Effect<Binary, never, Scope.Scope> = Effect.map(folderOfBuild, (folder) => {
  const env = {
    PATH: [folder, Path.dirname(process.execPath), process.env.PATH].join(Path.delimiter),
    HOME: folder,
    RULESTEAD_ACTOR: "ada"
  }
  const ending = async (child: ChildProcess): Promise<Ended> => {
    const [output, errors, [code]] = await Promise.all([
      child.stdout === null ? "" : text(child.stdout),
      child.stderr === null ? "" : text(child.stderr),
      once(child, "exit")
    ])
    return { code: typeof code === "number" ? code : null, output, errors }
  }
  return {
    folder,
    shell: (line, cwd) =>
      Effect.promise(() => ending(spawn("sh", ["-c", line], { cwd, env, stdio: ["ignore", "pipe", "pipe"] }))),
    start: (cwd, ...args) =>
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => {
            const child = spawn(process.execPath, [Path.join(folder, "rulestead.js"), ...args], {
              cwd,
              env,
              stdio: ["ignore", "pipe", "pipe"]
            })
            return { process: child, ended: ending(child) }
          }),
          ({ process }) => Effect.sync(() => process.kill("SIGKILL"))
        ),
        ({ ended, process }) => ({ process, ended: Effect.promise(() => ended) })
      )
  }
})
