/** A node in this process. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Rulestead } from "rulestead/Rulestead"
import type { Options } from "rulestead/SnapshotCache"
import { type Changes, SnapshotFeed } from "rulestead/SnapshotFeed"
import { environment } from "./catalogue.ts"

/** Starts a node, and is done when that is done starting. */
export const start = Effect.fnUntraced(function*<E, R>(
  feed: Layer.Layer<SnapshotFeed, E, R>,
  options: Omit<Options, "environment"> = {}
) {
  return Context.get(
    yield* Layer.build(Layer.provide(Rulestead.layer({ whenNotFresh: "fail", ...options, environment }), feed)),
    Rulestead
  )
})

/** A feed that always answers the same, and never announces anything. */
export const feedOf = (changes: Changes): Layer.Layer<SnapshotFeed> =>
  Layer.succeed(SnapshotFeed, { changesSince: () => Effect.succeed(changes), announcements: () => Stream.never })

/** A store that is away. */
export const noFeed: Layer.Layer<SnapshotFeed> = Layer.succeed(SnapshotFeed, {
  changesSince: () => Effect.never,
  announcements: () => Stream.never
})

/** Keeps a feed from announcing anything. */
export const unannounced = <E, R>(feed: Layer.Layer<SnapshotFeed, E, R>): Layer.Layer<SnapshotFeed, E, R> =>
  Layer.effect(
    SnapshotFeed,
    SnapshotFeed.useSync(({ changesSince }) => ({ changesSince, announcements: () => Stream.never }))
  ).pipe(Layer.provide(feed))
