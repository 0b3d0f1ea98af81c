import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Bootstrap from "rulestead/Bootstrap"
import { assertServes, build, start } from "./support/Nodes.ts"
import { complete, on } from "./support/Published.ts"
import { ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const refusal = (text: string) =>
  Effect.map(Effect.flip(Bootstrap.parse(text)), ({ problems }) => problems.map(({ path, rule }) => `${path}: ${rule}`))

describe("a bootstrap", () => {
  it.effect("is the snapshot of an environment, and is served while the store is away", () =>
    Effect.gen(function*() {
      const store = new ScriptedFeed()
      store.published.put(on("checkout"))
      const text = Bootstrap.print(yield* Effect.provide(Bootstrap.ofEnvironment("prod"), store.layer))
      const files = FileSystem.layerNoop({ readFileString: () => Effect.succeed(text) })
      const bootstrap = yield* Effect.provide(Bootstrap.read("flags.snapshot.json"), files)

      const away = new ScriptedFeed()
      away.answer(unreachable)
      const node = yield* start(away, { bootstrap })
      assertServes(node, { checkout: true })
      assert.strictEqual((yield* node.rulestead.ready)._tag, "Bootstrap")
    }))

  it.effect("gives way to the store", () =>
    Effect.gen(function*() {
      const store = new ScriptedFeed()
      store.published.put(on("search"))
      const node = yield* build(store, { bootstrap: complete([on("checkout")]) })
      assertServes(node, { checkout: false, search: true })
    }))

  it.effect("is refused with all that is wrong when it is none", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* refusal("{"), [": json"])
      const { head } = complete([on("checkout")])
      assert.deepStrictEqual(
        yield* refusal(JSON.stringify({ head: { ...head, version: "1" }, complete: false, entries: [{}] })),
        [
          "head.version: type",
          "complete: type",
          ...["kind", "key", "version", "hash", "content"].map((field) => `entries[0].${field}: required`)
        ]
      )
    }))
})
