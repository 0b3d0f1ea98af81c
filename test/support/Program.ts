/** A program of a test in a process of its own: it gets a task, exchanges messages, and is gone when the scope closes. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"

/** How it ended, and all that it wrote to standard error. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly errors: string
}

export interface Program<Command> {
  readonly tell: (command: Command) => Effect.Effect<void>
  readonly gone: Effect.Effect<Ending>
}

export interface Options<Message> {
  readonly file: string
  readonly task: unknown
  readonly onMessage: (message: Message) => void
  readonly flags?: ReadonlyArray<string>
}

export const start = Effect.fnUntraced(function*<Message, Command extends string>(
  { file, flags = [], onMessage, task }: Options<Message>
): Effect.fn.Return<Program<Command>, never, Scope.Scope> {
  const gone = yield* Deferred.make<Ending>()
  let errors = ""
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      fork(file, [JSON.stringify(task)], {
        execArgv: ["--conditions=source", ...flags],
        stdio: ["ignore", "inherit", "pipe", "ipc"]
      })
    ),
    (child) =>
      Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        Deferred.await(gone)
      )
  )
  child.on("message", onMessage)
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text
  })
  child.once("close", (code, signal) => Deferred.doneUnsafe(gone, Effect.succeed({ code, signal, errors })))
  return {
    tell: (command) => Effect.sync(() => void child.send(command)),
    gone: Deferred.await(gone)
  }
})
