// The flags as a published snapshot, and a feed that serves it.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Snapshot from "rulestead/Snapshot"
import { type Changes, SnapshotFeed } from "rulestead/SnapshotFeed"
import type { Flag } from "../../flags.ts"
import { entry } from "./entries.ts"

export const environment = "prod"

export const stored = (entry: Snapshot.FlagEntry, version = 1): Snapshot.StoredEntry => {
  const content = JSON.stringify(entry)
  return { kind: "flag", key: entry.key, version, content, hash: Snapshot.hashEntry("flag", entry.key, content) }
}

export const complete = (entries: ReadonlyArray<Snapshot.StoredEntry>): Changes => ({
  head: {
    schemaVersion: Snapshot.schemaVersion,
    environment,
    epoch: "benchmark",
    version: 1,
    digest: Snapshot.adjustDigest(Snapshot.emptyDigest, { removed: [], added: entries.map(({ hash }) => hash) }),
    entries: entries.length,
    publishedAt: Date.UTC(2026, 0, 1)
  },
  complete: true,
  entries
})

/** One entry in place of another. */
export const delta = ({ head }: Changes, before: Snapshot.StoredEntry, after: Snapshot.StoredEntry): Changes => ({
  head: {
    ...head,
    version: head.version + 1,
    digest: Snapshot.adjustDigest(head.digest, { removed: [before.hash], added: [after.hash] })
  },
  complete: false,
  entries: [after]
})

/** What is served may be replaced; whoever asks next gets it. */
export interface Feed {
  changes: Changes
}

export const layer = (feed: Feed): Layer.Layer<SnapshotFeed> =>
  Layer.succeed(SnapshotFeed, {
    changesSince: (_, held) =>
      Effect.sync(() =>
        held?.version === feed.changes.head.version ? { ...feed.changes, complete: false, entries: [] } : feed.changes
      ),
    announcements: () => Stream.never
  })

export const snapshotOf = (flags: ReadonlyArray<Flag>): Changes => complete(flags.map((flag) => stored(entry(flag))))
