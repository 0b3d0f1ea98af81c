/**
 * A feed whose every answer a test can decide. Without a script it answers the truth.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { type Announcement, type Changes, FeedError, type Held, SnapshotFeed } from "rulestead/SnapshotFeed"
import { Published } from "./Published.ts"

export type Answer = (held: Held | undefined) => Effect.Effect<Changes, FeedError>

export const failing = (reason: FeedError["reason"], detail = "scripted"): Effect.Effect<never, FeedError> =>
  Effect.fail(new FeedError({ environment: "prod", reason, detail }))

export const unreachable = failing("unreachable")

export class ScriptedFeed {
  readonly published: Published
  /** What was held by whoever asked, call by call. */
  readonly calls: Array<Held | undefined> = []
  /** Subscriptions that were opened so far. */
  subscriptions = 0
  /** Calls under way, interrupted ones included until they end. */
  active = 0
  /** The most calls that ever were under way at a time. */
  peak = 0
  private always: Answer
  private next: Array<Answer> = []
  private subscription: Queue.Queue<Announcement, FeedError> | undefined = undefined
  private listen: (() => Stream.Stream<Announcement, FeedError>) | undefined = undefined

  constructor(published = new Published()) {
    this.published = published
    this.always = this.truth
  }

  readonly truth: Answer = (held) => Effect.sync(() => this.published.changesSince(held))

  /** From now on, until the next `answer`. */
  answer(answer: Answer | Effect.Effect<Changes, FeedError> | undefined): void {
    this.always = answer === undefined ? this.truth : typeof answer === "function" ? answer : () => answer
  }

  /** The answers to the next calls, before what was said with `answer` goes on. */
  answerNext(...answers: ReadonlyArray<Answer | Effect.Effect<Changes, FeedError>>): void {
    this.next.push(...answers.map((answer) => typeof answer === "function" ? answer : () => answer))
  }

  /** How subscriptions go from now on; `undefined`: as they should. */
  answerListeners(listen: (() => Stream.Stream<Announcement, FeedError>) | undefined): void {
    this.listen = listen
  }

  announce(...versions: ReadonlyArray<number>): void {
    for (const version of versions) {
      if (this.subscription !== undefined) Queue.offerUnsafe(this.subscription, { _tag: "Announced", version })
    }
  }

  loseListener(reason: FeedError["reason"] = "unreachable"): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.subscription === undefined
        ? Effect.void
        : Queue.fail(this.subscription, new FeedError({ environment: "prod", reason, detail: "scripted" }))
    )
  }

  readonly layer: Layer.Layer<SnapshotFeed> = Layer.succeed(SnapshotFeed, {
    changesSince: (_environment, held) => {
      this.calls.push(held)
      const answer = this.next.shift() ?? this.always
      return Effect.suspend(() => {
        this.active++
        this.peak = Math.max(this.peak, this.active)
        return answer(held)
      }).pipe(Effect.ensuring(Effect.sync(() => {
        this.active--
      })))
    },
    announcements: () => {
      this.subscriptions++
      if (this.listen !== undefined) return this.listen()
      return Stream.unwrap(Effect.map(Queue.unbounded<Announcement, FeedError>(), (queue) => {
        this.subscription = queue
        return Stream.concat(Stream.succeed<Announcement>({ _tag: "Listening" }), Stream.fromQueue(queue))
      }))
    }
  })
}
