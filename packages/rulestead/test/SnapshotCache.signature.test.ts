import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import type { Head, StoredEntry } from "rulestead/Snapshot"
import { adjustDigest, emptyDigest, hashEntry } from "rulestead/Snapshot"
import type { Changes } from "rulestead/SnapshotFeed"
import { property } from "../../../test/support/property.ts"
import * as Admission from "../src/internal/admission.ts"
import * as Authenticity from "../src/internal/authenticity.ts"
import * as Installation from "../src/internal/installation.ts"
import * as Signature from "../src/internal/signature.ts"
import { SnapshotIndex } from "../src/internal/snapshotIndex.ts"
import { MemoryBackup } from "./support/MemoryBackup.ts"
import { assertServes, build, eventsOf, happens, quiet } from "./support/Nodes.ts"
import { complete, flagEntry, headOf, off, on, planAudience, store } from "./support/Published.ts"
import { ScriptedFeed } from "./support/ScriptedFeed.ts"
import { hmac, pair, sealed, setOf, signerOf } from "./support/signing.ts"

const { signing, verifying } = pair()

/** A feed that signs the truth, with the key or with none, and a node that asks for signatures. */
const serving = Effect.gen(function*() {
  const sign = yield* signerOf(signing)
  const feed = new ScriptedFeed()
  const signed = (held?: Parameters<typeof feed.truth>[0]) =>
    Effect.map(feed.truth(held), (changes): Changes => ({
      ...changes,
      head: sign(changes.head, feed.published.changesSince(undefined).entries)
    }))
  feed.answer(signed)
  feed.published.put(on("checkout"), off("search"))
  const node = yield* build(feed, { verify: [verifying] })
  yield* quiet
  return { feed, node, sign, signed }
})

type Serving = Effect.Success<typeof serving>

/** Looks at what the feed answers now, which has to be refused. */
const refuses = Effect.fnUntraced(function*({ node }: Serving) {
  const before = node.cache.provenance()
  const { refused } = node.cache.health().counts
  const looked = yield* Effect.forkScoped(Effect.flip(node.rulestead.refresh))
  yield* TestClock.adjust("1 second")
  assert.strictEqual((yield* Fiber.join(looked)).reason, "signature")
  assert.isAbove(node.cache.health().counts.refused, refused)
  assert.strictEqual(node.cache.health().refresh.lastError?.reason, "signature")
  assert.deepStrictEqual(eventsOf(node, "SnapshotRefused").at(-1)?.reason, "signature")
  assert.strictEqual(node.cache.provenance(), before)
})

describe("a node that asks for signatures", () => {
  it.effect("serves what is signed: all of it, changes of it, removals, and the same again", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      assertServes(node, { checkout: true, search: false })
      feed.announce(feed.published.put(on("search"), planAudience("payers", "pro")))
      yield* happens(() => node.cache.provenance().version === 2)
      assertServes(node, { checkout: true, search: true })
      feed.announce(feed.published.publish({ remove: [{ kind: "flag", key: "checkout" }], put: [off("search")] }))
      yield* happens(() => node.cache.provenance().version === 3)
      assertServes(node, { checkout: false, search: false })
      feed.announce(feed.published.publish({}))
      yield* happens(() => node.cache.provenance().version === 4)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(node.cache.health().counts.refused, 0)
      assert.isFalse(node.cache.provenance().stale)
    }))

  it.effect("starts with nothing rather than with what is not signed, and says why", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.published.put(on("checkout"))
      const node = yield* build(feed, { verify: [verifying], bootTimeout: 0 })
      yield* quiet
      assert.deepStrictEqual(node.cache.readiness(), { _tag: "Empty", reason: "signature" })
      assertServes(node, { checkout: false })
    }))

  it.effect("refuses an unsigned publish, an unsigned whole and an unsigned confirmation, and takes the next signed one", () =>
    Effect.gen(function*() {
      const scene = yield* serving
      const { feed, node, signed } = scene
      feed.answer(undefined)
      yield* refuses(scene)
      feed.published.put(off("checkout"))
      yield* refuses(scene)
      feed.answer(() => feed.truth(undefined))
      yield* refuses(scene)
      assertServes(node, { checkout: true })
      feed.answer(signed)
      feed.published.put(on("search"))
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(node.cache.provenance().version, 3)
      assertServes(node, { checkout: false, search: true })
      assert.isNull(node.cache.health().refresh.lastError)
    }))

  it.effect("goes stale while it refuses, and serves on", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.answer(undefined)
      yield* TestClock.adjust("2 minutes")
      assert.isTrue(node.cache.provenance().stale)
      assert.deepInclude(node.cache.readiness(), { _tag: "Fresh" })
      assertServes(node, { checkout: true })
    }))

  it.effect("repairs by a complete fetch what arrived damaged", () =>
    Effect.gen(function*() {
      const { feed, node, signed } = yield* serving
      feed.answerNext((held) => Effect.map(signed(held), (changes) => ({ ...changes, entries: [] })))
      feed.announce(feed.published.put(off("checkout")))
      yield* happens(() => node.cache.provenance().version === 2)
      assertServes(node, { checkout: false })
      assert.deepStrictEqual(feed.calls.slice(-2).map((held) => held?.version), [1, undefined])
    }))

  it.effect("asks the same of a bootstrap and of a backup", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      feed.answer(Effect.never)
      const unsigned = complete([on("checkout")])
      const whole = yield* sealed(signing, unsigned)
      const options = { verify: [verifying], bootTimeout: 0 }
      const started = Effect.fnUntraced(function*(bootstrap: Changes | undefined, saved: Changes | undefined) {
        const backup = new MemoryBackup()
        if (saved !== undefined) backup.generations.push({ changes: saved, writtenAt: 0 })
        const node = yield* build(feed, { ...options, bootstrap }, backup.layer)
        yield* quiet
        return { source: node.cache.provenance().source, quarantined: node.cache.health().backup.quarantined }
      })
      assert.deepStrictEqual(yield* started(unsigned, undefined), { source: "none", quarantined: [] })
      assert.deepStrictEqual(yield* started(whole, undefined), { source: "bootstrap", quarantined: [] })
      assert.deepStrictEqual(yield* started(undefined, unsigned), { source: "none", quarantined: ["signature"] })
      assert.deepStrictEqual(yield* started(undefined, whole), { source: "backup", quarantined: [] })
    }))

  it.effect("believes each of its keys, and no other", () =>
    Effect.gen(function*() {
      const [old, next, foreign] = [hmac("old"), pair(), pair()]
      const feed = new ScriptedFeed()
      const node = yield* build(feed, { verify: [old, next.verifying], bootTimeout: 0 })
      const versionAfter = Effect.fnUntraced(function*(key: typeof old, version: number) {
        feed.answer(yield* sealed(key, complete([on("checkout")], { version })).pipe(Effect.map(Effect.succeed)))
        yield* Effect.forkScoped(Effect.ignore(node.rulestead.refresh))
        yield* TestClock.adjust("30 seconds")
        return node.cache.provenance().version
      })
      assert.strictEqual(yield* versionAfter(old, 1), 1)
      assert.strictEqual(yield* versionAfter(foreign.signing, 2), 1)
      assert.strictEqual(yield* versionAfter(hmac("another"), 3), 1)
      assert.strictEqual(yield* versionAfter(next.signing, 4), 4)
      assert.strictEqual(yield* versionAfter(old, 5), 5)
    }))

  it.effect("names what is wrong with its keys", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      const pathsOf = (verify: ReadonlyArray<typeof verifying>) =>
        Effect.map(Effect.flip(build(feed, { verify })), (error) =>
          error._tag === "InvalidInput" ? error.problems.map(({ path }) => path) : [])
      assert.deepStrictEqual(yield* pathsOf([]), ["verify"])
      const none = { algorithm: "ed25519", publicKey: "no key" } as const
      assert.deepStrictEqual(yield* pathsOf([verifying, none]), ["verify[1].publicKey"])
    }))
})

describe("a node that does not ask", () => {
  it.effect("takes what is signed and what is not", () =>
    Effect.gen(function*() {
      const feed = new ScriptedFeed()
      const node = yield* build(feed, { bootTimeout: 0 })
      feed.answer(yield* sealed(signing, complete([on("checkout")])).pipe(Effect.map(Effect.succeed)))
      yield* Effect.forkScoped(node.rulestead.refresh)
      yield* happens(() => node.cache.provenance().version === 1)
      feed.answer(Effect.succeed(complete([off("checkout")], { version: 2 })))
      yield* Effect.forkScoped(node.rulestead.refresh)
      yield* happens(() => node.cache.provenance().version === 2)
    }))
})

const version1 = [store(on("checkout")), store(off("search")), store(planAudience("payers", "free"))]
const version2 = [
  store(off("checkout"), 2),
  store(on("search"), 2),
  store(planAudience("payers", "pro"), 2),
  store(on("new"), 2)
]

/** A node that holds version 1, and what it makes of an answer: judged by what is signed, and by nothing else. */
const judging = Effect.gen(function*() {
  const sign = yield* signerOf(signing)
  const verify = yield* Signature.makeVerify([verifying], "snapshot", { subject: "test", path: [] })
  const head = sign(headOf(version1), version1)
  const { commit } = yield* Installation.complete(
    new SnapshotIndex(),
    { head, complete: true, entries: version1 },
    false
  )
  const held: Authenticity.Held = { verify, index: commit(), set: setOf(version1) }
  const judge = Effect.fnUntraced(function*(changes: Changes) {
    const verdict = Admission.judge("prod", head, changes)
    if (typeof verdict !== "string") return verdict.reason
    return yield* Authenticity.check(held, changes, verdict).pipe(
      Effect.as("signed"),
      Effect.catch(({ reason }) => Effect.succeed(reason))
    )
  })
  return { judge, sign }
})

/** Everything follows from the entries: what a forger would write who has no key, or another signature. */
const forged = (entries: ReadonlyArray<StoredEntry>, head: Head): Head => ({
  ...headOf(entries, { version: 2 }),
  ...(head.signature === undefined ? {} : { signature: head.signature })
})

const texts = ["kind", "key", "hash", "content"] as const

/** Another character somewhere in a text. */
const flip = (text: string, { at, by }: { readonly at: number; readonly by: number }): string => {
  const index = at % Math.max(1, text.length)
  return `${text.slice(0, index)}${String.fromCharCode((text.charCodeAt(index) || 0) ^ by)}${text.slice(index + 1)}`
}

describe("a signature", () => {
  for (const isComplete of [true, false]) {
    const what = isComplete ? "whole" : "change"
    const answer = (head: Head, entries: ReadonlyArray<StoredEntry> = version2): Changes => ({
      head,
      complete: isComplete,
      entries
    })

    it.effect(`covers every byte of every entry of a ${what}, whatever is made to fit it`, () =>
      Effect.gen(function*() {
        const { judge, sign } = yield* judging
        const head = sign(headOf(version2, { version: 2 }), version2)
        assert.strictEqual(yield* judge(answer(head)), "signed")
        yield* property(
          fc.record({
            entry: fc.nat(version2.length - 1),
            field: fc.constantFrom(...texts),
            at: fc.nat(),
            by: fc.integer({ min: 1, max: 127 }),
            fits: fc.boolean()
          }),
          ({ entry, field, fits: isFitted, ...where }) =>
            Effect.gen(function*() {
              const fits = isFitted && field !== "hash"
              const entries = version2.map((stored, index) => {
                if (index !== entry) return stored
                const changed = { ...stored, [field]: flip(stored[field] ?? "", where) }
                const { content, key, kind } = changed
                return fits && content !== null ? { ...changed, hash: hashEntry(kind, key, content) } : changed
              })
              const found = yield* Effect.catchDefect(
                judge(answer(fits ? forged(entries, head) : head, entries)),
                () => Effect.succeed("malformed")
              )
              assert.notStrictEqual(found, "signed")
              if (field !== "kind") assert.strictEqual(found, "signature")
            }),
          { numRuns: 500 }
        )
      }))

    it.effect(`covers the numbers and the names of a ${what}`, () =>
      Effect.gen(function*() {
        const { judge, sign } = yield* judging
        const head = sign(headOf(version2, { version: 2 }), version2)
        const signature = head.signature ?? ""
        const heads: ReadonlyArray<Partial<Head>> = [
          { version: 3 },
          { digest: emptyDigest },
          { entries: 3 },
          { entries: 5 },
          { publishedAt: head.publishedAt + 1 },
          { signature: flip(signature, { at: 20, by: 1 }) },
          { signature: "" },
          { signature: "unsigned" },
          { signature: `hmac-sha256 ${"0".repeat(64)}` },
          ...isComplete ? [{ epoch: "epoch-2" }] : []
        ]
        for (const change of heads) {
          assert.strictEqual(yield* judge(answer({ ...head, ...change })), "signature", JSON.stringify(change))
        }
        const elsewhere = sign({ ...head, environment: "dev" }, version2)
        assert.strictEqual(yield* judge(answer({ ...elsewhere, environment: "prod" })), "signature")
        for (const { version } of version2) {
          const entries = version2.map((stored, index) => index === 0 ? { ...stored, version: version - 1 } : stored)
          assert.strictEqual(yield* judge(answer(head, entries)), "signature")
        }
      }))

    it.effect(`holds only for the whole of a ${what}: nothing left out, added, put elsewhere, repeated or put back`, () =>
      Effect.gen(function*() {
        const { judge, sign } = yield* judging
        const head = sign(headOf(version2, { version: 2 }), version2)
        const [checkout, search, payers, added] = version2
        const [oldCheckout] = version1
        assert.isTrue(checkout !== undefined && search !== undefined && payers !== undefined && added !== undefined)
        if (checkout === undefined || search === undefined || payers === undefined || added === undefined) return
        if (oldCheckout === undefined) return
        const gone = { ...added, hash: "", content: null }
        const sets: ReadonlyArray<ReadonlyArray<StoredEntry>> = [
          [],
          [checkout, search, payers],
          [...version2, store(on("more"), 2)],
          [...version2, checkout],
          [...version2, { ...checkout, content: null, hash: "" }],
          [oldCheckout, search, payers, added],
          [{ ...oldCheckout, version: 2 }, search, payers, added],
          [checkout, search, payers, gone],
          [{ ...search, key: "checkout" }, { ...checkout, key: "search" }, payers, added],
          [{ ...checkout, kind: "audience" }, search, payers, added]
        ]
        for (const entries of sets) {
          for (const claimed of [head, forged(entries, head)]) {
            assert.strictEqual(yield* judge(answer(claimed, entries)), "signature")
          }
        }
      }))

    it.effect(`does not vanish from a ${what} under a number of copies that the lanes of the hash cannot count`, () =>
      Effect.gen(function*() {
        const { judge, sign } = yield* judging
        const head = sign(headOf(version2, { version: 2 }), version2)
        const copies = Array.from<StoredEntry>({ length: 65_536 }).fill(store(on("forged"), 2))
        assert.strictEqual(yield* judge(answer(head, [...version2, ...copies])), "signature")
      }))
  }

  it.effect("takes no turn from others while ten thousand entries are looked at", () =>
    Effect.gen(function*() {
      const { judge, sign } = yield* judging
      const entries = Array.from({ length: 10_000 }, (_, index) => store(flagEntry(`flag-${index}`), 2))
      const head = sign(headOf(entries, { version: 2 }), entries)
      let turns = 0
      const others = yield* Effect.forkScoped(
        Effect.forever(Effect.andThen(Effect.yieldNow, Effect.sync(() => turns++)))
      )
      assert.strictEqual(yield* judge({ head, complete: true, entries }), "signed")
      yield* Fiber.interrupt(others)
      assert.isAbove(turns, 20)
    }).pipe(TestClock.withLive))

  it.effect("of a set whose digest was made to fit is none", () =>
    Effect.gen(function*() {
      const { judge, sign } = yield* judging
      const head = sign(headOf(version2, { version: 2 }), version2)
      const entries = version2.map((stored) => stored.key === "new" ? store(off("new"), 2) : stored)
      const digest = adjustDigest(emptyDigest, { removed: [], added: entries.map(({ hash }) => hash) })
      assert.strictEqual(yield* judge({ head: { ...head, digest }, complete: true, entries }), "signature")
    }))
})
