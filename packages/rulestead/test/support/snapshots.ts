/** Snapshots whose every byte follows from a few numbers, so that another process can tell whether one is whole. */
import { adjustDigest, emptyDigest, hashEntry, type StoredEntry } from "rulestead/Snapshot"
import type { Changes } from "rulestead/SnapshotFeed"

export interface Numbers {
  readonly version: number
  readonly environment?: string
  readonly epoch?: string
  readonly flags?: number
  /** Characters of each entry. */
  readonly size?: number
}

export const complete = (
  { environment = "prod", epoch = "epoch-1", flags = 2, size = 10, version }: Numbers
): Changes => {
  const entries = Array.from({ length: flags }, (_, index): StoredEntry => {
    const key = `flag-${index}`
    const content = JSON.stringify({ key, environment, epoch, version, text: "x".repeat(size) })
    return { kind: "flag", key, version, hash: hashEntry("flag", key, content), content }
  })
  return {
    complete: true,
    head: {
      schemaVersion: 1,
      environment,
      epoch,
      version,
      digest: adjustDigest(emptyDigest, { removed: [], added: entries.map(({ hash }) => hash) }),
      entries: flags,
      publishedAt: version
    },
    entries
  }
}
