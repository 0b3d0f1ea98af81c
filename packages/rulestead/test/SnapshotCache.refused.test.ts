import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { type FlagEntry, hashEntry } from "rulestead/Snapshot"
import type { Changes } from "rulestead/SnapshotFeed"
import type { Reason } from "rulestead/SnapshotRefused"
import { assertServes, build, eventsOf, happens, quiet } from "./support/Nodes.ts"
import { complete, flagEntry, headOf, off, on, onFor, planAudience, store } from "./support/Published.ts"
import { ScriptedFeed } from "./support/ScriptedFeed.ts"

/** A node that serves version 1: checkout is on, search is off. */
const serving = Effect.gen(function*() {
  const feed = new ScriptedFeed()
  feed.published.put(on("checkout"), off("search"))
  const node = yield* build(feed)
  yield* quiet
  return { feed, node }
})

const next = { version: 2 }

const withContent = (content: string): Changes => {
  const stored = store(on("search"), 2)
  const entries = [store(on("checkout")), { ...stored, content }]
  return { head: headOf(entries, next), complete: true, entries }
}

/** The entry is what its hash says, and yet nothing to decide by. */
const withEntry = (entry: object): Changes => complete([on("checkout"), { ...flagEntry("search"), ...entry }], next)

const good = complete([on("checkout"), on("search")], next)

const refusals: ReadonlyArray<readonly [what: string, reason: Reason, answer: Changes]> = [
  ["of another environment", "wrong_environment", complete([on("search")], { ...next, environment: "dev" })],
  ["in a format of the future", "unknown_schema_version", complete([on("search")], { ...next, schemaVersion: 2 })],
  ["of an older version", "older_version", complete([on("search")], { version: 0 })],
  ["whose head is damaged", "malformed", { ...good, head: { ...good.head, version: Number.NaN } }],
  ["with a wrong digest", "digest_mismatch", { ...good, head: { ...good.head, digest: "f".repeat(64) } }],
  ["that was truncated", "count_mismatch", { ...good, entries: good.entries.slice(0, 1) }],
  ["that lost all its entries", "count_mismatch", { ...good, entries: [] }],
  ["with an entry too many", "count_mismatch", { ...good, entries: [...good.entries, store(on("more"))] }],
  ["with an entry in place of another", "digest_mismatch", {
    ...good,
    entries: [store(on("checkout")), store(on("more"))]
  }],
  ["with a half-written entry", "hash_mismatch", withContent("{\"key\":\"sea")],
  ["with an empty entry", "hash_mismatch", withContent("")],
  ["with a changed entry", "hash_mismatch", withContent(JSON.stringify(off("search")))],
  ["with an entry of another flag's content", "invalid_entry", withForeignContent()],
  ["with an entry of a hash to come", "invalid_entry", withEntry({ hashVersion: 2 })],
  ["with an entry that has more than is known", "invalid_entry", withEntry({ prerequisites: ["checkout"] })],
  ["with an entry that lacks something", "invalid_entry", withEntry({ rules: undefined })],
  ["with a value of another type", "invalid_entry", withEntry({ defaultValue: "yes" })],
  ["with a killed value of another type", "invalid_entry", withEntry({ killSwitch: { value: 1 } })],
  ["with a rule's value of another type", "invalid_entry", withEntry(ruleValue("yes"))],
  ["with a pattern that no engine takes", "invalid_entry", withEntry(pattern("(?<=a)b"))],
  ["with nothing, in another epoch", "empty_replacement", complete([], { epoch: "epoch-2", version: 0 })]
]

function withForeignContent(): Changes {
  const content = JSON.stringify(on("checkout"))
  const stored = { ...store(on("search")), hash: hashEntry("flag", "search", content), content }
  return { head: headOf([stored], next), complete: true, entries: [stored] }
}

function ruleValue(value: string): Partial<FlagEntry> {
  return { rules: [{ key: "all", strategy: "forced_value", conditions: [], value }] }
}

function pattern(pattern: string): Partial<FlagEntry> {
  const conditions = [{ attribute: "plan", operator: "regex", pattern } as const]
  return { rules: [{ key: "all", strategy: "forced_value", conditions, value: true }] }
}

describe("a snapshot", () => {
  for (const [what, reason, answer] of refusals) {
    it.effect(`${what} is refused whole: ${reason}`, () =>
      Effect.gen(function*() {
        const { feed, node } = yield* serving
        feed.published.put(on("search"))
        feed.answer(Effect.succeed(answer))
        const { digest, verifiedAge } = node.cache.health()
        yield* TestClock.adjust("30 seconds")
        const health = node.cache.health()
        assertServes(node, { checkout: true, search: false })
        assert.deepInclude(node.cache.provenance(), { version: 1, source: "live" })
        assert.strictEqual(health.digest, digest)
        assert.isAbove(health.verifiedAge ?? 0, (verifiedAge ?? 0) + 7000)
        assert.isAbove(health.counts.refused, 0)
        assert.strictEqual(health.refresh.lastError?.reason, reason)
        assert.strictEqual(eventsOf(node, "SnapshotRefused")[0]?.reason, reason)
        assert.strictEqual(eventsOf(node, "RefreshFailed")[0]?.reason, reason)

        feed.answer(undefined)
        yield* TestClock.adjust("30 seconds")
        assertServes(node, { checkout: true, search: true })
        assert.isNull(node.cache.health().refresh.lastError)
      }))
  }

  it.effect("whose entries are of no known kind is refused whole", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      // @ts-expect-error a feed written without types
      feed.answer(Effect.succeed({ ...good, entries: good.entries.map((entry) => ({ ...entry, kind: "segment" })) }))
      yield* TestClock.adjust("30 seconds")
      assertServes(node, { checkout: true, search: false })
      assert.strictEqual(node.cache.health().refresh.lastError?.reason, "invalid_entry")
    }))

  it.effect("that was refused for an hour becomes stale, and is still served", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.answer(Effect.succeed(complete([], { environment: "dev" })))
      yield* TestClock.adjust("1 hour")
      assertServes(node, { checkout: true, search: false })
      assert.isTrue(node.cache.provenance().stale)
    }))

  it.effect("may become empty inside its epoch, when everything was archived", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.published.publish({ remove: [{ kind: "flag", key: "checkout" }, { kind: "flag", key: "search" }] })
      yield* TestClock.adjust("23 seconds")
      assertServes(node, { checkout: false, search: false })
      assert.strictEqual(node.cache.health().flags, 0)
      assert.isFalse(node.cache.provenance().stale)
    }))

  it.effect("of another epoch is accepted, also with a lower version, and is counted and reported", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      for (let version = 2; version < 50; version++) feed.published.put(on("search"))
      yield* TestClock.adjust("23 seconds")
      feed.published.restore("epoch-2", 7, [off("checkout"), on("banner")])
      yield* TestClock.adjust("23 seconds")
      assertServes(node, { checkout: false, search: false, banner: true })
      assert.deepInclude(node.cache.provenance(), { epoch: "epoch-2", version: 7, stale: false })
      assert.strictEqual(node.cache.health().counts.epochs, 1)
      assert.deepInclude(eventsOf(node, "EpochChanged")[0], {
        from: "epoch-1",
        fromVersion: 49,
        to: "epoch-2",
        toVersion: 7
      })
    }))
})

describe("changes that do not add up", () => {
  const damages: Readonly<Record<string, (changes: Changes) => Changes>> = {
    "because an entry is missing": (changes) => ({ ...changes, entries: [] }),
    "because an entry is damaged": (changes) => ({
      ...changes,
      entries: changes.entries.map((entry) => ({ ...entry, content: "{}" }))
    }),
    "because they are of another snapshot": (changes) => ({ ...changes, head: { ...changes.head, epoch: "epoch-2" } }),
    "because a removal is lost": (changes) => ({
      ...changes,
      entries: changes.entries.filter(({ content }) => content !== null)
    })
  }

  for (const [why, damage] of Object.entries(damages)) {
    it.effect(`${why} are followed by everything, at once`, () =>
      Effect.gen(function*() {
        const { feed, node } = yield* serving
        feed.published.publish({ put: [off("checkout")], remove: [{ kind: "flag", key: "search" }] })
        feed.answerNext((held) => Effect.map(feed.truth(held), damage))
        const calls = feed.calls.length
        yield* TestClock.adjust("23 seconds")
        assert.strictEqual(node.cache.provenance().version, 2)
        assertServes(node, { checkout: false })
        assert.strictEqual(node.cache.health().flags, 1)
        assert.deepStrictEqual(feed.calls.slice(calls, calls + 2).map((held) => held?.version), [1, undefined])
        assert.strictEqual(node.cache.health().refresh.failures, 0)
        assert.strictEqual(node.cache.health().counts.refused, 1)
      }))

    it.effect(`${why} are refused if everything does not add up either`, () =>
      Effect.gen(function*() {
        const { feed, node } = yield* serving
        feed.published.publish({ put: [off("checkout")], remove: [{ kind: "flag", key: "search" }] })
        const truncated = (changes: Changes): Changes => ({ ...changes, entries: [] })
        feed.answer((held) => Effect.map(feed.truth(held), held === undefined ? truncated : damage))
        yield* TestClock.adjust("30 seconds")
        assertServes(node, { checkout: true, search: false })
        assert.strictEqual(node.cache.provenance().version, 1)
        assert.strictEqual(node.cache.health().refresh.lastError?.reason, "count_mismatch")
      }))
  }

  it.effect("are also suspected when the version is the same but the digest is not", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.published.restore("epoch-1", 1, [off("checkout"), on("search")])
      const calls = feed.calls.length
      yield* TestClock.adjust("23 seconds")
      assertServes(node, { checkout: false, search: true })
      assert.deepStrictEqual(feed.calls.slice(calls, calls + 2).map((held) => held?.version), [1, undefined])
    }))
})

describe("a change", () => {
  it.effect("makes removed flags disappear", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      feed.announce(feed.published.publish({ remove: [{ kind: "flag", key: "checkout" }] }))
      yield* happens(() => node.cache.provenance().version === 2)
      assertServes(node, { checkout: false })
      assert.deepStrictEqual([...node.rulestead.decisionsUnsafe({}).keys()], ["search"])
    }))

  it.effect("of an audience is a change of the flags that use it, and of no others", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      const pro = { attributes: { plan: "pro" } }
      feed.announce(feed.published.put(planAudience("payers", "free"), onFor("reports", "payers")))
      yield* happens(() => node.cache.provenance().version === 2)
      assert.isFalse(node.rulestead.enabledUnsafe("reports", pro))
      const checkout = node.cache.find("checkout")
      feed.announce(feed.published.put(planAudience("payers", "pro")))
      yield* happens(() => node.cache.provenance().version === 3)
      assert.isTrue(node.rulestead.enabledUnsafe("reports", pro))
      assert.strictEqual(node.cache.find("checkout"), checkout)
    }))

  it.effect("that takes an audience away switches its rules off", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      const pro = { attributes: { plan: "pro" } }
      feed.announce(feed.published.put(planAudience("payers", "pro"), onFor("reports", "payers")))
      yield* happens(() => node.rulestead.enabledUnsafe("reports", pro))
      feed.announce(feed.published.publish({ remove: [{ kind: "audience", key: "payers" }] }))
      yield* happens(() => !node.rulestead.enabledUnsafe("reports", pro))
      feed.announce(feed.published.put(planAudience("payers", "pro")))
      yield* happens(() => node.rulestead.enabledUnsafe("reports", pro))
    }))

  it.effect("is one step: nobody sees a part of it", () =>
    Effect.gen(function*() {
      const { feed, node } = yield* serving
      const keys = Array.from({ length: 200 }, (_, index) => `flag-${index}`)
      const seen = new Set<string>()
      const look = () =>
        seen.add(
          `${node.cache.provenance().version}: ${keys.filter((key) => node.rulestead.enabledUnsafe(key, {})).length}`
        )
      for (let version = 2; version < 10; version++) {
        feed.announce(feed.published.put(...keys.map(version % 2 === 0 ? on : off)))
        yield* happens(() => {
          look()
          return node.cache.provenance().version === version
        })
      }
      const whole = ["1: 0", ...Array.from({ length: 8 }, (_, index) => `${index + 2}: ${index % 2 === 0 ? 200 : 0}`)]
      assert.deepStrictEqual([...seen], whole)
    }))
})
