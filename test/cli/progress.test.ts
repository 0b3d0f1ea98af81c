import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { begin } from "./support/begin.ts"
import * as CommandLine from "./support/CommandLine.ts"

/** A store that takes three seconds to open, and what is drawn meanwhile. */
const slowly = Effect.fnUntraced(function*(line: string, surroundings: CommandLine.Surroundings) {
  const { services } = yield* begin()
  const cli = yield* CommandLine.make({
    open: () => Effect.succeed(Layer.effectContext(Effect.delay(Effect.succeed(services), "3 seconds")))
  })
  const drawn: Array<string> = []
  const running = yield* Effect.forkChild(cli.run(line, { ...surroundings, onDraw: (text) => drawn.push(text) }))
  while (running.pollUnsafe() === undefined) yield* TestClock.adjust("1 second")
  return { ...yield* Fiber.join(running), drawn }
})

describe("what takes longer than a second", () => {
  it.effect("shows that it is still there, and leaves no trace", () =>
    Effect.gen(function*() {
      const { code, drawn } = yield* slowly("env list", { terminal: {} })
      assert.strictEqual(code, 0)
      assert.isTrue(drawn.some((text) => text.endsWith("Opening the store 2 s")))
      assert.strictEqual(drawn.at(-1), "\r\u001B[2K")
    }))

  it.effect("draws nothing where nobody watches", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* slowly("env list", {})).drawn, [])
      assert.deepStrictEqual((yield* slowly("env list --format json", { terminal: {} })).drawn, [])
    }))
})
