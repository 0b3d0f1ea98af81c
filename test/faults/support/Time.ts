/** Waiting, in real time or in that of a test clock: for a condition, never for time to pass, and never for ever. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { News } from "./News.ts"

export interface Time {
  /** Until `condition` holds, which is looked at whenever there is news. */
  readonly until: (condition: () => boolean, news: News, explain: () => string) => Effect.Effect<void>
  /** What `self` answers, if it ends in time, however slow it is to be interrupted. */
  readonly within: <A, E, R>(what: string, self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Far longer than anything here takes, and shorter than a test may. */
const patience = Duration.seconds(30)

export const live: Time = {
  until: (condition, news, explain) =>
    Effect.callback<void>((resume) => {
      const look = () => {
        if (condition()) resume(Effect.void)
      }
      const forget = news.listen(() => {
        look()
        // What follows from the news may be in place a moment later, without news of its own.
        setImmediate(look)
      })
      look()
      return Effect.sync(forget)
    }).pipe(bounded(explain)),
  within: (what, self) =>
    Effect.flatMap(
      Effect.forkDetach(self, { startImmediately: true }),
      (fiber) =>
        Fiber.join(fiber).pipe(
          Effect.onInterrupt(() => Effect.sync(() => fiber.interruptUnsafe())),
          bounded(() => `${what} did not end`)
        )
    )
}

const bounded = (explain: () => string) => <A, E, R>(self: Effect.Effect<A, E, R>) =>
  Effect.timeoutOrElse(self, {
    duration: patience,
    orElse: () => Effect.die(new Error(`${explain()} within ${Duration.format(patience)}`))
  })

/** The clock of the test goes on for as long as it takes. */
export const virtual: Time = {
  until: (condition, _news, explain) => goOn(condition, explain),
  within: Effect.fnUntraced(function*(what, self) {
    const fiber = yield* Effect.forkChild(self, { startImmediately: true })
    yield* goOn(() => fiber.pollUnsafe() !== undefined, () => `${what} did not end`)
    return yield* Fiber.join(fiber)
  })
}

const step = Duration.millis(100)

/** Turns of the event loop between two steps of the clock. */
const turns = 20

const goOn = Effect.fnUntraced(function*(condition: () => boolean, explain: () => string) {
  for (let time = Duration.zero; Duration.isLessThan(time, Duration.minutes(2)); time = Duration.sum(time, step)) {
    for (let turn = 0; turn < turns; turn++) {
      if (condition()) return
      yield* Effect.yieldNow
    }
    yield* TestClock.adjust(step)
  }
  return yield* Effect.die(new Error(explain()))
})
