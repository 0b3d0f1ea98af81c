/**
 * The snapshot of one environment, with the changes of its latest versions.
 */
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type * as PubSub from "effect/PubSub"
import type { Head, Kind, StoredEntry } from "../../Snapshot.ts"
import type { Announcement, Changes, Held } from "../../SnapshotFeed.ts"
import type { CommittedHead, HashedEntry } from "../../StoreBackend.ts"

export interface Snapshot {
  readonly head: Head
  readonly setHash: string | undefined
  readonly entries: HashMap.HashMap<string, StoredEntry>
  /** What each remembered version changed. */
  readonly log: HashMap.HashMap<number, ReadonlyArray<StoredEntry>>
  readonly announcements: PubSub.PubSub<Announcement>
}

const idOf = ({ key, kind }: { readonly kind: Kind; readonly key: string }): string => `${kind} ${key}`

export const empty = (head: Head, announcements: PubSub.PubSub<Announcement>): Snapshot => ({
  head,
  setHash: undefined,
  entries: HashMap.empty(),
  log: HashMap.empty(),
  announcements
})

export const commit = (
  snapshot: Snapshot,
  { setHash, ...head }: CommittedHead,
  entries: ReadonlyArray<StoredEntry>,
  retention: number
): Snapshot => ({
  ...snapshot,
  head,
  setHash,
  entries: entries.reduce(
    (all, entry) => entry.content === null ? HashMap.remove(all, idOf(entry)) : HashMap.set(all, idOf(entry), entry),
    snapshot.entries
  ),
  log: HashMap.remove(HashMap.set(snapshot.log, head.version, entries), head.version - retention)
})

export const hashes = (
  { entries }: Snapshot,
  wanted: ReadonlyArray<{ readonly kind: Kind; readonly key: string }>
): ReadonlyArray<HashedEntry> => wanted.flatMap((entry) => Option.toArray(HashMap.get(entries, idOf(entry))))

/** All in one page. */
export const page = ({ entries }: Snapshot, after: HashedEntry | undefined): ReadonlyArray<HashedEntry> =>
  after === undefined ? [...HashMap.values(entries)] : []

export const changesSince = ({ entries, head, log }: Snapshot, held: Held | undefined, retention: number): Changes => {
  const isRemembered = held !== undefined &&
    held.epoch === head.epoch &&
    held.version <= head.version &&
    held.version >= head.version - retention
  if (!isRemembered) return { head, complete: true, entries: [...HashMap.values(entries)] }
  const latest = new Map<string, StoredEntry>()
  for (let version = held.version + 1; version <= head.version; version++) {
    for (const entry of Option.getOrElse(HashMap.get(log, version), () => [])) latest.set(idOf(entry), entry)
  }
  return { head, complete: false, entries: [...latest.values()] }
}
