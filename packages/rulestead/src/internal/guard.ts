/**
 * Runs effects of others, which may throw, hang, or refuse to be interrupted, so that whoever waits for them is free
 * again in time.
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/** Not done by the deadline; or not even started, because too many earlier ones have not ended yet. */
export class Overdue extends Data.TaggedError("Overdue")<{ readonly started: boolean }> {}

export class Guard {
  private readonly limit: number
  private dying = 0

  /** At most `limit` abandoned effects may be dying; as long as there are so many, none is started. */
  constructor(limit: number) {
    this.limit = limit
  }

  /** How many were given up and interrupted, and have not ended yet. */
  get abandoned(): number {
    return this.dying
  }

  /**
   * How `self` ended. Past the deadline, and when the caller is interrupted, `self` is interrupted in the background and
   * not waited for: interruption may take as long as it likes.
   */
  run<A, E, R>(
    self: Effect.Effect<A, E, R>,
    deadline: Duration.Input = Duration.infinity
  ): Effect.Effect<Exit.Exit<A, E | Overdue>, never, R> {
    return Effect.uninterruptibleMask((restore) => {
      if (this.dying >= this.limit) return Effect.exit(Effect.fail(new Overdue({ started: false })))
      return Effect.flatMap(
        Effect.forkDetach(self, { startImmediately: true }),
        (fiber) =>
          restore(Fiber.await(fiber)).pipe(
            Effect.timeoutOrElse({
              duration: deadline,
              orElse: () => Effect.exit(Effect.fail(new Overdue({ started: true })))
            }),
            restore,
            Effect.ensuring(Effect.sync(() => this.abandon(fiber)))
          )
      )
    })
  }

  private abandon<A, E>(fiber: Fiber.Fiber<A, E>): void {
    fiber.interruptUnsafe()
    if (fiber.pollUnsafe() !== undefined) return
    this.dying++
    fiber.addObserver(() => {
      this.dying--
    })
  }
}
