/** Command lines, run in this process over a store in memory, in an empty directory. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import type * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Terminal from "effect/Terminal"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import * as StoreMemory from "rulestead/StoreMemory"
import { Opener, type OpenError, type Services } from "../../../packages/cli/src/Connection.ts"
import { run } from "../../../packages/cli/src/run.ts"
import { type StoreSettings, UserName, WorkingDirectory } from "../../../packages/cli/src/Settings.ts"
import * as TemporaryDirectory from "../../support/TemporaryDirectory.ts"

/** What a command line did. */
export interface Ran {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/**
 * - `input`: what is on standard input.
 * - `terminal`: there is one, this wide, and these keys are typed when it asks; with `errors: false`, standard error goes
 *   elsewhere.
 * - `variables`: of the environment of the process.
 * - `onOutput`, `onError`: hear what is printed, while the command runs; `onDraw` what is drawn on standard error for a
 *   moment.
 */
export interface Surroundings {
  readonly input?: string
  readonly terminal?: { readonly columns?: number; readonly typed?: string; readonly errors?: boolean }
  readonly variables?: Readonly<Record<string, string>>
  readonly onOutput?: (line: string) => void
  readonly onError?: (line: string) => void
  readonly onDraw?: (text: string) => void
}

export interface CommandLine {
  readonly directory: string
  readonly services: Context.Context<Services>
  /** Runs a line, whose words are separated by blanks and may be quoted. */
  readonly run: (line: string, surroundings?: Surroundings) => Effect.Effect<Ran>
  /** As `run`, with `--format json`; what was printed is decoded. */
  readonly json: <A>(schema: Schema.Decoder<A>, line: string) => Effect.Effect<A, Schema.SchemaError>
  readonly write: (file: string, content: string) => Effect.Effect<void>
  readonly read: (file: string) => Effect.Effect<string>
}

export interface Options {
  readonly store?: Layer.Layer<Services>
  readonly open?: (settings: StoreSettings) => Effect.Effect<Layer.Layer<Services, OpenError>>
}

export const make = Effect.fnUntraced(function*(
  { open, store = StoreMemory.layer() }: Options = {}
): Effect.fn.Return<CommandLine, never, Scope.Scope> {
  const directory = yield* TemporaryDirectory.make
  const services = yield* Layer.build(store)
  const runWords = (words: ReadonlyArray<string>, surroundings: Surroundings = {}) =>
    Effect.gen(function*() {
      const output: Array<string> = []
      const errors: Array<string> = []
      const typed = yield* keys(surroundings.terminal?.typed ?? "")
      return yield* run(words).pipe(
        Effect.map((code): Ran => ({ code, output: output.join("\n"), errors: errors.join("\n") })),
        Effect.provide(platform(surroundings, typed, output)),
        Effect.provideService(Console.Console, capturing(output, errors, surroundings)),
        Effect.provideService(Opener, open ?? (() => Effect.succeed(Layer.succeedContext(services)))),
        Effect.provideService(WorkingDirectory, directory),
        Effect.provideService(UserName, "ada")
      )
    })
  return {
    directory,
    services,
    run: (line, surroundings) => runWords(split(line), surroundings),
    json: Effect.fnUntraced(function*(schema, line) {
      const { errors, output } = yield* runWords([...split(line), "--format", "json"])
      return yield* Schema.decodeEffect(Schema.fromJsonString(schema))(output === "" ? errors : output)
    }),
    write: (file, content) => Effect.promise(() => Fs.writeFile(Path.join(directory, file), content)),
    read: (file) => Effect.promise(() => Fs.readFile(Path.join(directory, file), "utf8"))
  }
})

/** Words in the manner of a shell: `a 'b c' "d e"`. */
export const split = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"))

const capturing = (
  output: Array<string>,
  errors: Array<string>,
  { onError = () => undefined, onOutput = () => undefined }: Surroundings
): Console.Console =>
  Object.assign(Object.create(globalThis.console), {
    log: (text: string = "") => {
      output.push(text)
      onOutput(text)
    },
    error: (text: string = "") => {
      errors.push(text)
      onError(text)
    }
  })

const platform = (
  { input = "", onDraw = () => undefined, terminal, variables = {} }: Surroundings,
  typed: Queue.Dequeue<Terminal.UserInput, Cause.Done>,
  output: Array<string>
) =>
  Layer.mergeAll(
    NodeFileSystem.layer,
    NodePath.layer,
    ConfigProvider.layer(ConfigProvider.fromEnv({
      env: { ...(terminal === undefined ? {} : { TERM: "xterm" }), RULESTEAD_DIRECTORY: "store", ...variables }
    })),
    Stdio.layerTest({
      stdin: Stream.succeed(new TextEncoder().encode(input)),
      stdinIsTerminal: Effect.succeed(terminal !== undefined),
      stdoutIsTerminal: Effect.succeed(terminal !== undefined),
      stderrIsTerminal: Effect.succeed(terminal !== undefined && terminal.errors !== false),
      stderr: () => Sink.forEach((text) => Effect.sync(() => onDraw(String(text))))
    }),
    Layer.succeed(
      Terminal.Terminal,
      Terminal.make({
        columns: Effect.succeed(terminal?.columns ?? 80),
        rows: Effect.succeed(24),
        size: Effect.die("not asked for"),
        readInput: Effect.succeed(typed),
        readLine: Effect.die("not asked for"),
        display: (text) => Effect.sync(() => void output.push(text))
      })
    ),
    Layer.succeed(
      ChildProcessSpawner.ChildProcessSpawner,
      ChildProcessSpawner.make(() => Effect.die("no process is started"))
    )
  )

/** Keys as a terminal gives them; a line break is the key `enter`, and Ctrl-C (`\u0003`) ends the input. */
const keys = Effect.fnUntraced(function*(typed: string) {
  const queue = yield* Queue.make<Terminal.UserInput, Cause.Done>()
  for (const character of typed) {
    if (character === "\u0003") Queue.endUnsafe(queue)
    const name = character === "\n" ? "enter" : character
    Queue.offerUnsafe(queue, {
      input: character === "\n" ? Option.none() : Option.some(character),
      key: { name, ctrl: false, meta: false, shift: false }
    })
  }
  return queue
})
