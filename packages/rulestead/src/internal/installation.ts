/**
 * What was fetched, verified and compiled, ready to be served: long work in slices, and then one short step.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { compileAudience, type CompiledAudience } from "../Evaluator.ts"
import { adjustDigest, type Head, type Kind, type StoredEntry } from "../Snapshot.ts"
import type { Changes } from "../SnapshotFeed.ts"
import * as CompiledFlag from "./compiledFlag.ts"
import * as Entries from "./entries.ts"
import * as Slices from "./slices.ts"
import { type IndexEntry, SnapshotIndex } from "./snapshotIndex.ts"

export interface Installation {
  readonly head: Head
  /** The flags that decide differently from now on. */
  readonly changed: ReadonlyArray<string>
  /** The flags that are gone. */
  readonly removed: ReadonlyArray<string>
  /** Puts everything in place, in one step, and answers the index to serve from. */
  readonly commit: () => SnapshotIndex
}

/** All of a snapshot, built beside the one that is held. What is the same in both is not compiled again. */
export const complete = Effect.fnUntraced(function*(held: SnapshotIndex, changes: Changes, keepContent: boolean) {
  const index = new SnapshotIndex()
  const { puts } = yield* prepare(index, held, changes, keepContent)
  yield* Slices.forEach(puts, (entry) => index.put(entry))
  index.digest = changes.head.digest
  return {
    head: changes.head,
    changed: changedBy(puts, held),
    removed: held.flags.keys().filter((key) => !index.flags.has(key)).toArray(),
    commit: () => index
  } satisfies Installation
})

/** What changed, to be put into the snapshot that is held. The commit costs what changed, not what exists. */
export const delta = Effect.fnUntraced(function*(index: SnapshotIndex, changes: Changes, keepContent: boolean) {
  const { puts, removes } = yield* prepare(index, index, changes, keepContent)
  return {
    head: changes.head,
    changed: changedBy(puts, index),
    removed: removes.flatMap(({ key, kind }) => kind === "flag" ? [key] : []),
    commit: () => {
      for (const entry of puts) index.put(entry)
      for (const { key, kind } of removes) index.remove(kind, key)
      index.digest = changes.head.digest
      return index
    }
  } satisfies Installation
})

const changedBy = (puts: ReadonlyArray<IndexEntry>, held: SnapshotIndex): ReadonlyArray<string> =>
  puts.flatMap((entry) =>
    entry.kind === "flag" && held.flags.get(entry.held.key) !== entry.compiled ? [entry.held.key] : []
  )

interface Prepared {
  readonly puts: ReadonlyArray<IndexEntry>
  /** Entries of the base that are gone. */
  readonly removes: ReadonlyArray<StoredEntry>
}

const prepare = Effect.fnUntraced(function*(
  base: SnapshotIndex,
  known: SnapshotIndex,
  { entries, head }: Changes,
  keepContent: boolean
): Effect.fn.Return<Prepared, Entries.Refusal> {
  const { audience, flag } = yield* sort(entries)
  const stage = new Stage(base, known, keepContent)
  yield* Slices.forEach(audience.values(), (stored) => stage.audience(stored))
  yield* Slices.forEach(flag.values(), (stored) => stage.flag(stored))
  yield* Slices.forEach(stage.dependents(flag), (key) => stage.recompile(key))
  if (stage.size !== head.entries) {
    return yield* Effect.fail(
      Entries.refusal("count_mismatch", `there are ${stage.size} entries, and should be ${head.entries}`)
    )
  }
  if ((yield* sum(base.digest, stage.hashes)) !== head.digest) {
    return yield* Effect.fail(
      Entries.refusal("digest_mismatch", "the entries do not have the digest of the snapshot")
    )
  }
  return stage
})

/** What a digest becomes. */
const sum = Effect.fnUntraced(function*(digest: string, { added, removed }: Stage["hashes"]) {
  yield* Slices.forEach(Arr.chunksOf(removed, batch), (removed) => {
    digest = adjustDigest(digest, { removed, added: [] })
    return undefined
  })
  yield* Slices.forEach(Arr.chunksOf(added, batch), (added) => {
    digest = adjustDigest(digest, { removed: [], added })
    return undefined
  })
  return digest
})

/** How many hashes are added up at a time. */
const batch = 100

/** The entries by kind and key; of several for the same key, the last. */
const sort = Effect.fnUntraced(function*(entries: ReadonlyArray<StoredEntry>) {
  const sorted: Record<Kind, Map<string, StoredEntry>> = { flag: new Map(), audience: new Map() }
  yield* Slices.forEach(entries, (stored) => {
    const kind = Entries.kindOf(stored)
    if (kind === undefined) return Entries.refusal("invalid_entry", "an entry is neither a flag nor an audience")
    sorted[kind].set(stored.key, stored)
    return undefined
  })
  return sorted
})

/** Changes of `base`, as far as they were verified and compiled; what `known` has compiled already is taken from there. */
class Stage implements Prepared {
  readonly puts: Array<IndexEntry> = []
  readonly removes: Array<StoredEntry> = []
  readonly hashes = { removed: Array<string>(), added: Array<string>() }
  private readonly base: SnapshotIndex
  private readonly known: SnapshotIndex
  private readonly keepContent: boolean
  private readonly audiences = new Map<string, CompiledAudience | undefined>()

  constructor(base: SnapshotIndex, known: SnapshotIndex, keepContent: boolean) {
    this.base = base
    this.known = known
    this.keepContent = keepContent
  }

  audience(stored: StoredEntry): Entries.Refusal | undefined {
    this.replace(stored)
    this.audiences.set(stored.key, undefined)
    if (!Entries.isPresent(stored)) return undefined
    const known = this.known.audience(stored.key)
    if (known?.held.hash === stored.hash) return this.putAudience(again(stored, known.held), known.compiled)
    const entry = Entries.verifyAudience(stored)
    if (Result.isFailure(entry)) return entry.failure
    return this.putAudience(this.hold(stored), compileAudience(entry.success))
  }

  /** To be called when the audiences are complete. */
  flag(stored: StoredEntry): Entries.Refusal | undefined {
    this.replace(stored)
    if (!Entries.isPresent(stored)) return undefined
    const known = this.known.flag(stored.key)
    if (known?.held.hash === stored.hash) {
      const compiled = this.isCurrent(known.compiled) ? known.compiled : known.compiled.against(this.audienceOf)
      this.puts.push({ ...known, held: again(stored, known.held), compiled })
      return undefined
    }
    const entry = Entries.verifyFlag(stored)
    if (Result.isFailure(entry)) return entry.failure
    const { content } = stored
    const compiled = CompiledFlag.make(entry.success, () => Entries.readFlag(content), this.audienceOf)
    this.puts.push({ kind: "flag", held: this.hold(stored), compiled })
    return undefined
  }

  /** The flags of the base that did not change themselves, but use an audience that did. */
  dependents(flags: ReadonlyMap<string, StoredEntry>): Iterable<string> {
    const keys = new Set<string>()
    for (const [audience, compiled] of this.audiences) {
      if (compiled === this.base.audiences.get(audience)) continue
      for (const user of this.base.usersOf(audience)) {
        if (!flags.has(user)) keys.add(user)
      }
    }
    return keys
  }

  recompile(key: string): undefined {
    const known = this.base.flag(key)
    if (known !== undefined) this.puts.push({ ...known, compiled: known.compiled.against(this.audienceOf) })
  }

  /** How many entries there will be. */
  get size(): number {
    return this.base.size - this.hashes.removed.length + this.hashes.added.length
  }

  private replace(stored: StoredEntry): void {
    const before = this.base.entry(stored.kind, stored.key)
    if (before !== undefined) this.hashes.removed.push(before.hash)
    if (Entries.isPresent(stored)) this.hashes.added.push(stored.hash)
    else if (before !== undefined) this.removes.push(before)
  }

  private putAudience(held: StoredEntry, compiled: CompiledAudience): undefined {
    this.audiences.set(held.key, compiled)
    this.puts.push({ kind: "audience", held, compiled })
  }

  private isCurrent({ audiences }: CompiledFlag.CompiledFlag): boolean {
    return audiences.every((key) => this.audienceOf(key) === this.known.audiences.get(key))
  }

  private readonly audienceOf = (key: string): CompiledAudience | undefined =>
    this.audiences.has(key) ? this.audiences.get(key) : this.base.audiences.get(key)

  private hold(stored: StoredEntry): StoredEntry {
    return this.keepContent ? stored : { ...stored, content: null }
  }
}

/** The same entry, fetched again: what was verified of it stays. */
const again = (stored: StoredEntry, { content }: StoredEntry): StoredEntry => ({ ...stored, content })
