import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { Guard } from "../../src/internal/guard.ts"

const errorOf = <A, E>(exit: Exit.Exit<A, E>) =>
  Exit.isFailure(exit) ? Result.getOrUndefined(Cause.findError(exit.cause)) : undefined

describe("a guard", () => {
  it.effect("answers how an effect ended", () =>
    Effect.gen(function*() {
      const guard = new Guard(1)
      assert.deepStrictEqual(yield* guard.run(Effect.succeed(1)), Exit.succeed(1))
      assert.deepStrictEqual(yield* guard.run(Effect.fail("no")), Exit.fail("no"))
      assert.isTrue(Exit.isFailure(yield* guard.run(Effect.die("boom"))))
      assert.isTrue(Exit.isFailure(yield* guard.run(Effect.interrupt)))
      assert.strictEqual(guard.abandoned, 0)
    }))

  it.effect("is free at the deadline, however long interruption takes", () =>
    Effect.gen(function*() {
      const guard = new Guard(1)
      const slow = Effect.onInterrupt(Effect.never, () => Effect.sleep("1 hour"))
      const running = yield* Effect.forkChild(guard.run(slow, "2 seconds"))
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(errorOf(yield* Fiber.join(running)), { _tag: "Overdue", started: true })
      assert.strictEqual(guard.abandoned, 1)
      assert.deepInclude(errorOf(yield* guard.run(Effect.succeed(1))), { _tag: "Overdue", started: false })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(guard.abandoned, 0)
      assert.deepStrictEqual(yield* guard.run(Effect.succeed(1)), Exit.succeed(1))
    }))

  it.effect("interrupts what it runs when it is interrupted, and does not wait for it", () =>
    Effect.gen(function*() {
      const guard = new Guard(1)
      const interrupted = yield* Deferred.make<void>()
      const slow = Effect.onInterrupt(Effect.never, () =>
        Effect.andThen(Deferred.succeed(interrupted, undefined), Effect.never))
      const running = yield* Effect.forkChild(guard.run(slow))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(running)
      yield* Deferred.await(interrupted)
      assert.strictEqual(guard.abandoned, 1)
    }))
})
