import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Evaluator from "rulestead/Evaluator"
import * as Manifest from "rulestead/Manifest"
import { AudienceEntry, FlagEntry } from "rulestead/Snapshot"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import * as StoreMemory from "rulestead/StoreMemory"
import { anyManifest } from "../../../../test/support/manifests.ts"
import { property } from "../../../../test/support/property.ts"
import { anyContext } from "../support/evaluating.ts"

const flagEntry = Schema.decodeUnknownEffect(Schema.fromJsonString(FlagEntry))
const audienceEntry = Schema.decodeUnknownEffect(Schema.fromJsonString(AudienceEntry))

/** The environment as a node decides it. */
const served = Effect.fnUntraced(function*(environment: string) {
  const { entries } = yield* SnapshotFeed.use((feed) => feed.changesSince(environment, undefined))
  const audiences = yield* Effect.forEach(
    entries.filter(({ kind }) => kind === "audience"),
    ({ content }) => audienceEntry(content)
  )
  const compiled = new Map(audiences.map((audience) => [audience.key, Evaluator.compileAudience(audience)]))
  const flags = yield* Effect.forEach(
    entries.filter(({ kind }) => kind === "flag"),
    ({ content }) => flagEntry(content)
  )
  return flags.toSorted((a, b) => a.key < b.key ? -1 : 1).map((flag) => Evaluator.compileFlag(flag, compiled))
})

describe("an exported environment", () => {
  it.effect("applied to an empty store decides everything as before, and its export is equal", () =>
    property(
      fc.tuple(anyManifest, fc.array(anyContext, { minLength: 1, maxLength: 10 })),
      ([input, contexts]) =>
        Effect.gen(function*() {
          const first = yield* Effect.gen(function*() {
            yield* Manifest.apply(yield* Manifest.decode(input), { environment: "prod" })
            return { exported: yield* Manifest.ofEnvironment("prod", { drafts: true }), flags: yield* served("prod") }
          }).pipe(Effect.provide(StoreMemory.layer()))

          const second = yield* Effect.gen(function*() {
            const exported = yield* Manifest.parse(Manifest.print(first.exported))
            yield* Manifest.apply(exported, { environment: "copy" })
            return { exported: yield* Manifest.ofEnvironment("copy", { drafts: true }), flags: yield* served("copy") }
          }).pipe(Effect.provide(StoreMemory.layer()))

          assert.strictEqual(Manifest.print(second.exported), Manifest.print(first.exported))
          assert.deepStrictEqual(Manifest.diff(first.exported, second.exported), [])
          const answers = ({ flags }: typeof first) =>
            flags.map((flag) => contexts.map((context) => Evaluator.evaluate(flag, context)))
          assert.deepStrictEqual(answers(second), answers(first))
          assert.deepStrictEqual(
            first.flags.map(({ key }) => key),
            first.exported.flags.filter(({ ruleset }) => ruleset !== undefined).map(({ key }) => key)
          )
        }),
      { numRuns: 50 }
    ))
})
