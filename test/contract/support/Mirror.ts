/** What a node would hold: a snapshot fetched whole or followed change by change, verified after every step. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Evaluator from "rulestead/Evaluator"
import * as Snapshot from "rulestead/Snapshot"
import { type Changes, SnapshotFeed } from "rulestead/SnapshotFeed"

export interface Mirror {
  readonly head: Snapshot.Head
  readonly entries: ReadonlyMap<string, Snapshot.StoredEntry>
}

/** Everything there is. */
export const fetch = Effect.fnUntraced(function*(environment: string) {
  const changes = yield* SnapshotFeed.use((feed) => feed.changesSince(environment, undefined))
  assert.isTrue(changes.complete)
  return install(undefined, changes)
})

export const changesSince = (mirror: Mirror) =>
  SnapshotFeed.use((feed) => feed.changesSince(mirror.head.environment, mirror.head))

/** What changed since, which must not take a full fetch. */
export const follow = Effect.fnUntraced(function*(mirror: Mirror) {
  const changes = yield* changesSince(mirror)
  assert.isFalse(changes.complete)
  return install(mirror, changes)
})

export const install = (mirror: Mirror | undefined, { complete, entries, head }: Changes): Mirror => {
  const all = new Map(complete ? [] : mirror?.entries)
  for (const entry of entries) {
    const id = `${entry.kind} ${entry.key}`
    assert.isAtMost(entry.version, head.version)
    if (entry.content === null) {
      assert.strictEqual(entry.hash, "")
      all.delete(id)
    } else {
      assert.strictEqual(entry.hash, Snapshot.hashEntry(entry.kind, entry.key, entry.content))
      all.set(id, entry)
    }
  }
  const added = [...all.values()].map(({ hash }) => hash)
  assert.strictEqual(head.entries, added.length)
  assert.strictEqual(head.digest, Snapshot.adjustDigest(Snapshot.emptyDigest, { removed: [], added }))
  return { head, entries: all }
}

/** The entries by kind and key, each with its content as text. */
export const contents = ({ entries }: Mirror): ReadonlyMap<string, string | null> =>
  new Map([...entries].map(([id, { content }]) => [id, content]))

export const keys = ({ entries }: Mirror): ReadonlyArray<string> => [...entries.keys()].sort()

const decodeFlag = Schema.decodeUnknownEffect(Schema.fromJsonString(Snapshot.FlagEntry), { onExcessProperty: "error" })

const decodeAudience = Schema.decodeUnknownEffect(Schema.fromJsonString(Snapshot.AudienceEntry), {
  onExcessProperty: "error"
})

export const flagEntry = (mirror: Mirror, key: string) => decodeFlag(mirror.entries.get(`flag ${key}`)?.content)

export const audienceEntry = (mirror: Mirror, key: string) =>
  decodeAudience(mirror.entries.get(`audience ${key}`)?.content)

/** The flag, compiled as a node compiles it. */
export const compile = Effect.fnUntraced(function*(mirror: Mirror, key: string) {
  const audiences = yield* Effect.forEach(
    [...mirror.entries.values()].filter(({ kind }) => kind === "audience"),
    ({ content }) => decodeAudience(content)
  )
  const compiled = new Map(audiences.map((audience) => [audience.key, Evaluator.compileAudience(audience)]))
  return Evaluator.compileFlag(yield* flagEntry(mirror, key), compiled)
})
