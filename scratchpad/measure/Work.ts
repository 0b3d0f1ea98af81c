/** The work of this process's thread, in milliseconds of processor time: what else the machine does is not counted. */
import * as Effect from "effect/Effect"
import { now } from "../../benchmark/harness/clock.ts"

/** Now, with the garbage of what was before out of the way, if the process runs with `--expose-gc`. */
const begin = (): number => {
  globalThis.gc?.()
  return now()
}

/** What an effect takes in all. */
export const total = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const start = begin()
    return Effect.map(self, () => (now() - start) / 1e6)
  })

/** The most that an effect takes between two turns of the event loop. Looking at every turn is work, too. */
export const longestBlock = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    let longest = 0
    let last = begin()
    const look = (): void => {
      const current = now()
      longest = Math.max(longest, current - last)
      last = current
    }
    const turn = (): void => {
      look()
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    return self.pipe(
      Effect.andThen(Effect.sync(look)),
      Effect.ensuring(Effect.sync(() => clearImmediate(next))),
      Effect.map(() => longest / 1e6)
    )
  })
