// The loops that are timed, in nanoseconds.
import * as Effect from "effect/Effect"
import { now } from "./clock.ts"

export const sync = <Context>(
  decide: (context: Context) => unknown,
  contexts: ReadonlyArray<Context>,
  laps: number
): number => {
  const start = now()
  for (let lap = 0; lap < laps; lap++) {
    for (const context of contexts) decide(context)
  }
  return now() - start
}

export const async = async <Context>(
  decide: (context: Context) => Promise<unknown>,
  contexts: ReadonlyArray<Context>,
  laps: number
): Promise<number> => {
  const start = now()
  for (let lap = 0; lap < laps; lap++) {
    for (const context of contexts) await decide(context)
  }
  return now() - start
}

export const effect = Effect.fnUntraced(function*<Context, R>(
  decide: (context: Context) => Effect.Effect<unknown, never, R>,
  contexts: ReadonlyArray<Context>,
  laps: number
) {
  const start = now()
  for (let lap = 0; lap < laps; lap++) {
    for (const context of contexts) yield* decide(context)
  }
  return now() - start
})

/**
 * Shows the loops so many functions that V8 gives up guessing which one comes next. Otherwise it would copy a decision
 * that is always the same into the loop, drop it because nobody looks at it, and time a loop with nothing in it. As it
 * is, every decision is called, which costs about two nanoseconds.
 */
export const unlearn = async (): Promise<void> => {
  const functions = [
    (a: number) => a,
    (a: number) => a + 1,
    (a: number) => a + 2,
    (a: number) => a + 3,
    (a: number) => -a
  ]
  for (const decide of functions) {
    sync(decide, [0, 1], 1)
    await async(async (context) => decide(context), [0, 1], 1)
    await Effect.runPromise(effect((context) => Effect.succeed(decide(context)), [0, 1], 1))
  }
}
