/**
 * Keeps what is served current: one loop that fetches, never twice at a time, and then waits for the next poll, for a
 * wake-up, or for the end of a backoff.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type { Refreshing } from "../Health.ts"
import { NotRefreshed } from "../RulesteadError.ts"
import type { Changes, FeedError, Held, SnapshotFeed } from "../SnapshotFeed.ts"
import type { SnapshotRefused } from "../SnapshotRefused.ts"
import type { RefreshReason } from "../Telemetry.ts"
import { accept } from "./accept.ts"
import * as Admission from "./admission.ts"
import { Announcements } from "./announcements.ts"
import * as Backoff from "./backoff.ts"
import { type Current, type Moment, momentOf } from "./current.ts"
import { feedErrorOf } from "./failure.ts"
import { Guard } from "./guard.ts"
import type { Metrics } from "./metrics.ts"
import * as Monotonic from "./monotonic.ts"
import type { Reach } from "./reach.ts"
import type { Reporter } from "./reporter.ts"
import type { Settings } from "./settings.ts"

/** Fetches that may be dying at a time. Each of them may hold a connection. */
const maxAbandoned = 4

/** How soon to look again, at first, for a version that was announced and is not visible yet. Milliseconds. */
const firstChase = 50

/** How many looks in vain are worth telling of. */
const unmetAfter = 8

export interface Services {
  readonly current: Current
  readonly feed: SnapshotFeed["Service"]
  readonly keepContent: boolean
  readonly metrics: Metrics
  readonly reach: Reach
  readonly reporter: Reporter
  readonly settings: Settings
}

interface Problem {
  readonly reason: RefreshReason
  readonly detail: string
}

type Asked = Deferred.Deferred<void, NotRefreshed>

export type Refresher = Effect.Success<ReturnType<typeof make>>

export const make = Effect.fnUntraced(function*(services: Services) {
  const { current, feed, keepContent, metrics, reach, reporter, settings } = services
  const { background, environment, fetchTimeout, pollInterval, retry } = settings
  const clock = yield* Clock.Clock
  const wake = yield* Queue.sliding<void>(1)
  const guard = new Guard(maxAbandoned)
  const announcements = new Announcements()
  /** Never later than the next poll would be, so that what cannot be found costs no more than that in the long run. */
  const chase: Backoff.Backoff = { min: firstChase, max: Math.min(retry.max, pollInterval) }
  /** Those who asked for a look at the store: for the one under way, and for the next. */
  const asked: { now: ReadonlyArray<Asked>; next: Array<Asked> } = { now: [], next: [] }
  let state: Refreshing["state"] = "waiting"
  let isDue = false
  let isAnswering = false
  let attempts = 0
  let failures = 0
  let lastError: Problem & Moment | undefined
  let fetchMillis: number | null = null
  let round = Monotonic.nowUnsafe(clock)
  let nextAt = round

  const fetch = Effect.fnUntraced(function*(held: Held | undefined): Effect.fn.Return<Changes, FeedError> {
    const start = yield* Monotonic.now
    const exit = yield* guard.run(Effect.suspend(() => feed.changesSince(environment, held)), fetchTimeout)
    fetchMillis = (yield* Monotonic.now) - start
    return Exit.isSuccess(exit) ? exit.value : yield* feedErrorOf(environment, exit.cause)
  })

  const install = (changes: Changes) => accept(current, changes, "live", keepContent)

  const refresh = Effect.fnUntraced(function*() {
    const changes = yield* fetch(current.held)
    yield* install(changes).pipe(
      Effect.catchIf(
        ({ reason }) => Admission.isRepairable(reason) && !changes.complete,
        () => Effect.flatMap(fetch(undefined), install)
      )
    )
  })

  const answer = (whom: ReadonlyArray<Asked>, reason: NotRefreshed["reason"] | undefined): void => {
    const answer = reason === undefined ? Effect.void : Effect.fail(new NotRefreshed({ environment, reason }))
    for (const deferred of whom) Deferred.doneUnsafe(deferred, answer)
  }

  const poke = (): void => {
    isDue = true
    Queue.offerUnsafe(wake, undefined)
  }

  /** In another epoch: what was announced meanwhile may be of either, so one look more has to tell. */
  const startOver = (): void => {
    announcements.forget()
    poke()
  }

  const attempt = Effect.fnUntraced(function*() {
    asked.now = asked.next.splice(0)
    state = "running"
    isDue = false
    attempts++
    announcements.look()
    const { epoch } = current.provenance
    const start = yield* Monotonic.now
    const problem = problemOf(yield* Effect.exit(refresh()))
    if (epoch !== null && current.provenance.epoch !== epoch) startOver()
    round = yield* Monotonic.now
    metrics.refreshed(problem?.reason, round - start)
    reach.looked(problem?.reason !== "unreachable")
    state = "waiting"
    failures = problem === undefined ? 0 : failures + 1
    lastError = problem === undefined ? undefined : { ...problem, ...momentOf(clock) }
    answer(asked.now, problem?.reason)
    return problem
  })

  const afterFailure = Effect.fnUntraced(function*({ reason }: Problem) {
    const delay = yield* reason === "denied" ? Backoff.upTo(retry.max) : Backoff.fullJitter(retry, failures)
    reporter.report({ _tag: "RefreshFailed", reason, failures, retryMillis: delay })
    return { delay, atLeast: Math.min(delay, retry.min) }
  })

  const afterSuccess = Effect.fnUntraced(function*() {
    const { version } = current.provenance
    const missed = announcements.missed(version)
    if (missed !== undefined) {
      if (missed === unmetAfter) {
        reporter.report({ _tag: "AnnouncementUnmet", announced: announcements.announced, version })
      }
      return { delay: yield* Backoff.around(Backoff.after(chase, missed)), atLeast: 0 }
    }
    if (!isDue) Queue.takeUnsafe(wake)
    return { delay: yield* Backoff.around(pollInterval), atLeast: 0 }
  })

  /** Wakes up early for a wake-up, but not before `atLeast`. */
  const pause = Effect.fnUntraced(function*({ atLeast, delay }: { readonly delay: number; readonly atLeast: number }) {
    nextAt = (yield* Monotonic.now) + delay
    yield* Effect.sleep(atLeast)
    yield* Effect.timeoutOption(Queue.take(wake), delay - atLeast)
  })

  /** A look at the store that begins after this call, and what became of it. */
  const ask = (look: () => void): Effect.Effect<void, NotRefreshed> =>
    Effect.suspend(() => {
      if (state === "closed") return Effect.fail(new NotRefreshed({ environment, reason: "closed" }))
      const deferred = Deferred.makeUnsafe<void, NotRefreshed>()
      asked.next.push(deferred)
      look()
      return Deferred.await(deferred)
    })

  const answerAll = Effect.gen(function*() {
    while (asked.next.length > 0) {
      const problem = yield* attempt()
      if (problem === undefined) continue
      reporter.report({ _tag: "RefreshFailed", reason: problem.reason, failures, retryMillis: 0 })
    }
  }).pipe(Effect.ensuring(Effect.sync(() => {
    isAnswering = false
  })))

  return {
    /** One look at the store, and the pause after it. */
    round: Effect.gen(function*() {
      const problem = yield* attempt()
      yield* pause(yield* problem === undefined ? afterSuccess() : afterFailure(problem))
    }),

    /** Looks at the store again, as something may have been missed. */
    lookAgain: poke,

    announced: (version: number): void => {
      if (!Number.isSafeInteger(version)) return
      const news = announcements.hear(version, current.provenance.version)
      reporter.report({ _tag: "Announced", version, news })
      if (news) Queue.offerUnsafe(wake, undefined)
    },

    refresh: ask(poke),

    /** As {@link refresh}, where no loop comes round: `run` looks for as long as somebody asks. */
    refreshBy: (run: (looks: Effect.Effect<void>) => void) =>
      ask(() => {
        if (isAnswering) return
        isAnswering = true
        run(answerAll)
      }),

    close: (): void => {
      state = "closed"
      answer([...asked.now, ...asked.next], "closed")
    },

    problem: (): RefreshReason | undefined => lastError?.reason,

    status: (now: number): Refreshing => ({
      state,
      attempts,
      failures,
      lastError: lastError === undefined ? null : {
        at: lastError.at,
        age: now - lastError.monotonic,
        reason: lastError.reason,
        detail: lastError.detail
      },
      nextIn: background && state === "waiting" ? Math.max(0, nextAt - now) : null,
      fetchMillis,
      applyMillis: current.applyMillis,
      abandoned: guard.abandoned
    }),

    /** Whether the loop comes round as it should, if there is one. */
    isAlive: (now: number): boolean =>
      state !== "closed" &&
      (!background || now - round <= 2 * (2 * fetchTimeout + Math.max(1.5 * pollInterval, retry.max)))
  }
})

const problemOf = (exit: Exit.Exit<void, FeedError | SnapshotRefused>): Problem | undefined => {
  if (Exit.isSuccess(exit)) return undefined
  const error = Result.getOrUndefined(Cause.findError(exit.cause))
  return error ?? { reason: "failed", detail: "the answer of the feed could not be installed" }
}
