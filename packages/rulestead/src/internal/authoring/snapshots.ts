/**
 * How authored state becomes the next snapshot of an environment.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Snapshot from "../../Snapshot.ts"
import type { StoredAudience } from "../../Store.ts"
import { StoreUnavailable } from "../../StoreError.ts"
import * as Content from "./content.ts"
import type { Backend } from "./rows.ts"

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

/** Commits the entries that are not yet as wanted; where all are, the snapshot stays what it is. */
export const commit = Effect.fnUntraced(function*(
  backend: Backend,
  head: Snapshot.Head,
  wanted: ReadonlyArray<Content.Wanted>
) {
  const changes = changesOf(wanted, yield* backend.snapshots.hashes(head.environment, wanted))
  if (changes.length === 0) return head
  const removed = changes.flatMap(({ before }) => before ?? [])
  const added = changes.flatMap(({ after }) => after ?? [])
  const next: Snapshot.Head = {
    ...head,
    schemaVersion: Snapshot.schemaVersion,
    version: head.version + 1,
    digest: Snapshot.adjustDigest(head.digest, { removed, added }),
    entries: head.entries - removed.length + added.length,
    publishedAt: yield* Clock.currentTimeMillis
  }
  const entries = changes.map(({ after, wanted }) => ({ ...wanted, version: next.version, hash: after ?? "" }))
  yield* backend.snapshots.commit(next, entries)
  return next
})

interface Change {
  readonly wanted: Content.Wanted
  readonly before: string | undefined
  readonly after: string | undefined
}

const changesOf = (
  wanted: ReadonlyArray<Content.Wanted>,
  held: ReadonlyArray<Pick<Snapshot.StoredEntry, "kind" | "key" | "hash">>
): ReadonlyArray<Change> =>
  wanted.flatMap((wanted) => {
    const { content, key, kind } = wanted
    const before = held.find((entry) => entry.kind === kind && entry.key === key)?.hash
    const after = content === null ? undefined : Snapshot.hashEntry(kind, key, content)
    return before === after ? [] : [{ wanted, before, after }]
  })

/**
 * Commits a flag's entry, and with it the audiences that come into use in the environment, and the end of those that
 * nothing there uses any more.
 */
export const commitFlag = Effect.fnUntraced(function*(
  backend: Backend,
  environment: string,
  flag: Content.Wanted,
  audiences: ReadonlyArray<StoredAudience>
) {
  const head = yield* lockHead(backend, environment)
  const before = yield* backend.uses.ofFlag(flag.key, environment)
  const after = audiences.map(({ key }) => key)
  yield* backend.uses.replace(flag.key, environment, after)
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
