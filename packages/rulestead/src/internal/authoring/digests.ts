/**
 * The digest of the next snapshot. The hashes that it is made of come from rows, which may have been written by anybody.
 */
import * as Effect from "effect/Effect"
import { adjustDigest, type Head } from "../../Snapshot.ts"
import type { HashedEntry } from "../../StoreBackend.ts"
import { StoreUnavailable } from "../../StoreError.ts"

/** The entries that a commit takes out of the set, and those that it puts in. */
export interface Change {
  readonly removed: ReadonlyArray<HashedEntry>
  readonly added: ReadonlyArray<HashedEntry>
}

/** The digest of the head after the change; a failure that names the first hash that is none. */
export const adjust = (
  { digest, environment }: Pick<Head, "digest" | "environment">,
  { added, removed }: Change
): Effect.Effect<string, StoreUnavailable> => {
  if (!isHash(digest)) return refuse(environment, "a digest")
  const broken = [...removed, ...added].find(({ hash }) => !isHash(hash))
  return broken === undefined
    ? Effect.succeed(adjustDigest(digest, { removed: removed.map(hashOf), added: added.map(hashOf) }))
    : refuse(environment, `the ${broken.kind} ${broken.key} with a hash`)
}

const hashOf = ({ hash }: HashedEntry): string => hash

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

const refuse = (environment: string, what: string): Effect.Effect<never, StoreUnavailable> =>
  Effect.fail(
    new StoreUnavailable({
      operation: "commit the snapshot",
      reason: "failed",
      detail: `the snapshot of ${environment} has ${what} that is no SHA-256 in hex`
    })
  )
