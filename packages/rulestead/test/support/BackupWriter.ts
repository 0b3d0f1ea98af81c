/** A process of its own that saves snapshots. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { join } from "node:path"
import type { Task } from "../fixtures/backupWriter.ts"

export interface BackupWriter {
  readonly begin: Effect.Effect<void>
  /** The versions that it says it saved. */
  readonly saved: Queue.Dequeue<number>
  readonly kill: Effect.Effect<void>
  readonly isGone: () => boolean
  /** The signal that ended it, `null` when it ended by itself. */
  readonly gone: Effect.Effect<NodeJS.Signals | null>
}

const program = join(import.meta.dirname, "../fixtures/backupWriter.ts")

/** Ready, and waits for the word. */
export const start = Effect.fnUntraced(function*(task: Task): Effect.fn.Return<BackupWriter, never, Scope.Scope> {
  const ready = yield* Deferred.make<void>()
  const gone = yield* Deferred.make<NodeJS.Signals | null>()
  const saved = yield* Queue.unbounded<number>()
  let isGone = false
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => fork(program, [JSON.stringify(task)], { execArgv: ["--conditions=source"] })),
    (child) =>
      Effect.andThen(
        Effect.sync(() => child.kill("SIGKILL")),
        Deferred.await(gone)
      )
  )
  child.on("message", (message: "ready" | number) => {
    if (message === "ready") Deferred.doneUnsafe(ready, Effect.void)
    else Queue.offerUnsafe(saved, message)
  })
  child.once("exit", (code, signal) => {
    isGone = true
    const crashed = signal === null && code !== 0
    Deferred.doneUnsafe(gone, crashed ? Effect.die(`the writer ended with ${code}`) : Effect.succeed(signal))
  })
  yield* Effect.raceFirst(Deferred.await(ready), Deferred.await(gone))
  return {
    begin: Effect.sync(() => void child.send("begin")),
    saved,
    kill: Effect.sync(() => void child.kill("SIGKILL")),
    isGone: () => isGone,
    gone: Deferred.await(gone)
  }
})
