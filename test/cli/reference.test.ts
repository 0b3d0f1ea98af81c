import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { reference } from "../../scripts/cli-reference.ts"

it.live("docs/cli.md is what the commands say: node --conditions=source scripts/cli-reference.ts writes it", () =>
  Effect.gen(function*() {
    const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8")
    assert.strictEqual(page, yield* reference)
  }))
