/** A directory of a test's own, removed when the test's scope closes. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"

export const make: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => await Fs.realpath(await Fs.mkdtemp(Path.join(Os.tmpdir(), "rulestead-test-")))),
  (directory) => Effect.promise(() => Fs.rm(directory, { recursive: true, force: true, maxRetries: 3 }))
)
