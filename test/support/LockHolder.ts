/** A process of its own that takes and releases the lock of a directory when told to. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { fork } from "node:child_process"
import { join } from "node:path"

export type Outcome =
  | { readonly _tag: "Ready" | "Held" | "Released" | "Intruder" }
  | { readonly _tag: "Locked"; readonly pid: number | undefined }
  | { readonly _tag: "Unusable"; readonly message: string }

export interface LockHolder {
  readonly pid: number | undefined
  readonly take: Effect.Effect<Outcome>
  readonly release: Effect.Effect<Outcome>
  /** Takes the lock, checks that it is alone, and releases it. */
  readonly exclude: Effect.Effect<Outcome>
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Kills it without warning, and waits until it is gone. */
  readonly kill: Effect.Effect<void>
}

const program = join(import.meta.dirname, "../postgres/fixtures/lockHolder.ts")

export const start = Effect.fnUntraced(
  function*(directory: string): Effect.fn.Return<LockHolder, never, Scope.Scope> {
    const answers = yield* Queue.unbounded<Outcome>()
    const gone = yield* Deferred.make<void>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(program, [directory], { execArgv: ["--conditions=source"] })),
      (child) =>
        Effect.andThen(
          Effect.sync(() => child.kill("SIGKILL")),
          Deferred.await(gone)
        )
    )
    child.on("message", (outcome: Outcome) => Queue.offerUnsafe(answers, outcome))
    child.once("exit", () => Deferred.doneUnsafe(gone, Effect.void))
    const tell = (command: string) => Effect.andThen(Effect.sync(() => child.send(command)), Queue.take(answers))
    const signal = (signal: NodeJS.Signals) => Effect.sync(() => void child.kill(signal))
    yield* Queue.take(answers)
    return {
      pid: child.pid,
      take: tell("take"),
      release: tell("release"),
      exclude: tell("exclude"),
      signal,
      kill: Effect.andThen(signal("SIGKILL"), Deferred.await(gone))
    }
  }
)
