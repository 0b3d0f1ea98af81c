/**
 * A node tells the store which answers it served, so that people can see which flags are still needed (see `Evidence`).
 * It costs a decision nothing: it reads the counts that deciding keeps anyway.
 *
 * Off unless provided. It writes to the store, which a node otherwise only reads.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Evidence } from "./Evidence.ts"
import { millis, time } from "./internal/durations.ts"
import { Ledger } from "./internal/usage/ledger.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { SnapshotCache } from "./SnapshotCache.ts"
import { StoreUnavailable } from "./StoreError.ts"

/**
 * - `interval` (1 minute, 1 second to 1 day): how often to tell, give or take half, when there is something new.
 * - `resolution` (1 hour, up to 7 days): an answer that goes on being served is told again after this time. With 1,000
 *   flags in use, an hour means 1,000 rows an hour for each node.
 * - `background` (`true`): whether to tell at intervals at all. Without, `flush` tells.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly interval?: Duration.Input | undefined
  readonly resolution?: Duration.Input | undefined
  readonly background?: boolean | undefined
}

const decodeOptions = InvalidInput.decode(
  "options",
  Schema.Struct({
    interval: time("1 second", "1 day"),
    resolution: time("1 second", "7 days"),
    background: Schema.optional(Schema.Boolean)
  })
)

/**
 * How many answers are told at a time.
 *
 * @category models
 * @since 0.1.0
 */
export const batch = 500

/** How long the store may take for a batch, and how long the end of the node waits for the last one. */
const patience = "5 seconds"

/**
 * - `flush`: tells what is new now. What could not be told is told later.
 *
 * @category services
 * @since 0.1.0
 */
export class UsageReporter extends Context.Service<UsageReporter, {
  readonly flush: Effect.Effect<void, InvalidInput.InvalidInput | StoreUnavailable>
}>()("rulestead/UsageReporter") {
  /**
   * Tells at intervals, and once more when the scope closes, then for at most 5 seconds. A store that is away is a line
   * in the log when that begins, and nothing else.
   *
   * **Example**
   *
   * ```ts
   * import * as Postgres from "@rulestead/postgres/Postgres"
   * import * as Layer from "effect/Layer"
   * import { Rulestead } from "rulestead"
   * import { UsageReporter } from "rulestead/UsageReporter"
   *
   * const node = UsageReporter.layer({ interval: "5 minutes" }).pipe(
   *   Layer.provideMerge(Rulestead.layer({ environment: "prod" })),
   *   Layer.provide(Postgres.layer({ url: "postgres://localhost/shop" }))
   * )
   * ```
   */
  static readonly layer = (
    options: Options = {}
  ): Layer.Layer<UsageReporter, InvalidInput.InvalidInput, SnapshotCache | Evidence> =>
    Layer.effect(UsageReporter, make(options))
}

const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<
  UsageReporter["Service"],
  InvalidInput.InvalidInput,
  SnapshotCache | Evidence | Scope.Scope
> {
  const given = yield* decodeOptions(options)
  const interval = millis(given.interval, 60_000)
  const resolution = millis(given.resolution, 3_600_000)
  const evidence = yield* Evidence
  const { decisionCounts, environment } = yield* SnapshotCache
  const ledger = new Ledger()
  const turn = yield* Semaphore.make(1)

  const flush = turn.withPermit(Effect.gen(function*() {
    ledger.note(decisionCounts(), yield* Clock.currentTimeMillis)
    for (const usage of Arr.chunksOf(ledger.due(resolution), batch)) {
      yield* Effect.timeoutOrElse(evidence.recordUsage(environment, usage), {
        duration: patience,
        orElse: () =>
          Effect.fail(
            new StoreUnavailable({ operation: "record usage", reason: "timeout", detail: "it took too long" })
          )
      })
      ledger.told(usage)
    }
  }))

  let isAway = false
  const attempt = Effect.matchCauseEffect(flush, {
    onSuccess: () =>
      Effect.sync(() => {
        isAway = false
      }),
    onFailure: () => {
      if (isAway) return Effect.void
      isAway = true
      return Effect.logWarning("Could not tell the store what was served; it will be told later")
    }
  }).pipe(Effect.annotateLogs({ environment }))

  const lastAttempt = Effect.timeout(flush, patience).pipe(
    Effect.catchCause(() => Effect.logWarning("Could not tell the store what was served since it was last told")),
    Effect.annotateLogs({ environment })
  )
  yield* Effect.addFinalizer(() => lastAttempt)
  const round = Effect.flatMap(Random.nextBetween(0.5, 1.5), (share) => Effect.delay(attempt, interval * share))
  if (given.background !== false) yield* Effect.forkScoped(Effect.forever(round))
  return { flush }
})
