/**
 * The service people call: decisions, from memory.
 *
 * There are two doors. `enabled`, `value`, `variant` and `decisions` always have an answer; what is not known is off, or
 * the default that the caller gave. `evaluate` and `explain` say what is wrong instead. Both exist as effects, and as
 * plain functions whose names end in `Unsafe`, for loops and for code without Effect: they neither fail nor throw, and
 * wait for nothing.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Decision, Provenance } from "./Decision.ts"
import type { EvaluationContext } from "./EvaluationContext.ts"
import type * as Explanation from "./Explanation.ts"
import type { Health, Readiness } from "./Health.ts"
import * as Decisions from "./internal/decisions.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { EvaluateError, FlagNotFound, NotFresh, NotReady, NotRefreshed } from "./RulesteadError.ts"
import { type Change, type Options, SnapshotCache } from "./SnapshotCache.ts"
import type { SnapshotFeed } from "./SnapshotFeed.ts"
import type { Value } from "./Value.ts"

/**
 * An explanation, and the snapshot that it is about.
 *
 * @category models
 * @since 0.1.0
 */
export interface Explained extends Explanation.Explanation {
  readonly snapshot: Provenance
}

/**
 * What a flag serves, if the flag is known and of the type of `otherwise`; else `otherwise`. Objects, arrays and `null`
 * are of the type `json`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ValueUnsafe {
  (flag: string, context: EvaluationContext, otherwise: boolean): boolean
  (flag: string, context: EvaluationContext, otherwise: string): string
  (flag: string, context: EvaluationContext, otherwise: number): number
  (flag: string, context: EvaluationContext, otherwise: Value): Value
}

/**
 * {@link ValueUnsafe} as an effect.
 *
 * @category models
 * @since 0.1.0
 */
export interface ValueEffect<R = never> {
  (flag: string, context: EvaluationContext, otherwise: boolean): Effect.Effect<boolean, never, R>
  (flag: string, context: EvaluationContext, otherwise: string): Effect.Effect<string, never, R>
  (flag: string, context: EvaluationContext, otherwise: number): Effect.Effect<number, never, R>
  (flag: string, context: EvaluationContext, otherwise: Value): Effect.Effect<Value, never, R>
}

/**
 * Decides flags of one environment.
 *
 * - `enabled`: whether the flag is on; `false` if it is not known.
 * - `value`: see {@link ValueUnsafe}.
 * - `variant`: the key of the variant that a split or an experiment chose.
 * - `evaluate`: the whole decision. Fails if the flag is not known, and if the rule that applies lacks an identity.
 * - `explain`: why; redacted unless asked to `reveal`. Does not count as a decision.
 * - `decisions`: of every flag, by key.
 * - `health`, `ready`, `changes`, `refresh`: see `SnapshotCache`; `ready` is its readiness now.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Rulestead } from "rulestead"
 *
 * const program = Effect.gen(function*() {
 *   const context = { targetingKey: "user-123", attributes: { plan: "pro" } }
 *   const isOn = yield* Rulestead.enabled("checkout-redesign", context)
 *   const limit = yield* Rulestead.value("upload-limit", context, 10)
 *   return isOn ? limit : 0
 * })
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Rulestead extends Context.Service<Rulestead, {
  readonly enabled: (flag: string, context: EvaluationContext) => Effect.Effect<boolean>
  readonly value: ValueEffect
  readonly variant: (flag: string, context: EvaluationContext) => Effect.Effect<string | undefined>
  readonly evaluate: (flag: string, context: EvaluationContext) => Effect.Effect<Decision, EvaluateError>
  readonly explain: (
    flag: string,
    context: EvaluationContext,
    options?: Explanation.Options
  ) => Effect.Effect<Explained, FlagNotFound | NotReady>
  readonly decisions: (context: EvaluationContext) => Effect.Effect<ReadonlyMap<string, Decision>>

  readonly enabledUnsafe: (flag: string, context: EvaluationContext) => boolean
  readonly valueUnsafe: ValueUnsafe
  readonly variantUnsafe: (flag: string, context: EvaluationContext) => string | undefined
  readonly evaluateUnsafe: (flag: string, context: EvaluationContext) => Result.Result<Decision, EvaluateError>
  readonly explainUnsafe: (
    flag: string,
    context: EvaluationContext,
    options?: Explanation.Options
  ) => Result.Result<Explained, FlagNotFound | NotReady>
  readonly decisionsUnsafe: (context: EvaluationContext) => ReadonlyMap<string, Decision>

  readonly health: Effect.Effect<Health>
  readonly healthUnsafe: () => Health
  readonly ready: Effect.Effect<Readiness>
  readonly refresh: Effect.Effect<void, NotRefreshed>
  readonly changes: Stream.Stream<Change>
}>()("rulestead/Rulestead") {
  /** A node for one environment. `Telemetry` and `SnapshotBackup` are used if they are provided. */
  static readonly layer = (
    options: Options
  ): Layer.Layer<Rulestead | SnapshotCache, InvalidInput | NotFresh, SnapshotFeed> =>
    Layer.provideMerge(
      Layer.effect(Rulestead, Effect.map(SnapshotCache, Decisions.make)),
      SnapshotCache.layer(options)
    )

  static readonly enabled = (flag: string, context: EvaluationContext): Effect.Effect<boolean, never, Rulestead> =>
    Effect.withFiberSucceed((fiber) => Context.getUnsafe(fiber.context, Rulestead).enabledUnsafe(flag, context))

  static readonly value: ValueEffect<Rulestead> = value

  static readonly variant = (
    flag: string,
    context: EvaluationContext
  ): Effect.Effect<string | undefined, never, Rulestead> =>
    Effect.withFiberSucceed((fiber) => Context.getUnsafe(fiber.context, Rulestead).variantUnsafe(flag, context))

  static readonly evaluate = (
    flag: string,
    context: EvaluationContext
  ): Effect.Effect<Decision, EvaluateError, Rulestead> =>
    Effect.withFiber((fiber) =>
      Effect.fromResult(Context.getUnsafe(fiber.context, Rulestead).evaluateUnsafe(flag, context))
    )

  static readonly explain = (
    flag: string,
    context: EvaluationContext,
    options?: Explanation.Options
  ): Effect.Effect<Explained, FlagNotFound | NotReady, Rulestead> =>
    Effect.withFiber((fiber) =>
      Effect.fromResult(Context.getUnsafe(fiber.context, Rulestead).explainUnsafe(flag, context, options))
    )

  static readonly decisions = (
    context: EvaluationContext
  ): Effect.Effect<ReadonlyMap<string, Decision>, never, Rulestead> =>
    Effect.withFiberSucceed((fiber) => Context.getUnsafe(fiber.context, Rulestead).decisionsUnsafe(context))

  static readonly health: Effect.Effect<Health, never, Rulestead> = Rulestead.use(({ health }) => health)

  static readonly ready: Effect.Effect<Readiness, never, Rulestead> = Rulestead.use(({ ready }) => ready)

  static readonly refresh: Effect.Effect<void, NotRefreshed, Rulestead> = Rulestead.use(({ refresh }) => refresh)

  static readonly changes: Stream.Stream<Change, never, Rulestead> = Stream.unwrap(
    Rulestead.useSync(({ changes }) => changes)
  )
}

function value(flag: string, context: EvaluationContext, otherwise: boolean): Effect.Effect<boolean, never, Rulestead>
function value(flag: string, context: EvaluationContext, otherwise: string): Effect.Effect<string, never, Rulestead>
function value(flag: string, context: EvaluationContext, otherwise: number): Effect.Effect<number, never, Rulestead>
function value(flag: string, context: EvaluationContext, otherwise: Value): Effect.Effect<Value, never, Rulestead>
function value(flag: string, context: EvaluationContext, otherwise: Value): Effect.Effect<Value, never, Rulestead> {
  return Effect.withFiberSucceed((fiber) =>
    Context.getUnsafe(fiber.context, Rulestead).valueUnsafe(flag, context, otherwise)
  )
}

const setting = <A>(config: Config.Config<A>): Config.Config<A | undefined> => Config.withDefault(config, undefined)

/**
 * The options of {@link Rulestead.layer} from `Config`: `RULESTEAD_ENVIRONMENT`, which is required, and
 * `RULESTEAD_BOOT_TIMEOUT`, `RULESTEAD_WHEN_NOT_FRESH`, `RULESTEAD_FETCH_TIMEOUT`, `RULESTEAD_POLL_INTERVAL`,
 * `RULESTEAD_STALE_AFTER`, `RULESTEAD_RETRY_MIN`, `RULESTEAD_RETRY_MAX`.
 *
 * @category config
 * @since 0.1.0
 */
export const config: Config.Config<Options> = Config.all({
  environment: Config.String("ENVIRONMENT"),
  bootTimeout: setting(Config.Duration("BOOT_TIMEOUT")),
  whenNotFresh: setting(Config.Literals(["serve", "fail"], "WHEN_NOT_FRESH")),
  fetchTimeout: setting(Config.Duration("FETCH_TIMEOUT")),
  pollInterval: setting(Config.Duration("POLL_INTERVAL")),
  staleAfter: setting(Config.Duration("STALE_AFTER")),
  retry: Config.all({ min: setting(Config.Duration("RETRY_MIN")), max: setting(Config.Duration("RETRY_MAX")) })
}).pipe(Config.nested("RULESTEAD"))

/**
 * {@link Rulestead.layer} with its options from {@link config}.
 *
 * @category layers
 * @since 0.1.0
 */
export const RulesteadLive: Layer.Layer<
  Rulestead | SnapshotCache,
  Config.ConfigError | InvalidInput | NotFresh,
  SnapshotFeed
> = Layer.unwrap(Effect.map(config, Rulestead.layer))
