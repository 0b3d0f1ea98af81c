/**
 * Asking: what happens on every decision, and nothing else.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Decision } from "../Decision.ts"
import { empty, type EvaluationContext } from "../EvaluationContext.ts"
import { type CompiledFlag, decide, decideStrict, explain } from "../Evaluator.ts"
import type { Rulestead } from "../Rulestead.ts"
import { FlagNotFound, MissingIdentity, NotReady } from "../RulesteadError.ts"
import type { SnapshotCache } from "../SnapshotCache.ts"
import type { Value, ValueType } from "../Value.ts"
import { Served } from "./served.ts"

type Service = Rulestead["Service"]

export const make = (cache: SnapshotCache["Service"]): Service => {
  const { changes, environment, find, flags, health, provenance, readiness, refresh } = cache

  // Callers without types may pass anything, and `null` for a context.
  const serve = (flag: CompiledFlag, context: EvaluationContext): Served => {
    const served = decide(flag, context ?? empty)
    served.count++
    return served
  }

  const notFound = (flag: unknown): FlagNotFound | NotReady =>
    provenance().source === "none"
      ? new NotReady({ environment })
      : new FlagNotFound({ environment, flag: typeof flag === "string" ? flag : `(${typeof flag})` })

  const enabledUnsafe = (key: string, context: EvaluationContext): boolean => {
    const flag = find(key)
    return flag !== undefined && serve(flag, context).outcome.enabled
  }

  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: boolean): boolean
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: string): string
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: number): number
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: Value): Value
  function valueUnsafe(key: string, context: EvaluationContext, otherwise: Value): Value {
    const flag = find(key)
    return flag !== undefined && flag.valueType === typeOf(otherwise) ? serve(flag, context).outcome.value : otherwise
  }

  const variantUnsafe = (key: string, context: EvaluationContext): string | undefined => {
    const flag = find(key)
    return flag === undefined ? undefined : serve(flag, context).outcome.variant ?? undefined
  }

  const evaluateUnsafe: Service["evaluateUnsafe"] = (key, context) => {
    const flag = find(key)
    if (flag === undefined) return Result.fail(notFound(key))
    const answer = decideStrict(flag, context ?? empty)
    if (!(answer instanceof Served)) return Result.fail(new MissingIdentity(answer))
    answer.count++
    return Result.succeed(answer.from(provenance()))
  }

  const explainUnsafe: Service["explainUnsafe"] = (key, context, options) => {
    const flag = flags().get(key)
    if (flag === undefined) return Result.fail(notFound(key))
    return Result.succeed({ ...explain(flag, context ?? empty, options), snapshot: provenance() })
  }

  const decisionsUnsafe = (context: EvaluationContext): ReadonlyMap<string, Decision> => {
    const snapshot = provenance()
    const decisions = new Map<string, Decision>()
    for (const [key, flag] of flags()) decisions.set(key, serve(flag, context).from(snapshot))
    return decisions
  }

  function value(flag: string, context: EvaluationContext, otherwise: boolean): Effect.Effect<boolean>
  function value(flag: string, context: EvaluationContext, otherwise: string): Effect.Effect<string>
  function value(flag: string, context: EvaluationContext, otherwise: number): Effect.Effect<number>
  function value(flag: string, context: EvaluationContext, otherwise: Value): Effect.Effect<Value>
  function value(flag: string, context: EvaluationContext, otherwise: Value): Effect.Effect<Value> {
    return Effect.sync(() => valueUnsafe(flag, context, otherwise))
  }

  return {
    enabled: (flag, context) => Effect.sync(() => enabledUnsafe(flag, context)),
    value,
    variant: (flag, context) => Effect.sync(() => variantUnsafe(flag, context)),
    evaluate: (flag, context) => Effect.suspend(() => Effect.fromResult(evaluateUnsafe(flag, context))),
    explain: (flag, context, options) => Effect.suspend(() => Effect.fromResult(explainUnsafe(flag, context, options))),
    decisions: (context) => Effect.sync(() => decisionsUnsafe(context)),
    enabledUnsafe,
    valueUnsafe,
    variantUnsafe,
    evaluateUnsafe,
    explainUnsafe,
    decisionsUnsafe,
    healthUnsafe: health,
    health: Effect.sync(health),
    ready: Effect.sync(readiness),
    refresh,
    changes
  }
}

const typeOf = (value: Value): ValueType => {
  const type = typeof value
  return type === "boolean" || type === "string" || type === "number" ? type : "json"
}
