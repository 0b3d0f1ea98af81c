/**
 * How publishers sign: the hash of the set of entries follows what each commit changes, beginning from what was signed
 * before.
 *
 * The rows are not trusted. A snapshot whose signature does not hold is not gone on from, so that nothing that was smuggled
 * into it is ever signed; `Publisher.sign` is what makes a beginning, from whatever the rows are then.
 */
import * as Effect from "effect/Effect"
import { emptyDigest, type Head } from "../../Snapshot.ts"
import * as SnapshotSigning from "../../SnapshotSigning.ts"
import type { CommittedHead, HashedEntry } from "../../StoreBackend.ts"
import { StoreUnavailable } from "../../StoreError.ts"
import * as Seal from "../seal.ts"
import * as SetHash from "../setHash.ts"
import * as Slices from "../slices.ts"
import * as Digests from "./digests.ts"
import type { Backend } from "./rows.ts"

/** The next head, signed if it is to be signed, and if the one before it is what was signed. */
export const extend = Effect.fnUntraced(function*(
  backend: Backend,
  head: Head,
  next: Head,
  { added, removed }: Digests.Change
): Effect.fn.Return<CommittedHead, StoreUnavailable> {
  const signing = yield* SnapshotSigning.Current
  if (signing === undefined) {
    return head.signature === undefined ? next : yield* refuse(head, "is signed, and this publisher has no key to sign")
  }
  const kept = SetHash.fromText((yield* backend.snapshots.setHash(head.environment)) ?? "")
  const isSigned = kept !== undefined && head.signature !== undefined &&
    signing.verify(Seal.digestOf(head, kept), head.signature)
  if (!isSigned) return yield* refuse(head, "is not signed with a key of this publisher")
  if (removed.some(({ version }) => version > head.version)) return yield* refuse(head, "has entries of the future")
  const sum = new SetHash.Sum(kept)
  yield* Slices.forEach<HashedEntry, never>(removed, (entry) => {
    sum.remove(Seal.elementOf(entry))
    return undefined
  })
  yield* Slices.forEach<HashedEntry, never>(added, (entry) => {
    sum.add(Seal.elementOf(entry))
    return undefined
  })
  return sign(signing, next, sum.hash)
})

/** The next head over the entries as they are, counted anew, signed by whoever has a key. */
export const begin = Effect.fnUntraced(function*(
  backend: Backend,
  next: Head
): Effect.fn.Return<CommittedHead, StoreUnavailable> {
  const signing = yield* SnapshotSigning.Current
  const sum = new SetHash.Sum(SetHash.empty)
  let digest = emptyDigest
  let entries = 0
  let after: HashedEntry | undefined
  do {
    const page = yield* backend.snapshots.page(next.environment, after)
    yield* Slices.forEach<HashedEntry, never>(page, (entry) => {
      sum.add(Seal.elementOf(entry))
      return undefined
    })
    digest = yield* Digests.adjust({ ...next, digest }, { removed: [], added: page })
    entries += page.length
    after = page.at(-1)
  } while (after !== undefined)
  const counted = { ...next, digest, entries }
  return signing === undefined ? counted : sign(signing, counted, sum.hash)
})

const sign = (signing: SnapshotSigning.Signing, head: Head, entries: SetHash.SetHash): CommittedHead => ({
  ...head,
  signature: signing.sign(Seal.digestOf(head, entries)),
  setHash: SetHash.toText(entries)
})

const refuse = ({ environment }: Head, why: string): Effect.Effect<never, StoreUnavailable> =>
  Effect.fail(
    new StoreUnavailable({
      operation: "sign the snapshot",
      reason: "signature",
      detail: `the snapshot of ${environment} ${why}`
    })
  )
