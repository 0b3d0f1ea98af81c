/** A node under observation. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { strict as assert } from "node:assert"
import type { Health } from "rulestead/Health"
import { Rulestead } from "rulestead/Rulestead"
import type { SnapshotBackup } from "rulestead/SnapshotBackup"
import type { Options } from "rulestead/SnapshotCache"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Telemetry } from "rulestead/Telemetry"
import { News } from "./News.ts"

/** The flag that is decided: it serves a number to everybody, another one with every publish. */
export const flag = "step"

export const environment = "prod"

/** What a node decides, `null` if it has nothing to decide from, and what it shows of itself. */
export interface Sight {
  readonly served: number | null
  readonly health: Health
}

export interface Node {
  readonly news: News
  readonly sight: () => Sight
  /** Asks for a look at the store, and does not wait for it. */
  readonly refresh: Effect.Effect<void>
  readonly close: Effect.Effect<void>
}

/** Who watches a node, and by which clock it lives. */
export interface Surroundings {
  readonly telemetry?: (telemetry: Telemetry["Service"]) => Telemetry["Service"]
  readonly loggers?: ReadonlyArray<Logger.Logger<unknown, unknown>>
  readonly clock?: Clock.Clock
  readonly attend?: (
    rulestead: Rulestead["Service"],
    telemetry: Telemetry["Service"]
  ) => Effect.Effect<void, never, Scope.Scope>
}

export interface Parts {
  readonly feed: Layer.Layer<SnapshotFeed>
  readonly backup?: Layer.Layer<SnapshotBackup> | undefined
  readonly surroundings?: Surroundings | undefined
  readonly news?: News | undefined
  readonly verify?: Options["verify"]
}

/** Short times, so that a fault shows soon, and is over soon. */
export const options: Options = {
  environment,
  bootTimeout: "500 millis",
  fetchTimeout: "1 second",
  pollInterval: "1 second",
  staleAfter: "2 seconds",
  retry: { min: "10 millis", max: "200 millis" }
}

/** Starts a node in this process. */
export const start = Effect.fnUntraced(
  function*(
    { backup, feed, news = new News(), surroundings = {}, verify }: Parts
  ): Effect.fn.Return<Node, never, Scope.Scope> {
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
    const layer = Rulestead.layer({ ...options, verify }).pipe(
      Layer.orDie,
      Layer.provideMerge(watched(news, surroundings)),
      Layer.provide([feed, backup ?? Layer.empty]),
      Layer.fresh
    )
    const build = Layer.buildWithScope(layer, scope).pipe(
      Effect.provide(Logger.layer(surroundings.loggers ?? []))
    )
    const context = yield* surroundings.clock === undefined
      ? build
      : Effect.provideService(build, Clock.Clock, surroundings.clock)
    const rulestead = Context.get(context, Rulestead)
    if (surroundings.attend !== undefined) {
      yield* Scope.provide(surroundings.attend(rulestead, Context.get(context, Telemetry)), scope)
    }
    return {
      news,
      sight: () => ({ served: decide(rulestead), health: rulestead.healthUnsafe() }),
      refresh: Effect.asVoid(Effect.forkDetach(Effect.ignore(rulestead.refresh), { startImmediately: true })),
      close: Scope.close(scope, Exit.void)
    }
  }
)

/** What both doors answer. */
const decide = (rulestead: Rulestead["Service"]): number | null => {
  const decision = rulestead.evaluateUnsafe(flag, {})
  const served = Result.isSuccess(decision) ? decision.success.value : null
  assert.ok(served === null || typeof served === "number")
  assert.equal(rulestead.valueUnsafe(flag, {}, -1), served ?? -1)
  return served
}

/** Telemetry that remembers few events for others, and tells each. */
const watched = (news: News, { telemetry = (inner) => inner }: Surroundings) =>
  Layer.effect(
    Telemetry,
    Effect.map(Telemetry, (inner) => {
      const outer = telemetry(inner)
      return {
        ...outer,
        emit: (event) => {
          news.tell(event)
          outer.emit(event)
        }
      }
    })
  ).pipe(Layer.provide(Telemetry.layer({ capacity: 8 })))
