/**
 * Rulestead for plain Node.js code: promises for what waits, plain functions for what is memory.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import type { Decision } from "rulestead/Decision"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import type * as Explanation from "rulestead/Explanation"
import type { Definition } from "rulestead/Flag"
import type { Health, Readiness } from "rulestead/Health"
import type * as Manifest from "rulestead/Manifest"
import type { Publisher } from "rulestead/Publisher"
import { type Explained, Rulestead } from "rulestead/Rulestead"
import { type Change, type DecisionCount, SnapshotCache } from "rulestead/SnapshotCache"
import type { Store } from "rulestead/Store"
import { type Event, onEventUnsafe, type Telemetry } from "rulestead/Telemetry"
import { UsageReporter } from "rulestead/UsageReporter"
import type { Value } from "rulestead/Value"
import { ClientClosed } from "./ClientClosed.ts"
import { asking } from "./internal/asking.ts"

/**
 * Decides flags of one environment.
 *
 * `enabled`, `value`, `variant` and `decisions` never throw: what is not known is off, or the default that was given.
 * `evaluate` and `explain` are strict and throw `FlagNotFound`, `NotReady` or, `evaluate` only, `MissingIdentity`
 * (`@rulestead/node/RulesteadError`). All of them are synchronous and read memory. After `close` they go on answering from the
 * last snapshot, which is then stale.
 *
 * All take a flag's key, or a definition of it (`@rulestead/node/Flag`); what `evaluate` and `explain` answer is as it was
 * authored, not decoded. Left out, the context is the one in force; see `withContext`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RulesteadClient extends AsyncDisposable {
  /** Whether the flag is on; `false` if it is not known. */
  readonly enabled: (flag: string | Definition<boolean>, context?: EvaluationContext) => boolean
  /**
   * What the flag serves: decoded, if asked by a definition; else as it is, if it is known and of the type of `otherwise`.
   * Otherwise the default of the definition, or `otherwise`.
   */
  readonly value: {
    <A>(flag: Definition<A>, context?: EvaluationContext): A
    (flag: string, context: EvaluationContext | undefined, otherwise: boolean): boolean
    (flag: string, context: EvaluationContext | undefined, otherwise: string): string
    (flag: string, context: EvaluationContext | undefined, otherwise: number): number
    (flag: string, context: EvaluationContext | undefined, otherwise: Value): Value
  }
  /** The key of the variant that a split or an experiment chose, if it is one of the definition. */
  readonly variant: {
    <Variant extends string>(
      flag: Definition<unknown, string, Variant>,
      context?: EvaluationContext
    ): Variant | undefined
    (flag: string, context?: EvaluationContext): string | undefined
  }
  /** The whole decision: value, variant, reason, rule, and the snapshot it was made from. */
  readonly evaluate: (flag: string | Definition<unknown>, context?: EvaluationContext) => Decision
  /** Why; redacted unless asked to `reveal`. */
  readonly explain: (
    flag: string | Definition<unknown>,
    context?: EvaluationContext,
    options?: Explanation.Options
  ) => Explained
  /** The decisions of all flags, by key. */
  readonly decisions: (context?: EvaluationContext) => ReadonlyMap<string, Decision>
  /** What is served, and why it is not from the store if it is not. */
  readonly readiness: () => Readiness
  /** Everything an operator wants to know. `live` and `ready` are the answers for probes. */
  readonly health: () => Health
  /**
   * Calls `listener` for every change of what is served, from now on; the function returned ends that. A listener that
   * throws, or returns a promise that rejects, changes nothing; the next call waits for the promise. What it threw is
   * logged, at most once a minute.
   */
  readonly onChange: (listener: (change: Change) => void) => () => void
  /**
   * Calls `listener` for every event of telemetry, from now on; the function returned ends that. A listener that throws
   * or rejects changes nothing, and is logged as one of changes is. One that is more than 1024 events behind loses the
   * oldest (`health().telemetry.dropped`).
   */
  readonly onEvent: (listener: (event: Event) => void) => () => void
  /** How often which answer was served, since the start. */
  readonly decisionCounts: () => ReadonlyArray<DecisionCount>
  /** The metrics of this client in the text format of Prometheus. Decisions are up to 15 seconds late in them. */
  readonly metrics: () => Promise<string>
  /** Looks at the store now; rejects with `NotRefreshed` if that brought nothing, as after `close` (reason `closed`). */
  readonly refresh: () => Promise<void>
  /**
   * Looks at the store if it has not confirmed the snapshot within that time (`"30 seconds"`, or milliseconds), and answers
   * whether the snapshot is that young now. Never rejects; what is no time counts as 0, so that it always looks.
   */
  readonly refreshIfOlderThan: (age: Duration.Input) => Promise<boolean>
  /**
   * Writes what is otherwise written behind the scenes: the backup and the usage, where they are on, and the metrics. Never
   * rejects; what cannot be written is reported, and written later.
   */
  readonly flush: () => Promise<void>
  /**
   * Makes the environment serve what a manifest says; see `Manifest.apply`. Rejects with the typed errors there, and with
   * `ClientClosed` after `close`, and where that ended it.
   */
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
  runtime: ManagedRuntime.ManagedRuntime<Rulestead | SnapshotCache | Store | Publisher | Telemetry, E>,
  environment: string
): Promise<RulesteadClient> => {
  const context = await open(runtime)
  const rulestead = Context.get(context, Rulestead)
  let isClosed = false
  const close = () => {
    isClosed = true
    return runtime.dispose()
  }
  return {
    ...asking(rulestead),
    readiness: () => rulestead.healthUnsafe().readiness,
    health: () => rulestead.healthUnsafe(),
    onChange: rulestead.onChangeUnsafe,
    onEvent: (listener) => onEventUnsafe(context, listener),
    decisionCounts: () => Context.get(context, SnapshotCache).decisionCounts(),
    metrics: async () => {
      // With it comes all of Effect's HTTP, which only those who ask for metrics should load.
      const { formatUnsafe } = await import("effect/observability/PrometheusMetrics")
      return formatUnsafe(context)
    },
    refresh: () => Effect.runPromiseWith(context)(rulestead.refresh),
    refreshIfOlderThan: (age) => Effect.runPromiseWith(context)(rulestead.refreshIfOlderThan(age)),
    flush: () => Effect.runPromiseWith(context)(Effect.andThen(rulestead.flush, flushUsage(context))),
    apply: async (manifest) => {
      const Manifest = await import("rulestead/Manifest")
      if (isClosed) throw new ClientClosed({ environment, started: false })
      const exit = await runtime.runPromiseExit(Manifest.apply(manifest, { environment }))
      if (Exit.isSuccess(exit)) return exit.value
      const isCut = isClosed && Cause.hasInterruptsOnly(exit.cause)
      throw isCut ? new ClientClosed({ environment, started: true }) : Cause.squash(exit.cause)
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

const flushUsage = (context: Context.Context<never>): Effect.Effect<void> =>
  Option.match(Context.getOption(context, UsageReporter), {
    onNone: () => Effect.void,
    onSome: ({ flush }) => Effect.ignore(flush, { log: "Warn" })
  })

const open = async <R, E>(runtime: ManagedRuntime.ManagedRuntime<R, E>): Promise<Context.Context<R>> => {
  try {
    return await runtime.context()
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
