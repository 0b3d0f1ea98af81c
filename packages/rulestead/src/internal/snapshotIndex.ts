/**
 * The flags and audiences of one snapshot, compiled, and what it takes to change them one by one.
 */
import type { CompiledAudience, CompiledFlag } from "../Evaluator.ts"
import { emptyDigest, type Kind, type StoredEntry } from "../Snapshot.ts"

/** `held` is the entry as it was fetched; its content is there only for a backup. */
export interface IndexedFlag {
  readonly kind: "flag"
  readonly held: StoredEntry
  readonly compiled: CompiledFlag
}

export interface IndexedAudience {
  readonly kind: "audience"
  readonly held: StoredEntry
  readonly compiled: CompiledAudience
}

export type IndexEntry = IndexedFlag | IndexedAudience

/** Changes are made in place, so nobody may hold on to what is in here across a turn of the event loop. */
export class SnapshotIndex {
  readonly flags = new Map<string, CompiledFlag>()
  readonly audiences = new Map<string, CompiledAudience>()
  private readonly held = { flag: new Map<string, StoredEntry>(), audience: new Map<string, StoredEntry>() }
  private readonly users = new Map<string, Set<string>>()
  /** What the entries add up to. */
  digest = emptyDigest

  /** How many entries there are. */
  get size(): number {
    return this.held.flag.size + this.held.audience.size
  }

  /** All entries as they were fetched. */
  entries(): ReadonlyArray<StoredEntry> {
    return [...this.held.audience.values(), ...this.held.flag.values()]
  }

  entry(kind: Kind, key: string): StoredEntry | undefined {
    return this.held[kind].get(key)
  }

  audience(key: string): IndexedAudience | undefined {
    const compiled = this.audiences.get(key)
    const held = this.held.audience.get(key)
    return compiled === undefined || held === undefined ? undefined : { kind: "audience", held, compiled }
  }

  flag(key: string): IndexedFlag | undefined {
    const compiled = this.flags.get(key)
    const held = this.held.flag.get(key)
    return compiled === undefined || held === undefined ? undefined : { kind: "flag", held, compiled }
  }

  /** The flags whose rules refer to an audience. */
  usersOf(audience: string): Iterable<string> {
    return this.users.get(audience) ?? []
  }

  put(entry: IndexEntry): undefined {
    const { kind, held } = entry
    this.held[kind].set(held.key, held)
    if (entry.kind === "audience") {
      this.audiences.set(held.key, entry.compiled)
      return undefined
    }
    this.forgetUses(held.key)
    this.flags.set(held.key, entry.compiled)
    for (const audience of entry.compiled.audiences) {
      const users = this.users.get(audience)
      if (users === undefined) this.users.set(audience, new Set([held.key]))
      else users.add(held.key)
    }
    return undefined
  }

  remove(kind: Kind, key: string): void {
    this.held[kind].delete(key)
    if (kind === "audience") {
      this.audiences.delete(key)
      return
    }
    this.forgetUses(key)
    this.flags.delete(key)
  }

  private forgetUses(flag: string): void {
    for (const audience of this.flags.get(flag)?.audiences ?? []) {
      const users = this.users.get(audience)
      users?.delete(flag)
      if (users?.size === 0) this.users.delete(audience)
    }
  }
}
