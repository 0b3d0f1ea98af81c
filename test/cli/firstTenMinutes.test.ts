import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs/promises"
import * as TemporaryDirectory from "../support/TemporaryDirectory.ts"
import * as Binary from "./support/Binary.ts"
import * as Session from "./support/Session.ts"

/** For whoever changes what a command prints. */
const isWriting = process.env.RULESTEAD_WRITE_DOCS === "1"

const file = new URL("../../docs/first-ten-minutes.md", import.meta.url)

it.live("the first ten minutes go as the document says", () =>
  Effect.gen(function*() {
    const { shell } = yield* Binary.make
    const directory = yield* TemporaryDirectory.make
    const document = yield* Effect.promise(() => Fs.readFile(file, "utf8"))
    const replayed = yield* Session.replay(document, (line) => shell(line, directory))
    if (isWriting) yield* Effect.promise(() => Fs.writeFile(file, replayed))
    assert.strictEqual(Session.withoutTimes(replayed), Session.withoutTimes(document))
  }), 600_000)
