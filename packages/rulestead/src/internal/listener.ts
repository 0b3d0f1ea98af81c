/**
 * Hears announcements, for ever: a subscription that is lost, or that has gone deaf, is opened again. It is let go while
 * looks at the store find no connection: it may hold the very one that they, or other nodes, are short of.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { Listening } from "../Health.ts"
import type { Announcement, FeedError, SnapshotFeed } from "../SnapshotFeed.ts"
import * as Backoff from "./backoff.ts"
import type { Current } from "./current.ts"
import { feedErrorOf } from "./failure.ts"
import { Guard, type Overdue } from "./guard.ts"
import { Hearing } from "./hearing.ts"
import * as Monotonic from "./monotonic.ts"
import type { Reach } from "./reach.ts"
import type { Refresher } from "./refresher.ts"
import type { Reporter } from "./reporter.ts"
import type { Settings } from "./settings.ts"

/** Subscriptions that may be dying at a time. Each of them may hold a connection. */
const maxAbandoned = 2

export interface Services {
  readonly current: Current
  readonly feed: SnapshotFeed["Service"]
  readonly reach: Reach
  readonly refresher: Refresher
  readonly reporter: Reporter
  readonly settings: Settings
}

type Loss = NonNullable<Listening["reason"]>

export const make = Effect.fnUntraced(function*({ current, feed, reach, refresher, reporter, settings }: Services) {
  const { environment, retry } = settings
  const clock = yield* Clock.Clock
  const guard = new Guard(maxAbandoned)
  let state: Listening["state"] = "waiting"
  let reason: Loss | null = null
  let failures = 0
  let openedAt = 0

  /** Listens until the subscription is lost, and says why it was. */
  const listen = Effect.suspend(() => {
    let isOver = false
    const hearing = new Hearing()
    const hear = (announcement: Announcement): void => {
      if (isOver) return
      if (announcement._tag === "Announced") {
        hearing.heard(announcement.version)
        return refresher.announced(announcement.version)
      }
      state = "listening"
      reason = null
      openedAt = Monotonic.nowUnsafe(clock)
      hearing.opened()
      reporter.report({ _tag: "ListenerOpened" })
      refresher.lookAgain()
    }
    const subscription = Effect.suspend(() =>
      Stream.runForEach(feed.announcements(environment), (announcement) => Effect.sync(() => hear(announcement)))
    )
    const silence = Stream.fromPubSub(current.changes).pipe(
      Stream.takeUntil((served) => hearing.isDeafTo(served)),
      Stream.runDrain,
      Effect.as<Loss>("silent")
    )
    const end = Effect.map(guard.run(subscription), lossOf(environment))
    const shortage = reach.lost.pipe(Effect.as<Loss>("unreachable"))
    return Effect.raceFirst(Effect.raceFirst(end, silence), shortage).pipe(
      Effect.ensuring(Effect.sync(() => {
        isOver = true
      }))
    )
  })

  return {
    /** One subscription, from waiting until there is a store to the pause after it was lost. */
    round: Effect.gen(function*() {
      state = "waiting"
      yield* reach.found
      state = "connecting"
      openedAt = Number.POSITIVE_INFINITY
      reason = yield* listen
      const stood = Monotonic.nowUnsafe(clock) - openedAt
      failures = stood >= retry.max ? 1 : failures + 1
      state = "lost"
      const delay = yield* reason === "denied" ? Backoff.upTo(retry.max) : Backoff.fullJitter(retry, failures)
      reporter.report({ _tag: "ListenerLost", reason, failures, retryMillis: delay })
      yield* Effect.sleep(delay)
    }),

    close: (): void => {
      state = "closed"
    },

    status: (): Listening => ({ state, failures: state === "listening" ? 0 : failures, reason })
  }
})

const lossOf = (environment: string) => (exit: Exit.Exit<void, FeedError | Overdue>): Loss =>
  Exit.isSuccess(exit) ? "ended" : feedErrorOf(environment, exit.cause).reason
