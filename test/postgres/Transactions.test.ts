import { assert, layer } from "@effect/vitest"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "../contract/support/Mirror.ts"
import * as Scene from "../contract/support/Scene.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import * as TestSchema from "./support/TestSchema.ts"

const store = Layer.unwrap(Effect.map(TestSchema.absent, Postgres.layerMigrated))

/** Transactions that are open side by side, which a store in memory or embedded does not have. */
layer(TestDatabase.layer, { excludeTestServices: true, timeout: "1 minute" })("transactions at once", (it) => {
  it.effect("of which each wants what the other changed both take effect, unless it is the same flag", () =>
    Effect.gen(function*() {
      const { transaction } = yield* Store
      const [one, two] = [yield* Scene.environment, yield* Scene.environment]
      const [left, right] = [yield* Scene.flag, yield* Scene.flag]
      const latches = [yield* Latch.make(), yield* Latch.make()] as const
      const change = (
        flag: string,
        first: string,
        second: string,
        [mine, others]: readonly [Latch.Latch, Latch.Latch]
      ) =>
        transaction(Effect.gen(function*() {
          yield* Scene.publish(flag, first, Scene.forced(true))
          yield* mine.open
          yield* others.await
          yield* Scene.publish(flag, second, Scene.forced(true))
        }))
      yield* Effect.all([
        change(left, one, two, latches),
        change(right, two, one, [latches[1], latches[0]])
      ], { concurrency: "unbounded" })
      for (const environment of [one, two]) {
        const { entries, head } = yield* Mirror.fetch(environment)
        assert.deepStrictEqual([head.version, entries.size], [2, 2])
      }
    }).pipe(Effect.provide(store)))

  it.effect("do not keep a switch of another flag from being thrown", () =>
    Effect.gen(function*() {
      const { transaction } = yield* Store
      const { engageKillSwitch, together } = yield* Publisher
      const { environment, flag } = yield* Scene.live(Scene.forced(true))
      const other = yield* Scene.flag
      const [published, killed] = [yield* Latch.make(), yield* Latch.make()]
      const long = yield* Effect.forkChild(together(Effect.gen(function*() {
        yield* transaction(Scene.publish(other, environment, Scene.forced(true)))
        yield* published.open
        yield* killed.await
      })))
      yield* published.await
      const { head } = yield* engageKillSwitch(flag, environment, { expected: "any" })
      assert.deepInclude(head, { version: 2, entries: 1 })
      yield* killed.open
      const { heads } = yield* Fiber.join(long)
      assert.deepStrictEqual(heads, [(yield* Mirror.fetch(environment)).head])
      assert.deepStrictEqual(heads.map(({ entries, version }) => [version, entries]), [[3, 2]])
    }).pipe(Effect.provide(store)))
})
