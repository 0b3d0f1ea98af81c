/**
 * What a publisher would have committed, made by hand: entries, heads, and what changed between two versions.
 */
import {
  adjustDigest,
  type AudienceEntry,
  emptyDigest,
  type FlagEntry,
  hashEntry,
  type Head,
  type StoredEntry
} from "rulestead/Snapshot"
import type { Changes, Held } from "rulestead/SnapshotFeed"

export const flagEntry = (key: string, fields: Partial<FlagEntry> = {}): FlagEntry => ({
  key,
  valueType: "boolean",
  defaultValue: false,
  rulesetVersion: 1,
  hashVersion: 1,
  rules: [],
  ...fields
})

/** A boolean flag that is on for everybody. */
export const on = (key: string): FlagEntry =>
  flagEntry(key, { rules: [{ key: "all", strategy: "forced_value", conditions: [], value: true }] })

/** A boolean flag that is off for everybody. */
export const off = (key: string): FlagEntry => flagEntry(key)

/** A boolean flag that is on for the members of an audience. */
export const onFor = (key: string, audience: string): FlagEntry =>
  flagEntry(key, { rules: [{ key: "members", strategy: "segment_match", conditions: [], audience, value: true }] })

/** The audience of those on a plan. */
export const planAudience = (key: string, plan: string): AudienceEntry => ({
  key,
  definition: { conditions: [{ attribute: "plan", operator: "equals", value: plan }] }
})

export const store = (entry: FlagEntry | AudienceEntry, version = 1): StoredEntry => {
  const kind = "definition" in entry ? "audience" : "flag"
  const content = JSON.stringify(entry)
  return { kind, key: entry.key, version, hash: hashEntry(kind, entry.key, content), content }
}

export const headOf = (entries: ReadonlyArray<StoredEntry>, fields: Partial<Head> = {}): Head => {
  const present = entries.filter(({ content }) => content !== null)
  return {
    schemaVersion: 1,
    environment: "prod",
    epoch: "epoch-1",
    version: 1,
    digest: adjustDigest(emptyDigest, { removed: [], added: present.map(({ hash }) => hash) }),
    entries: present.length,
    publishedAt: 1_764_000_000_000,
    ...fields
  }
}

/** A complete snapshot. */
export const complete = (
  entries: ReadonlyArray<FlagEntry | AudienceEntry>,
  fields: Partial<Head> = {}
): Changes => {
  const stored = entries.map((entry) => store(entry, fields.version))
  return { head: headOf(stored, fields), complete: true, entries: stored }
}

export interface Publication {
  readonly put?: ReadonlyArray<FlagEntry | AudienceEntry>
  readonly remove?: ReadonlyArray<{ readonly kind: "flag" | "audience"; readonly key: string }>
}

/** One environment of a store. */
export class Published {
  private epoch: string
  private version = 0
  private entries = new Map<string, StoredEntry>()

  constructor(epoch = "epoch-1") {
    this.epoch = epoch
  }

  /** Commits the next version and answers it. */
  publish({ put = [], remove = [] }: Publication): number {
    this.version++
    for (const entry of put) {
      const stored = store(entry, this.version)
      this.entries.set(`${stored.kind} ${stored.key}`, stored)
    }
    for (const { key, kind } of remove) {
      this.entries.set(`${kind} ${key}`, { kind, key, version: this.version, hash: "", content: null })
    }
    return this.version
  }

  put(...entries: ReadonlyArray<FlagEntry | AudienceEntry>): number {
    return this.publish({ put: entries })
  }

  /** The database as it was restored from a dump, in a new epoch. */
  restore(epoch: string, version: number, entries: ReadonlyArray<FlagEntry | AudienceEntry>): void {
    this.epoch = epoch
    this.version = version
    this.entries = new Map(entries.map((entry) => {
      const stored = store(entry, version)
      return [`${stored.kind} ${stored.key}`, stored]
    }))
  }

  head(): Head {
    return headOf([...this.entries.values()], { epoch: this.epoch, version: this.version })
  }

  changesSince(held: Held | undefined): Changes {
    const head = this.head()
    const all = [...this.entries.values()]
    if (held === undefined || held.epoch !== this.epoch || held.version > this.version) {
      return { head, complete: true, entries: all.filter(({ content }) => content !== null) }
    }
    return { head, complete: false, entries: all.filter(({ version }) => version > held.version) }
  }
}
