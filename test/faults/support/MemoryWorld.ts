/** A world in memory, in which whatever a node depends on does as a cell says. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { Publisher } from "rulestead/Publisher"
import type { SnapshotBackup } from "rulestead/SnapshotBackup"
import { type Announcement, type Changes, FeedError, SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { StoreBackend } from "rulestead/StoreBackend"
import type { StoreUnavailable } from "rulestead/StoreError"
import * as StoreMemory from "rulestead/StoreMemory"
import { like } from "../../../packages/rulestead/test/support/Clocks.ts"
import type { Surroundings } from "./Node.ts"
import type { Time } from "./Time.ts"
import * as World from "./World.ts"

type Tap<A> = (truth: A) => A

/** What stands between a node, its store, and its clock. Without being told otherwise, it lets everything pass. */
export class Taps {
  fetch: Tap<Effect.Effect<Changes, FeedError>> = (truth) => truth
  listen: Tap<Stream.Stream<Announcement, FeedError>> = (truth) => truth
  commit: Tap<Effect.Effect<void, StoreUnavailable>> = (truth) => truth
  /** How far the wall clock is ahead, in milliseconds. */
  ahead = 0
  /** Announcements that the store did not make. */
  readonly rumours = Queue.unbounded<Announcement>().pipe(Effect.runSync)
  private lost = Deferred.makeUnsafe<void>()

  /** Ends the subscriptions there are. */
  lose(): void {
    const { lost } = this
    this.lost = Deferred.makeUnsafe()
    Deferred.doneUnsafe(lost, Effect.void)
  }

  readonly feed = (truth: SnapshotFeed["Service"]): SnapshotFeed["Service"] => ({
    changesSince: (environment, held) => this.fetch(truth.changesSince(environment, held)),
    announcements: (environment) =>
      this.listen(
        Stream.merge(truth.announcements(environment), Stream.fromQueue(this.rumours)).pipe(
          Stream.interruptWhen(Deferred.await(this.lost))
        )
      )
  })

  readonly backend = (truth: StoreBackend["Service"]): StoreBackend["Service"] => ({
    ...truth,
    snapshots: {
      ...truth.snapshots,
      commit: (head, entries) => Effect.suspend(() => this.commit(truth.snapshots.commit(head, entries)))
    }
  })

  readonly clock = (truth: Clock.Clock): Clock.Clock => {
    const now = () => truth.currentTimeMillisUnsafe() + this.ahead
    return like(truth, { currentTimeMillisUnsafe: now, currentTimeMillis: Effect.sync(now) })
  }

  /** Nobody can be asked. */
  readonly cutOff = Effect.sync(() => {
    this.fetch = () => unreachable
  })

  readonly restore = Effect.sync(() => {
    this.fetch = (truth) => truth
    this.listen = (truth) => truth
    this.commit = (truth) => truth
  })
}

const unreachable = Effect.fail(new FeedError({ environment: "prod", reason: "unreachable", detail: "told to fail" }))

export interface MemoryWorld extends World.World {
  readonly taps: Taps
}

export interface Options {
  readonly time: Time
  readonly taps: Taps
  readonly backup: Layer.Layer<SnapshotBackup>
  readonly surroundings?: Omit<Surroundings, "clock">
}

export const make = Effect.fnUntraced(function*({ backup, surroundings, taps, time }: Options) {
  const truth = yield* Layer.build(StoreMemory.layerBackend())
  const backend = Layer.succeed(StoreBackend, taps.backend(Context.get(truth, StoreBackend)))
  const commands = yield* Layer.build(Layer.provide(Layer.merge(Store.layer, Publisher.layer), backend))
  const feed = Context.get(truth, SnapshotFeed)
  const clock = taps.clock(yield* Clock.Clock)
  const world = yield* World.make({
    time,
    services: Context.add(commands, SnapshotFeed, feed),
    feed: Layer.succeed(SnapshotFeed, taps.feed(feed)),
    backup,
    surroundings: { ...surroundings, clock }
  })
  return { ...world, taps } satisfies MemoryWorld
})

export const day = Duration.toMillis("1 day")
