import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Soak from "./soak.ts"

it.live(
  "four nodes serve what the database holds, and never anything else, whatever happens to the server",
  () =>
    Effect.gen(function*() {
      const { acknowledged, nodes } = yield* Soak.run({ duration: "20 seconds", seed: "a short soak" })
      assert.isAbove(acknowledged, 0)
      assert.strictEqual(nodes.length, 4)
    }).pipe(Effect.provide(Soak.layer)),
  { timeout: 180_000 }
)
