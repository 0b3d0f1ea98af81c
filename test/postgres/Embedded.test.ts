import { assert, describe, it } from "@effect/vitest"
import * as Embedded from "@rulestead/postgres/Embedded"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Store } from "rulestead/Store"
import * as Mirror from "../contract/support/Mirror.ts"
import * as Scene from "../contract/support/Scene.ts"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"

describe("the embedded store", () => {
  it.live(
    "belongs to one owner at a time, and is found again as it was left, in the same epoch",
    () =>
      Effect.gen(function*() {
        const directory = yield* TemporaryDirectory.make
        const { flag, mirror } = yield* Effect.gen(function*() {
          const { environment, flag } = yield* Scene.live(Scene.forced(true))
          const error = yield* Effect.flip(Effect.scoped(Layer.build(Embedded.layer({ directory }))))
          assert.deepInclude(error, { _tag: "DirectoryLocked", directory })
          yield* Scene.publish(flag, environment, Scene.forced(false))
          return { flag, mirror: yield* Mirror.fetch(environment) }
        }).pipe(Effect.provide(Embedded.layer({ directory })))
        yield* Effect.gen(function*() {
          assert.deepStrictEqual(yield* Mirror.follow(mirror), mirror)
          yield* Scene.publish(flag, mirror.head.environment, Scene.forced(true))
          assert.strictEqual((yield* Mirror.follow(mirror)).head.version, 3)
        }).pipe(Effect.provide(Embedded.layer({ directory })))
      }),
    120_000
  )

  it.live("is in memory where no directory is named", () =>
    Effect.gen(function*() {
      yield* Scene.live(Scene.forced(true))
      assert.lengthOf(yield* Store.use((store) => store.environments), 1)
    }).pipe(Effect.provide(Embedded.layer({}))), 120_000)

  it.effect("refuses options that make no sense, all of them at once", () =>
    Effect.gen(function*() {
      const options = { schema: "a b", retention: 0, timeout: "0 seconds" } as const
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Embedded.layer(options))))
      assert.deepInclude(error, { _tag: "InvalidInput", subject: "embedded store options" })
      assert.deepStrictEqual(
        error._tag === "InvalidInput" && error.problems.map(({ path }) => path),
        ["schema", "retention", "timeout"]
      )
    }))

  it.effect("refuses options that there are not, and what is no directory, and opens nothing", () =>
    Effect.gen(function*() {
      const problemsOf = (options: object) =>
        Effect.map(
          Effect.flip(Effect.scoped(Layer.build(Embedded.layer(options)))),
          (error) => error._tag === "InvalidInput" && error.problems.map(({ path, rule }) => `${path} (${rule})`)
        )
      for (const directory of [5, null, "", "  ", "a\0b", {}]) {
        assert.deepStrictEqual(yield* problemsOf({ directory }), ["directory (directory)"])
      }
      assert.deepStrictEqual(yield* problemsOf({ directry: "flags", schema: null }), [
        "schema (schema)",
        "directry (unknown_field)"
      ])
    }))
})
