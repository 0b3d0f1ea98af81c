/**
 * `SnapshotFeed` on Postgres.
 *
 * What changed is asked with one statement, so that head and entries are of one moment, and found through an index, so that
 * it costs what changed. What is large, a whole snapshot above all, is read page by page in a transaction that sees one
 * moment. All who listen share one connection.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { isSqlError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import { type Announcement, FeedError, type Held, type SnapshotFeed } from "rulestead/SnapshotFeed"
import * as Announcements from "./announcements.ts"
import type { Database } from "./database.ts"
import { deadline } from "./deadline.ts"
import * as Failure from "./failure.ts"
import * as Changes from "./feed/changes.ts"
import * as Subscription from "./feed/subscription.ts"

export const make = Effect.fnUntraced(function*(
  database: Database
): Effect.fn.Return<SnapshotFeed["Service"], never, Scope.Scope> {
  const changesSince = Changes.make(database)
  const payloads = yield* Subscription.make(database)

  return {
    changesSince: Effect.fn("SnapshotFeed.changesSince")((environment: string, held: Held | undefined) =>
      Effect.mapError(
        deadline(changesSince(environment, held), {
          duration: database.timeout,
          orElse: () => Failure.tooLong(database.timeout)
        }),
        (error) => new FeedError({ environment, ...(isSqlError(error) ? Failure.from(error) : error) })
      )
    ),
    announcements: (environment) =>
      payloads.pipe(
        Stream.mapError((failure) => new FeedError({ environment, ...failure })),
        Stream.mapAccum(() => listening, (before, payload) => [
          [],
          [...before, ...Announcements.decode(environment, payload)]
        ])
      )
  }
})

/** What a subscription begins with. */
const listening: ReadonlyArray<Announcement> = [{ _tag: "Listening" }]
