/** Somebody who listens to the announcements of an environment, until the scope closes. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type Announcement, SnapshotFeed } from "rulestead/SnapshotFeed"

export interface Listener {
  readonly next: Effect.Effect<Announcement>
  /** The next version that is announced. */
  readonly version: Effect.Effect<number>
}

/** Answers when the subscription is in place, which is the first thing that the feed has to say. */
export const listen = Effect.fnUntraced(function*(environment: string) {
  const feed = yield* SnapshotFeed
  const heard = yield* Queue.unbounded<Announcement>()
  yield* feed.announcements(environment).pipe(
    Stream.runForEach((announcement) => Queue.offer(heard, announcement)),
    Effect.forkScoped
  )
  assert.deepStrictEqual(yield* Queue.take(heard), { _tag: "Listening" })
  const next = Queue.take(heard)
  const version = Effect.map(next, (announcement) => {
    assert.strictEqual(announcement._tag, "Announced")
    return announcement._tag === "Announced" ? announcement.version : 0
  })
  return { next, version } satisfies Listener
})
