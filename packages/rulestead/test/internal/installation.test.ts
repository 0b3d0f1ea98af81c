import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "fast-check"
import * as Evaluator from "rulestead/Evaluator"
import type { AudienceEntry, FlagEntry } from "rulestead/Snapshot"
import * as Installation from "../../src/internal/installation.ts"
import { SnapshotIndex } from "../../src/internal/snapshotIndex.ts"
import { off, on, onFor, planAudience, type Publication, Published } from "../support/Published.ts"

const flagKeys = ["checkout", "search", "banner", "reports"]
const audienceKeys = ["payers", "staff"]
const plans = ["pro", "free"]

const key = FastCheck.constantFrom(...flagKeys)
const audience = FastCheck.constantFrom(...audienceKeys)

const entry: FastCheck.Arbitrary<FlagEntry | AudienceEntry> = FastCheck.oneof(
  FastCheck.tuple(audience, FastCheck.constantFrom(...plans)).map(([key, plan]) => planAudience(key, plan)),
  FastCheck.tuple(key, audience).map(([key, audience]) => onFor(key, audience)),
  key.map(on),
  key.map(off)
)

const removal = FastCheck.oneof(
  key.map((key) => ({ kind: "flag", key } as const)),
  audience.map((key) => ({ kind: "audience", key } as const))
)

const publication: FastCheck.Arbitrary<Publication> = FastCheck.record({
  put: FastCheck.array(entry, { maxLength: 4 }),
  remove: FastCheck.array(removal, { maxLength: 2 })
})

const complete = (held: SnapshotIndex, published: Published) =>
  Effect.map(Installation.complete(held, published.changesSince(undefined), true), ({ commit }) => commit())

/** All that the flags answer. */
const answers = ({ flags }: SnapshotIndex) =>
  Object.fromEntries(
    flags.values().map((flag) => [
      flag.key,
      plans.map((plan) => Evaluator.evaluate(flag, { attributes: { plan } }).enabled)
    ]).toArray()
  )

describe("an index", () => {
  it("that was changed step by step is the one that is built from everything", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.array(FastCheck.tuple(publication, FastCheck.boolean()), { minLength: 1, maxLength: 12 }),
        (steps) =>
          Effect.runPromise(Effect.gen(function*() {
            const published = new Published()
            let index = yield* complete(new SnapshotIndex(), published)
            let held = published.head()
            for (const [publication, isSeen] of steps) {
              published.publish(publication)
              if (!isSeen) continue
              const before = answers(index)
              const installation = yield* Installation.delta(index, published.changesSince(held), true)
              assert.deepStrictEqual(answers(index), before)
              index = installation.commit()
              held = published.head()
              const whole = yield* complete(new SnapshotIndex(), published)
              assert.deepStrictEqual(answers(index), answers(whole))
              assert.strictEqual(index.digest, held.digest)
              assert.strictEqual(index.size, held.entries)
              const byName = (a: { key: string }, b: { key: string }) => a.key.localeCompare(b.key)
              assert.deepStrictEqual([...index.entries()].sort(byName), [...whole.entries()].sort(byName))
              for (const audience of audienceKeys) {
                assert.sameMembers([...index.usersOf(audience)], [...whole.usersOf(audience)])
              }
              const after = answers(index)
              for (const key of flagKeys) {
                if (JSON.stringify(before[key]) === JSON.stringify(after[key])) continue
                assert.include([...installation.changed, ...installation.removed], key)
              }
            }
          }))
      ),
      { numRuns: 200 }
    ), 60_000)

  it.effect("that is built from everything keeps what is the same", () =>
    Effect.gen(function*() {
      const published = new Published()
      published.put(planAudience("payers", "pro"), onFor("reports", "payers"), on("checkout"), on("search"))
      const first = yield* complete(new SnapshotIndex(), published)
      published.put(off("search"), planAudience("payers", "free"))
      const installation = yield* Installation.complete(first, published.changesSince(undefined), false)
      const second = installation.commit()
      assert.strictEqual(second.flags.get("checkout"), first.flags.get("checkout"))
      assert.notStrictEqual(second.flags.get("reports"), first.flags.get("reports"))
      assert.sameMembers([...installation.changed], ["search", "reports"])
    }))

  it.effect("that is changed compiles what changed, and nothing else", () =>
    Effect.gen(function*() {
      const published = new Published()
      published.put(...Array.from({ length: 1000 }, (_, index) => on(`flag-${index}`)))
      const index = yield* complete(new SnapshotIndex(), published)
      const before = new Map(index.flags)
      const head = published.head()
      published.put(off("flag-500"))
      const { changed, commit } = yield* Installation.delta(index, published.changesSince(head), false)
      assert.strictEqual(commit(), index)
      assert.deepStrictEqual(changed, ["flag-500"])
      const different = index.flags.keys().filter((key) => index.flags.get(key) !== before.get(key)).toArray()
      assert.deepStrictEqual(different, ["flag-500"])
    }))
})
