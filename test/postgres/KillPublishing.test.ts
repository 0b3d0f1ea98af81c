import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as KillPublishing from "../support/KillPublishing.ts"

layer(KillPublishing.layer, { excludeTestServices: true, timeout: "1 minute" })("a server that is killed", (it) => {
  it.effect(
    "leaves every publish whole or not begun, keeps what it acknowledged, and announced nothing else",
    () =>
      Effect.gen(function*() {
        const { committed, failed, kills } = yield* KillPublishing.run(15)
        assert.strictEqual(kills, 15)
        assert.isAbove(failed, 0)
        assert.isAbove(committed, 0)
      }),
    180_000
  )
})
