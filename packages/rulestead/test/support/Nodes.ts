/**
 * Nodes under test: started by hand, driven by the test clock.
 */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { InvalidInput } from "rulestead/InvalidInput"
import { Rulestead } from "rulestead/Rulestead"
import type { NotFresh } from "rulestead/RulesteadError"
import type { SnapshotBackup } from "rulestead/SnapshotBackup"
import { type Options, SnapshotCache } from "rulestead/SnapshotCache"
import { type Event, Recorded, Telemetry } from "rulestead/Telemetry"
import type { ScriptedFeed } from "./ScriptedFeed.ts"

export interface Node {
  readonly rulestead: Rulestead["Service"]
  readonly cache: SnapshotCache["Service"]
  /** What was reported so far, without what all events have. */
  readonly events: () => ReadonlyArray<Event>
  readonly telemetry: Telemetry["Service"]
}

export const build = (
  feed: ScriptedFeed,
  options: Partial<Options> = {},
  extra: Layer.Layer<SnapshotBackup> | Layer.Layer<never> = Layer.empty
): Effect.Effect<Node, InvalidInput | NotFresh, Scope.Scope> =>
  Effect.map(
    Layer.build(
      Rulestead.layer({ environment: "prod", ...options }).pipe(
        Layer.provideMerge(Telemetry.layerMemory()),
        Layer.provide(feed.layer),
        Layer.provide(extra),
        Layer.fresh
      )
    ),
    (context) => ({
      rulestead: Context.get(context, Rulestead),
      cache: Context.get(context, SnapshotCache),
      telemetry: Context.get(context, Telemetry),
      events: Context.get(context, Recorded).events
    })
  )

/** Builds a node while the clock goes on far enough for the start to end, whatever the store does. */
export const start = (
  feed: ScriptedFeed,
  options: Partial<Options> = {},
  extra?: Layer.Layer<SnapshotBackup>
): Effect.Effect<Node, InvalidInput | NotFresh, Scope.Scope> =>
  Effect.gen(function*() {
    const starting = yield* Effect.forkScoped(build(feed, options, extra))
    yield* settled(() => starting.pollUnsafe() !== undefined).pipe(Effect.ignore)
    if (starting.pollUnsafe() === undefined) yield* TestClock.adjust(options.bootTimeout ?? "5 seconds")
    return yield* Fiber.join(starting)
  })

/** Lets everything that is due happen, until `condition` holds. Time stands still. */
export const settled = (condition: () => boolean): Effect.Effect<void, string> =>
  Effect.gen(function*() {
    for (let turn = 0; turn < 500; turn++) {
      if (condition()) return
      yield* Effect.yieldNow
    }
    return yield* Effect.fail("it did not happen")
  })

/** As {@link settled}, or the test fails. */
export const happens = (condition: () => boolean): Effect.Effect<void> => Effect.orDie(settled(condition))

/** Lets everything that is due happen. */
export const quiet: Effect.Effect<void> = Effect.ignore(settled(() => false))

export const tags = (node: Node): ReadonlyArray<Event["_tag"]> => node.events().map(({ _tag }) => _tag)

export const eventsOf = <Tag extends Event["_tag"]>(
  node: Node,
  tag: Tag
): ReadonlyArray<Extract<Event, { readonly _tag: Tag }>> =>
  node.events().filter((event): event is Extract<Event, { readonly _tag: Tag }> => event._tag === tag)

export const assertServes = (node: Node, expected: Readonly<Record<string, boolean>>): void => {
  for (const [flag, enabled] of Object.entries(expected)) {
    assert.strictEqual(node.rulestead.enabledUnsafe(flag, {}), enabled, flag)
  }
}
