/**
 * Which snapshots a node believes that was given keys: those that a holder of one of them has signed. Nothing is parsed
 * before that is known.
 */
import * as Effect from "effect/Effect"
import { hashEntry, type StoredEntry } from "../Snapshot.ts"
import type { Changes } from "../SnapshotFeed.ts"
import type { Verdict } from "./admission.ts"
import { isPresent, type Refusal, refusal } from "./entries.ts"
import * as Seal from "./seal.ts"
import * as SetHash from "./setHash.ts"
import type { Verify } from "./signature.ts"
import * as Slices from "./slices.ts"
import type { SnapshotIndex } from "./snapshotIndex.ts"

/** What is served: its entries, and the hash of their set, if signatures are asked for. */
export interface Held {
  readonly verify: Verify | undefined
  readonly index: SnapshotIndex
  readonly set: SetHash.SetHash
}

/** Answers the set that will be held, and refuses what is not signed. */
export const check = Effect.fnUntraced(function*(
  { index, set, verify }: Held,
  { entries, head }: Changes,
  verdict: Exclude<Verdict, Refusal>
): Effect.fn.Return<SetHash.SetHash, Refusal> {
  if (verify === undefined) return set
  const { signature } = head
  if (signature === undefined) return yield* unsigned("it is not signed")
  const next = verdict === "same"
    ? set
    : verdict === "delta"
    ? yield* changed(set, index, entries)
    : yield* all(entries)
  if (!verify(Seal.digestOf(head, next), signature)) {
    return yield* unsigned("it is not what was signed, or not with a key that is given here")
  }
  return next
})

const unsigned = (detail: string): Effect.Effect<never, Refusal> => Effect.fail(refusal("signature", detail))

const all = Effect.fnUntraced(function*(entries: ReadonlyArray<StoredEntry>) {
  const sum = new SetHash.Sum(SetHash.empty)
  yield* Slices.forEach(entries, adding(sum))
  return sum.hash
})

const changed = Effect.fnUntraced(
  function*(set: SetHash.SetHash, index: SnapshotIndex, entries: ReadonlyArray<StoredEntry>) {
    const sum = new SetHash.Sum(set)
    const add = adding(sum)
    yield* Slices.forEach(entries, (entry) => {
      const before = index.entry(entry.kind, entry.key)
      if (before !== undefined) sum.remove(Seal.elementOf(before))
      return add(entry)
    })
    return sum.hash
  }
)

/** Adds entries of which each comes once, and has the content that its hash says. */
const adding = (sum: SetHash.Sum): (entry: StoredEntry) => Refusal | undefined => {
  const seen = new Set<string>()
  return (entry) => {
    const name = `the ${entry.kind} ${entry.key}`
    if (seen.has(name)) return refusal("signature", `${name} comes twice`)
    seen.add(name)
    if (!isPresent(entry)) return undefined
    // Half a surrogate pair is hashed as another character.
    if (!entry.content.isWellFormed() || hashEntry(entry.kind, entry.key, entry.content) !== entry.hash) {
      return refusal("signature", `${name} does not have the content that was signed`)
    }
    sum.add(Seal.elementOf(entry))
    return undefined
  }
}
