/**
 * What the signature of a snapshot is over: the head, and the set of its entries.
 *
 * Only heads are signed. The head's digest could not stand for the entries (see `setHash.ts`), and signatures of single
 * entries could not either: each would stay good for ever, so that entries of different versions could be put together as
 * somebody likes. A hash of the whole set leaves nothing to choose, costs a publisher what it changes, and a node one
 * verification.
 *
 * An element of the set has the version that brought it. A publisher takes what it replaces from rows that it cannot
 * trust; with the version, which only grows, nothing that it takes out by mistake can ever be put in again, so a set that
 * was led astray belongs to no entries that anybody could show.
 */
import { hash } from "node:crypto"
import type { Head, StoredEntry } from "../Snapshot.ts"
import * as SetHash from "./setHash.ts"

/** An entry, as an element of the set. Its hash stands for the content. */
export const elementOf = (
  { hash, key, kind, version }: Pick<StoredEntry, "kind" | "key" | "version" | "hash">
): string => JSON.stringify([kind, key, version, hash])

/** What is signed: everything that a head says, and the set of its entries. */
export const digestOf = (head: Head, entries: SetHash.SetHash): Buffer =>
  hash(
    "sha256",
    JSON.stringify([
      head.schemaVersion,
      head.environment,
      head.epoch,
      head.version,
      head.digest,
      head.entries,
      head.publishedAt,
      SetHash.toText(entries)
    ]),
    "buffer"
  )
