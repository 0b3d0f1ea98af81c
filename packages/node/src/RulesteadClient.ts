/**
 * Rulestead for plain Node.js code: promises for what waits, plain functions for what is memory.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { Decision } from "rulestead/Decision"
import * as EvaluationContext from "rulestead/EvaluationContext"
import type * as Explanation from "rulestead/Explanation"
import type { Health, Readiness } from "rulestead/Health"
import * as Manifest from "rulestead/Manifest"
import type { Publisher } from "rulestead/Publisher"
import { type Explained, Rulestead } from "rulestead/Rulestead"
import type { Change, SnapshotCache } from "rulestead/SnapshotCache"
import type { Store } from "rulestead/Store"
import type { Value } from "rulestead/Value"

/**
 * Decides flags of one environment.
 *
 * `enabled`, `value`, `variant` and `decisions` never throw: what is not known is off, or the default that was given.
 * `evaluate` and `explain` are strict and throw `FlagNotFound`, `NotReady` or, `evaluate` only, `MissingIdentity`
 * (`rulestead/RulesteadError`). All of them are synchronous and read memory. After `close` they go on answering from the
 * last snapshot, which is then stale.
 *
 * @category models
 * @since 0.1.0
 */
export interface RulesteadClient extends AsyncDisposable {
  /** Whether the flag is on; `false` if it is not known. */
  readonly enabled: (flag: string, context?: EvaluationContext.EvaluationContext) => boolean
  /** What the flag serves if it is known and of the type of `otherwise`; else `otherwise`. */
  readonly value: {
    (flag: string, context: EvaluationContext.EvaluationContext, otherwise: boolean): boolean
    (flag: string, context: EvaluationContext.EvaluationContext, otherwise: string): string
    (flag: string, context: EvaluationContext.EvaluationContext, otherwise: number): number
    (flag: string, context: EvaluationContext.EvaluationContext, otherwise: Value): Value
  }
  /** The key of the variant that a split or an experiment chose. */
  readonly variant: (flag: string, context?: EvaluationContext.EvaluationContext) => string | undefined
  /** The whole decision: value, variant, reason, rule, and the snapshot it was made from. */
  readonly evaluate: (flag: string, context?: EvaluationContext.EvaluationContext) => Decision
  /** Why; redacted unless asked to `reveal`. */
  readonly explain: (
    flag: string,
    context?: EvaluationContext.EvaluationContext,
    options?: Explanation.Options
  ) => Explained
  /** The decisions of all flags, by key. */
  readonly decisions: (context?: EvaluationContext.EvaluationContext) => ReadonlyMap<string, Decision>
  /** What is served, and why it is not from the store if it is not. */
  readonly readiness: () => Readiness
  /** Everything an operator wants to know. */
  readonly health: () => Health
  /**
   * Calls `listener` for every change of what is served, from now on; the function returned ends that. A listener that
   * throws changes nothing.
   */
  readonly onChange: (listener: (change: Change) => void) => () => void
  /** Looks at the store now; rejects with `NotRefreshed` if that brought nothing. */
  readonly refresh: () => Promise<void>
  /** Makes the environment serve what a manifest says; see `Manifest.apply`. Rejects with the typed errors there. */
  readonly apply: (manifest: Manifest.Input) => Promise<Manifest.Report>
  /** Ends everything that runs behind the scenes, in bounded time, whatever the store does. May be called repeatedly. */
  readonly close: () => Promise<void>
}

/**
 * A client on a runtime, which it owns.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = async <E>(
  runtime: ManagedRuntime.ManagedRuntime<Rulestead | SnapshotCache | Store | Publisher, E>,
  environment: string
): Promise<RulesteadClient> => {
  const context = await open(runtime)
  const rulestead = Context.get(context, Rulestead)
  const close = () => runtime.dispose()
  return {
    enabled: (flag, context = EvaluationContext.empty) => rulestead.enabledUnsafe(flag, context),
    value: rulestead.valueUnsafe,
    variant: (flag, context = EvaluationContext.empty) => rulestead.variantUnsafe(flag, context),
    evaluate: (flag, context = EvaluationContext.empty) => Result.getOrThrow(rulestead.evaluateUnsafe(flag, context)),
    explain: (flag, context = EvaluationContext.empty, options) =>
      Result.getOrThrow(rulestead.explainUnsafe(flag, context, options)),
    decisions: (context = EvaluationContext.empty) => rulestead.decisionsUnsafe(context),
    readiness: () => rulestead.healthUnsafe().readiness,
    health: () => rulestead.healthUnsafe(),
    onChange: (listener) => subscribe(runtime, rulestead, listener),
    refresh: () => runtime.runPromise(rulestead.refresh),
    apply: (manifest) => runtime.runPromise(Manifest.apply(manifest, { environment })),
    close,
    [Symbol.asyncDispose]: close
  }
}

const open = async <R, E>(runtime: ManagedRuntime.ManagedRuntime<R, E>): Promise<Context.Context<R>> => {
  try {
    return await runtime.context()
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}

const subscribe = <R, E>(
  runtime: ManagedRuntime.ManagedRuntime<R, E>,
  rulestead: Rulestead["Service"],
  listener: (change: Change) => void
): () => void => {
  const fiber = runtime.runFork(
    Stream.runForEach(rulestead.changes, (change) =>
      Effect.sync(() => listener(change)).pipe(
        Effect.catchDefect(() => Effect.logError("A listener of changes threw"))
      ))
  )
  return () => fiber.interruptUnsafe()
}
