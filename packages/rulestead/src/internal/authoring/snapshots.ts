/**
 * How authored state becomes the next snapshot of an environment.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Snapshot from "../../Snapshot.ts"
import * as SnapshotSigning from "../../SnapshotSigning.ts"
import type { CommittedHead, HashedEntry } from "../../StoreBackend.ts"
import { StoreUnavailable } from "../../StoreError.ts"
import * as Content from "./content.ts"
import * as Digests from "./digests.ts"
import type { Backend } from "./rows.ts"
import * as Sealing from "./sealing.ts"

/** The head, held until the transaction ends: what is read after it stays true of this environment. */
const lockHead = Effect.fnUntraced(function*(backend: Backend, environment: string) {
  const head = yield* backend.snapshots.lock(environment)
  if (head !== undefined) return head
  return yield* new StoreUnavailable({
    operation: "read the snapshot head",
    reason: "failed",
    detail: `the environment ${environment} has none`
  })
})

/** The snapshot of a new environment: version 0, and where snapshots are signed, a version that is. */
export const create = Effect.fnUntraced(function*(backend: Backend, environment: string, at: number) {
  yield* backend.snapshots.create(environment, at)
  if ((yield* SnapshotSigning.Current) === undefined) return
  yield* commitAgain(backend, yield* lockHead(backend, environment))
})

/** What a command changes in the snapshot of an environment. */
export interface Change {
  readonly environment: string
  readonly entries: ReadonlyArray<Content.Wanted>
  /** Audiences that are to go unless something live uses them. */
  readonly left: ReadonlyArray<string>
}

/**
 * Commits changes, one after another, as the next version, and holds the head; where all entries are as wanted already, the
 * snapshot stays what it is.
 */
export const commit = Effect.fnUntraced(function*(
  backend: Backend,
  environment: string,
  changed: ReadonlyArray<Change>
) {
  const head = yield* lockHead(backend, environment)
  if (changed.length === 0) return head
  const version = head.version + 1
  const wanted = yield* wantedBy(backend, environment, changed)
  const changes = differences(wanted, yield* backend.snapshots.hashes(environment, wanted), version)
  if (changes.length === 0) return head
  const removed = changes.flatMap(({ before }) => before ?? [])
  const added = changes.flatMap(({ after }) => after.content === null ? [] : [after])
  const next: Snapshot.Head = {
    ...unsigned(head),
    schemaVersion: Snapshot.schemaVersion,
    version,
    digest: yield* Digests.adjust(head, { removed, added }),
    entries: head.entries - removed.length + added.length,
    publishedAt: yield* Clock.currentTimeMillis
  }
  const committed = yield* Sealing.extend(backend, head, next, { removed, added })
  yield* backend.snapshots.commit(committed, changes.map(({ after }) => after))
  return headOf(committed)
})

/**
 * Commits what is there once more, as the next version: counted anew, signed by whoever has a key, and unsigned by whoever
 * has none. It costs what there is.
 */
export const commitAgain = Effect.fnUntraced(function*(backend: Backend, head: Snapshot.Head) {
  const next = { ...unsigned(head), version: head.version + 1, publishedAt: yield* Clock.currentTimeMillis }
  const committed = yield* Sealing.begin(backend, next)
  yield* backend.snapshots.commit(committed, [])
  return headOf(committed)
})

const headOf = ({ setHash: _, ...head }: CommittedHead): Snapshot.Head => head

const unsigned = ({ signature: _, ...head }: Snapshot.Head): Snapshot.Head => head

/** The last word on each entry: as a command left it, and nothing where it is an audience that is not in use any more. */
const wantedBy = Effect.fnUntraced(function*(backend: Backend, environment: string, changes: ReadonlyArray<Change>) {
  const left = [...new Set(changes.flatMap(({ left }) => left))]
  const used = new Set(left.length === 0 ? [] : yield* backend.uses.among(environment, left))
  const wanted = [
    ...changes.flatMap(({ entries }) => entries),
    ...left.filter((key) => !used.has(key)).map((key) => Content.nothing("audience", key))
  ]
  return [...new Map(wanted.map((entry) => [idOf(entry), entry])).values()]
})

const idOf = ({ key, kind }: Pick<Content.Wanted, "key" | "kind">): string => `${kind} ${key}`

interface Difference {
  readonly before: HashedEntry | undefined
  readonly after: Snapshot.StoredEntry
}

const differences = (
  wanted: ReadonlyArray<Content.Wanted>,
  held: ReadonlyArray<HashedEntry>,
  version: number
): ReadonlyArray<Difference> => {
  const known = new Map(held.map((entry) => [idOf(entry), entry]))
  return wanted.flatMap((wanted) => {
    const { content, key, kind } = wanted
    const before = known.get(idOf(wanted))
    const hash = content === null ? "" : Snapshot.hashEntry(kind, key, content)
    return (before?.hash ?? "") === hash ? [] : [{ before, after: { ...wanted, version, hash } }]
  })
}
