/**
 * The feed of a store in memory.
 */
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import { type Announcement, FeedError, type SnapshotFeed } from "../../SnapshotFeed.ts"
import * as Snapshots from "./snapshots.ts"
import * as Tables from "./tables.ts"

export const make = (committed: Effect.Effect<Tables.Tables>, retention: number): SnapshotFeed["Service"] => {
  const find = Effect.fnUntraced(function*(environment: string) {
    const { snapshots } = yield* committed
    const snapshot = Tables.get(snapshots, environment)
    if (snapshot !== undefined) return snapshot
    const detail = "the store has no such environment"
    return yield* new FeedError({ environment, reason: "environment_not_found", detail })
  })

  return {
    changesSince: (environment, held) =>
      Effect.map(find(environment), (snapshot) => Snapshots.changesSince(snapshot, held, retention)),
    announcements: (environment) =>
      find(environment).pipe(
        Effect.flatMap(({ announcements }) => PubSub.subscribe(announcements)),
        Effect.map((subscription) => Stream.concat(Stream.succeed(listening), Stream.fromSubscription(subscription))),
        Stream.unwrap
      )
  }
}

const listening: Announcement = { _tag: "Listening" }

/** Tells whoever listens which snapshots a commit moved. */
export const announce = (before: Tables.Tables, after: Tables.Tables): Effect.Effect<void> => {
  if (before.snapshots === after.snapshots) return Effect.void
  const moved = [...HashMap.values(after.snapshots)].filter(({ head }) =>
    head.version > (Tables.get(before.snapshots, head.environment)?.head.version ?? 0)
  )
  return Effect.forEach(
    moved,
    ({ announcements, head: { version } }) => PubSub.publish(announcements, { _tag: "Announced", version }),
    { discard: true }
  )
}
