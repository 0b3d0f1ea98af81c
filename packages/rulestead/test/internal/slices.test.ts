import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { readFile } from "node:fs"
import * as Slices from "../../src/internal/slices.ts"
import { like } from "../support/Clocks.ts"

/** A clock on which every look costs half a millisecond. */
const costly = Effect.map(Clock.Clock, (clock) => {
  let nanos = 0n
  return like(clock, { monotonicTimeNanosUnsafe: () => nanos += 500_000n })
})

describe("work in slices", () => {
  it.effect("reaches every item in order", () =>
    Effect.gen(function*() {
      const seen: Array<number> = []
      yield* Slices.forEach(Array.from({ length: 100 }, (_, index) => index), (item) => {
        seen.push(item)
        return undefined
      })
      assert.deepStrictEqual(seen, Array.from({ length: 100 }, (_, index) => index))
    }).pipe(Effect.provideServiceEffect(Clock.Clock, costly)))

  it.effect("stops at the first problem", () =>
    Effect.gen(function*() {
      let seen = 0
      const problem = yield* Effect.flip(Slices.forEach([1, 2, 3], (item) => {
        seen++
        return item === 2 ? "two" : undefined
      }))
      assert.strictEqual(problem, "two")
      assert.strictEqual(seen, 2)
    }))

  it.live("lets timers, input and output have their turn", () =>
    Effect.gen(function*() {
      const turns = new Set<string>()
      yield* Effect.forkChild(Effect.andThen(Effect.sleep(1), Effect.sync(() => turns.add("timer"))))
      const immediate = setImmediate(() => turns.add("immediate"))
      readFile(import.meta.filename, () => turns.add("file"))
      const work = function*() {
        for (let item = 0; item < 10_000_000 && turns.size < 3; item++) yield item
      }
      yield* Slices.forEach(work(), () => undefined).pipe(Effect.provideServiceEffect(Clock.Clock, costly))
      clearImmediate(immediate)
      assert.deepStrictEqual([...turns].sort(), ["file", "immediate", "timer"])
    }))

  it.effect("can be interrupted between two slices", () =>
    Effect.gen(function*() {
      let items = 0
      yield* Effect.forkChild(Slices.forEach(Array.from({ length: 1000 }), () => {
        items++
        return undefined
      })).pipe(
        Effect.tap(() => Effect.yieldNow),
        Effect.flatMap((fiber) => Effect.sync(() => fiber.interruptUnsafe()))
      )
      yield* Effect.yieldNow
      assert.isBelow(items, 1000)
    }).pipe(Effect.provideServiceEffect(Clock.Clock, costly)))
})
