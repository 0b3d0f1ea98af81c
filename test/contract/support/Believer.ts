/** What a node with keys makes of a feed: it follows what is signed, and says why it does not follow. */
import * as Effect from "effect/Effect"
import type { SigningKey } from "rulestead/SigningKey"
import type { Head } from "rulestead/Snapshot"
import { type Changes, SnapshotFeed } from "rulestead/SnapshotFeed"
import * as Admission from "../../../packages/rulestead/src/internal/admission.ts"
import * as Authenticity from "../../../packages/rulestead/src/internal/authenticity.ts"
import * as Installation from "../../../packages/rulestead/src/internal/installation.ts"
import * as SetHash from "../../../packages/rulestead/src/internal/setHash.ts"
import * as Signature from "../../../packages/rulestead/src/internal/signature.ts"
import { SnapshotIndex } from "../../../packages/rulestead/src/internal/snapshotIndex.ts"

export interface Believer {
  /** Looks at the feed: the version that is held then, or why it is not. */
  readonly look: Effect.Effect<number | string, never, SnapshotFeed>
  readonly take: (changes: Changes) => Effect.Effect<number | string>
}

/** Holds nothing yet. */
export const make = Effect.fnUntraced(function*(environment: string, ...keys: ReadonlyArray<SigningKey>) {
  const verify = yield* Effect.orDie(Signature.makeVerify(keys, "snapshot", { subject: "test", path: [] }))
  let head: Head | undefined
  let index = new SnapshotIndex()
  let set = SetHash.empty

  const install = Effect.fnUntraced(function*(changes: Changes) {
    const verdict = Admission.judge(environment, head, changes)
    if (typeof verdict !== "string") return yield* Effect.fail(verdict)
    const next = yield* Authenticity.check({ index, set, verify }, changes, verdict)
    if (verdict === "same") return changes.head.version
    const { commit } = yield* (verdict === "delta" ? Installation.delta : Installation.complete)(index, changes, false)
    index = commit()
    set = next
    head = changes.head
    return head.version
  })

  const take = (changes: Changes): Effect.Effect<number | string> =>
    Effect.catch(install(changes), ({ reason }) => Effect.succeed(reason))

  const believer: Believer = {
    take,
    look: SnapshotFeed.use((feed) => feed.changesSince(environment, head)).pipe(Effect.orDie, Effect.flatMap(take))
  }
  return believer
})

/** What somebody holds who looks for the first time. */
export const fresh = (environment: string, ...keys: ReadonlyArray<SigningKey>) =>
  Effect.flatMap(make(environment, ...keys), ({ look }) => look)
