import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { begin } from "./support/begin.ts"
import * as CommandLine from "./support/CommandLine.ts"

/** A store that takes three seconds to open, and what is drawn meanwhile. */
const slowly = Effect.fnUntraced(function*(line: string, surroundings: CommandLine.Surroundings) {
  const { services } = yield* begin()
  const cli = yield* CommandLine.make({
    open: () => Effect.succeed(Layer.effectContext(Effect.delay(Effect.succeed(services), "3 seconds")))
  })
  return yield* drawing(cli, line, surroundings)
})

const drawing = Effect.fnUntraced(function*(
  cli: CommandLine.CommandLine,
  line: string,
  surroundings: CommandLine.Surroundings = { terminal: {} }
) {
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
      const narrow = yield* slowly("env list", { terminal: { columns: 12 } })
      assert.isTrue(narrow.drawn.some((text) => text.endsWith("\u001B[2KOpening the")))
      assert.strictEqual(drawn.at(-1), "\r\u001B[2K")
    }))

  it.effect("is shown as a whole, not each part of it in turns", () =>
    Effect.gen(function*() {
      const { drawn } = yield* slowly("verify --env dev", { terminal: {} })
      assert.isTrue(drawn.some((text) => text.endsWith("Verifying dev 2 s")))
      assert.isFalse(drawn.some((text) => text.includes("Opening the store")))
    }))

  it.effect("draws nothing where nobody watches", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* slowly("env list", {})).drawn, [])
      assert.deepStrictEqual((yield* slowly("env list --format json", { terminal: {} })).drawn, [])
    }))

  it.effect("is a bar where it is known how much there is to do", () =>
    Effect.gen(function*() {
      const { services } = yield* begin()
      const feed = Context.get(services, SnapshotFeed)
      const slow = Context.add(services, SnapshotFeed, {
        ...feed,
        changesSince: (environment, held) => Effect.delay(feed.changesSince(environment, held), "3 seconds")
      })
      const { drawn } = yield* drawing(yield* CommandLine.make({ store: Layer.succeedContext(slow) }), "status")
      assert.isTrue(drawn.some((text) => text.endsWith("Looking around 2 s")))
      assert.isTrue(drawn.some((text) => text.endsWith("Looking around [############------------] 50 %")))
      assert.strictEqual(drawn.at(-1), "\r\u001B[2K")
    }))

  it.effect("says, when it is interrupted, what became of a change", () =>
    Effect.gen(function*() {
      const { services } = yield* begin()
      const publisher = Context.get(services, Publisher)
      const begun = yield* Deferred.make<void>()
      const stuck = Context.add(services, Publisher, {
        ...publisher,
        engageKillSwitch: () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
      })
      const cli = yield* CommandLine.make({ store: Layer.succeedContext(stuck) })
      const errors: Array<string> = []
      const onError = (line: string) => void errors.push(line)
      const running = yield* Effect.forkChild(cli.run("kill checkout --env dev", { onError }))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(running)
      assert.deepStrictEqual(errors, [
        "Interrupted: all of it was done, or nothing. To see what was done last: rulestead audit list"
      ])
    }))
})
