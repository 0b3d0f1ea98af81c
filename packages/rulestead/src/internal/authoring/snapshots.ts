/**
 * How authored state becomes the next snapshot of an environment.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Snapshot from "../../Snapshot.ts"
import * as SnapshotSigning from "../../SnapshotSigning.ts"
import type { StoredAudience } from "../../Store.ts"
import type { CommittedHead, HashedEntry } from "../../StoreBackend.ts"
import { StoreUnavailable } from "../../StoreError.ts"
import * as Content from "./content.ts"
import * as Digests from "./digests.ts"
import type { Backend } from "./rows.ts"
import * as Sealing from "./sealing.ts"

/** The head, held until the transaction ends: what is read after it stays true of this environment. */
export const lockHead = Effect.fnUntraced(function*(backend: Backend, environment: string) {
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

/** Commits the entries that are not yet as wanted; where all are, the snapshot stays what it is. */
export const commit = Effect.fnUntraced(function*(
  backend: Backend,
  head: Snapshot.Head,
  wanted: ReadonlyArray<Content.Wanted>
) {
  const version = head.version + 1
  const changes = changesOf(wanted, yield* backend.snapshots.hashes(head.environment, wanted), version)
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

interface Change {
  readonly before: HashedEntry | undefined
  readonly after: Snapshot.StoredEntry
}

const changesOf = (
  wanted: ReadonlyArray<Content.Wanted>,
  held: ReadonlyArray<HashedEntry>,
  version: number
): ReadonlyArray<Change> =>
  wanted.flatMap((wanted) => {
    const { content, key, kind } = wanted
    const before = held.find((entry) => entry.kind === kind && entry.key === key)
    const hash = content === null ? "" : Snapshot.hashEntry(kind, key, content)
    return (before?.hash ?? "") === hash ? [] : [{ before, after: { ...wanted, version, hash } }]
  })

/** The audiences that a flag uses from now on. Left out, what its draft uses stays what it was. */
export interface Uses {
  readonly live: ReadonlyArray<StoredAudience>
  readonly draft?: ReadonlyArray<string>
}

/**
 * Commits a flag's entry, and with it the audiences that come into use in the environment, and the end of those that
 * nothing there uses any more.
 */
export const commitFlag = Effect.fnUntraced(function*(
  backend: Backend,
  environment: string,
  flag: Content.Wanted,
  { live: audiences, ...uses }: Uses
) {
  const after = audiences.map(({ key }) => key)
  const before = yield* backend.uses.replace(flag.key, environment, { ...uses, live: after })
  const head = yield* lockHead(backend, environment)
  const left = before.filter((key) => !after.includes(key))
  const used = left.length === 0 ? [] : yield* backend.uses.among(environment, left)
  const unused = left.filter((key) => !used.includes(key))
  return yield* commit(backend, head, [
    flag,
    ...audiences.map(Content.audience),
    ...unused.map((key) => Content.nothing("audience", key))
  ])
})

/** Commits an audience wherever it is in use. */
export const commitAudience = Effect.fnUntraced(function*(backend: Backend, audience: StoredAudience) {
  const environments = yield* backend.uses.environmentsOf(audience.key)
  for (const environment of environments.toSorted()) {
    const head = yield* lockHead(backend, environment)
    const used = yield* backend.uses.among(environment, [audience.key])
    if (used.length > 0) yield* commit(backend, head, [Content.audience(audience)])
  }
})
