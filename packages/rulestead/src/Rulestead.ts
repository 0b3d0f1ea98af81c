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
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Decision, Provenance } from "./Decision.ts"
import type { EvaluationContext } from "./EvaluationContext.ts"
import type * as Explanation from "./Explanation.ts"
import type { Definition } from "./Flag.ts"
import type { Health, Readiness } from "./Health.ts"
import * as Decisions from "./internal/decisions.ts"
import { isDefinition } from "./internal/definition.ts"
import * as Observing from "./internal/observing.ts"
import * as Service from "./internal/service.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import type { EvaluateError, FlagNotFound, NotFresh, NotReady, NotRefreshed } from "./RulesteadError.ts"
import * as SigningKey from "./SigningKey.ts"
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
 * What a flag serves: decoded, if asked by a definition; else as it is, if the flag is known and of the type of
 * `otherwise`. Objects, arrays and `null` are of the type `json`. Otherwise the default of the definition, or `otherwise`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ValueUnsafe {
  <A>(flag: Definition<A>, context: EvaluationContext): A
  (flag: string, context: EvaluationContext, otherwise: boolean): boolean
  (flag: string, context: EvaluationContext, otherwise: string): string
  (flag: string, context: EvaluationContext, otherwise: number): number
  (flag: string, context: EvaluationContext, otherwise: Value): Value
}

/**
 * The key of the variant that a split or an experiment chose; `undefined` also where it is none of the definition's.
 *
 * @category models
 * @since 0.1.0
 */
export interface VariantUnsafe {
  <Variant extends string>(
    flag: Definition<unknown, string, Variant>,
    context: EvaluationContext
  ): Variant | undefined
  (flag: string, context: EvaluationContext): string | undefined
}

export {
  /**
   * Whether code asks by a definition of a flag (see `Flag.make`) and not by a key. Never throws, whatever it is given.
   *
   * @category guards
   * @since 0.1.0
   */
  isDefinition
}

/**
 * Asking without Effect; see {@link Rulestead}.
 *
 * @category models
 * @since 0.1.0
 */
export interface AskingUnsafe {
  readonly enabledUnsafe: (flag: string | Definition<boolean>, context: EvaluationContext) => boolean
  readonly valueUnsafe: ValueUnsafe
  readonly variantUnsafe: VariantUnsafe
  readonly evaluateUnsafe: (
    flag: string | Definition<unknown>,
    context: EvaluationContext
  ) => Result.Result<Decision, EvaluateError>
  readonly explainUnsafe: (
    flag: string | Definition<unknown>,
    context: EvaluationContext,
    options?: Explanation.Options
  ) => Result.Result<Explained, FlagNotFound | NotReady>
  readonly decisionsUnsafe: (context: EvaluationContext) => ReadonlyMap<string, Decision>
}

/**
 * {@link ValueUnsafe} as an effect.
 *
 * @category models
 * @since 0.1.0
 */
export interface ValueEffect<R = never> {
  <A>(flag: Definition<A>, context?: EvaluationContext): Effect.Effect<A, never, R>
  (flag: string, context: EvaluationContext | undefined, otherwise: boolean): Effect.Effect<boolean, never, R>
  (flag: string, context: EvaluationContext | undefined, otherwise: string): Effect.Effect<string, never, R>
  (flag: string, context: EvaluationContext | undefined, otherwise: number): Effect.Effect<number, never, R>
  (flag: string, context: EvaluationContext | undefined, otherwise: Value): Effect.Effect<Value, never, R>
}

/**
 * {@link VariantUnsafe} as an effect.
 *
 * @category models
 * @since 0.1.0
 */
export interface VariantEffect<R = never> {
  <Variant extends string>(
    flag: Definition<unknown, string, Variant>,
    context?: EvaluationContext
  ): Effect.Effect<Variant | undefined, never, R>
  (flag: string, context?: EvaluationContext): Effect.Effect<string | undefined, never, R>
}

/**
 * Asking as effects; see {@link Rulestead}.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asking<R = never> {
  readonly enabled: (
    flag: string | Definition<boolean>,
    context?: EvaluationContext
  ) => Effect.Effect<boolean, never, R>
  readonly value: ValueEffect<R>
  readonly variant: VariantEffect<R>
  readonly evaluate: (
    flag: string | Definition<unknown>,
    context?: EvaluationContext
  ) => Effect.Effect<Decision, EvaluateError, R>
  readonly explain: (
    flag: string | Definition<unknown>,
    context?: EvaluationContext,
    options?: Explanation.Options
  ) => Effect.Effect<Explained, FlagNotFound | NotReady, R>
  readonly decisions: (context?: EvaluationContext) => Effect.Effect<ReadonlyMap<string, Decision>, never, R>
}

const asking = Service.askingOf<Rulestead>((fiber) => Context.getUnsafe(fiber.context, Rulestead))

/**
 * Decides flags of one environment.
 *
 * - `enabled`: whether the flag is on; `false` if it is not known.
 * - `value`: see {@link ValueUnsafe}.
 * - `variant`: the key of the variant that a split or an experiment chose.
 * - `evaluate`: the whole decision. Fails if the flag is not known, and if the rule that applies lacks an identity.
 * - `explain`: why; redacted unless asked to `reveal`. Does not count as a decision.
 * - `decisions`: of every flag, by key.
 * - `health`, `ready`, `changes`, `refresh`, `refreshIfOlderThan`, `flush`: see `SnapshotCache`; `ready` is its readiness now.
 * - `onChangeUnsafe`: calls a listener for every change from now on; the function returned ends that. A listener that
 *   throws, or returns a promise that rejects, changes nothing; what it threw is logged, at most once a minute.
 *
 * All take a flag's key, or a definition of it (see `Flag.make`); what `evaluate` and `explain` answer is as it was
 * authored, not decoded. Effects that are not given a context ask about the ambient one, `EvaluationContext.Current`; one
 * that is given stands alone.
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
export class Rulestead extends Context.Service<
  Rulestead,
  Asking & AskingUnsafe & {
    readonly health: Effect.Effect<Health>
    readonly healthUnsafe: () => Health
    readonly ready: Effect.Effect<Readiness>
    readonly refresh: Effect.Effect<void, NotRefreshed>
    readonly refreshIfOlderThan: (age: Duration.Input) => Effect.Effect<boolean>
    readonly flush: Effect.Effect<void>
    readonly changes: Stream.Stream<Change>
    readonly onChangeUnsafe: (listener: (change: Change) => void) => () => void
  }
>()("rulestead/Rulestead") {
  /** A node for one environment. `Telemetry`, `SnapshotBackup` and `DecisionObserver` are used if they are provided. */
  static readonly layer = (
    options: Options
  ): Layer.Layer<Rulestead | SnapshotCache, InvalidInput | NotFresh, SnapshotFeed> =>
    Layer.provideMerge(
      Layer.effect(Rulestead, make),
      SnapshotCache.layer(options)
    )

  static readonly enabled: Asking<Rulestead>["enabled"] = asking.enabled

  static readonly value: ValueEffect<Rulestead> = asking.value

  static readonly variant: VariantEffect<Rulestead> = asking.variant

  static readonly evaluate: Asking<Rulestead>["evaluate"] = asking.evaluate

  static readonly explain: Asking<Rulestead>["explain"] = asking.explain

  static readonly decisions: Asking<Rulestead>["decisions"] = asking.decisions

  static readonly health: Effect.Effect<Health, never, Rulestead> = Rulestead.use(({ health }) => health)

  static readonly ready: Effect.Effect<Readiness, never, Rulestead> = Rulestead.use(({ ready }) => ready)

  static readonly refresh: Effect.Effect<void, NotRefreshed, Rulestead> = Rulestead.use(({ refresh }) => refresh)

  static readonly refreshIfOlderThan = (age: Duration.Input): Effect.Effect<boolean, never, Rulestead> =>
    Rulestead.use(({ refreshIfOlderThan }) => refreshIfOlderThan(age))

  static readonly flush: Effect.Effect<void, never, Rulestead> = Rulestead.use(({ flush }) => flush)

  static readonly changes: Stream.Stream<Change, never, Rulestead> = Stream.unwrap(
    Rulestead.useSync(({ changes }) => changes)
  )
}

const make = Effect.gen(function*() {
  const cache = yield* SnapshotCache
  const services = yield* Effect.context()
  return Service.make(cache, Decisions.make(cache, Observing.observerIn(services)), services)
})

const setting = <A>(config: Config.Config<A>): Config.Config<A | undefined> => Config.withDefault(config, undefined)

/**
 * The options of {@link Rulestead.layer} from `Config`: `RULESTEAD_ENVIRONMENT`, which is required, and
 * `RULESTEAD_BOOT_TIMEOUT`, `RULESTEAD_WHEN_NOT_FRESH`, `RULESTEAD_FETCH_TIMEOUT`, `RULESTEAD_POLL_INTERVAL`,
 * `RULESTEAD_STALE_AFTER`, `RULESTEAD_RETRY_MIN`, `RULESTEAD_RETRY_MAX`, `RULESTEAD_BACKGROUND`, and
 * `RULESTEAD_VERIFY_KEYS`, which is a text as `SigningKey.fromText` takes it.
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
  retry: Config.all({ min: setting(Config.Duration("RETRY_MIN")), max: setting(Config.Duration("RETRY_MAX")) }),
  background: setting(Config.Boolean("BACKGROUND")),
  verify: setting(SigningKey.config("VERIFY_KEYS"))
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
