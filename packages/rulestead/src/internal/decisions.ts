/**
 * Asking: what happens on every decision, and nothing else.
 */
import * as Result from "effect/Result"
import type { Decision } from "../Decision.ts"
import type { DecisionObserver } from "../DecisionObserver.ts"
import { empty, type EvaluationContext } from "../EvaluationContext.ts"
import { type CompiledFlag, decide, decideStrict, explain } from "../Evaluator.ts"
import type { Definition } from "../Flag.ts"
import type { AskingUnsafe } from "../Rulestead.ts"
import { type EvaluateError, FlagNotFound, MissingIdentity, NotReady } from "../RulesteadError.ts"
import type { SnapshotCache } from "../SnapshotCache.ts"
import { typeOf, type Value } from "../Value.ts"
import { errorCodeOf } from "../Vocabulary.ts"
import { isDefinition } from "./definition.ts"
import type { Served } from "./served.ts"

export const make = (
  cache: SnapshotCache["Service"],
  observer?: DecisionObserver["Service"]
): AskingUnsafe => {
  const { environment, find, findAll, flags, provenance, unmet } = cache

  // Callers without types may pass anything, and `null` for a context.
  const count = (flag: CompiledFlag, context: EvaluationContext): Served => {
    const served = decide(flag, context ?? empty)
    served.count++
    return served
  }

  const tell = (served: Served, context: EvaluationContext): void =>
    observer?.decided(served.from(provenance()), context ?? empty)

  const serve = observer === undefined ? count : (flag: CompiledFlag, context: EvaluationContext): Served => {
    const served = count(flag, context)
    tell(served, context)
    return served
  }

  const mismatch = (flag: string, context: EvaluationContext): void =>
    observer?.failed({ flag, code: "type_mismatch", snapshot: provenance() }, context ?? empty)

  /** What the flag serves does not fit its definition. */
  const misfit = (flag: string, context: EvaluationContext): void => {
    unmet(flag)
    mismatch(flag, context)
  }

  const read = <A>(definition: Definition<A>, context: EvaluationContext): A => {
    const flag = find(definition.key) ?? miss(definition.key, context)
    if (flag === undefined) return definition.default
    const served = count(flag, context)
    const { fits, value } = definition.read(served.outcome)
    if (fits) tell(served, context)
    else misfit(definition.key, context)
    return value
  }

  const notFound = (flag: unknown): FlagNotFound | NotReady =>
    provenance().source === "none"
      ? new NotReady({ environment })
      : new FlagNotFound({ environment, flag: typeof flag === "string" ? flag : `(${typeof flag})` })

  const fail = (
    error: EvaluateError,
    flag: string,
    context: EvaluationContext
  ): Result.Result<never, EvaluateError> => {
    observer?.failed({ flag, code: errorCodeOf(error), snapshot: provenance() }, context ?? empty)
    return Result.fail(error)
  }

  const miss = (flag: string, context: EvaluationContext): undefined => {
    if (observer !== undefined) fail(notFound(flag), flag, context)
  }

  const enabledUnsafe = (key: string | Definition<boolean>, context: EvaluationContext): boolean => {
    if (isDefinition(key)) return read(key, context)
    const flag = find(key) ?? miss(key, context)
    return flag !== undefined && serve(flag, context).outcome.enabled
  }

  function valueUnsafe<A>(flag: Definition<A>, context: EvaluationContext): A
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: boolean): boolean
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: string): string
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: number): number
  function valueUnsafe(flag: string, context: EvaluationContext, otherwise: Value): Value
  function valueUnsafe(key: string | Definition<unknown>, context: EvaluationContext, otherwise?: Value): unknown {
    if (isDefinition(key)) return read(key, context)
    const flag = find(key) ?? miss(key, context)
    if (flag === undefined) return otherwise
    if (flag.valueType === typeOf(otherwise)) return serve(flag, context).outcome.value
    mismatch(key, context)
    return otherwise
  }

  const chosen = (key: string, context: EvaluationContext): string | undefined => {
    const flag = find(key) ?? miss(key, context)
    return flag === undefined ? undefined : serve(flag, context).outcome.variant ?? undefined
  }

  const chosenBy = <Variant extends string>(
    { isVariant, key }: Definition<unknown, string, Variant>,
    context: EvaluationContext
  ): Variant | undefined => {
    const flag = find(key) ?? miss(key, context)
    if (flag === undefined) return undefined
    const served = count(flag, context)
    const variant = served.outcome.variant ?? undefined
    if (variant !== undefined && !isVariant(variant)) {
      misfit(key, context)
      return undefined
    }
    tell(served, context)
    return variant
  }

  function variantUnsafe<Variant extends string>(
    flag: Definition<unknown, string, Variant>,
    context: EvaluationContext
  ): Variant | undefined
  function variantUnsafe(flag: string, context: EvaluationContext): string | undefined
  function variantUnsafe(flag: string | Definition<unknown>, context: EvaluationContext): string | undefined {
    return isDefinition(flag) ? chosenBy(flag, context) : chosen(flag, context)
  }

  const evaluateUnsafe: AskingUnsafe["evaluateUnsafe"] = (asked, context) => {
    const key = keyOf(asked)
    const flag = find(key)
    if (flag === undefined) return fail(notFound(key), key, context)
    const served = decideStrict(flag, context ?? empty)
    if (served.missing !== undefined) return fail(new MissingIdentity(served.missing), key, context)
    served.count++
    const snapshot = provenance()
    observer?.decided(served.from(snapshot), context ?? empty)
    return served.succeed(snapshot)
  }

  const explainUnsafe: AskingUnsafe["explainUnsafe"] = (asked, context, options) => {
    const key = keyOf(asked)
    const flag = flags().get(key)
    if (flag === undefined) return Result.fail(notFound(key))
    return Result.succeed({ ...explain(flag, context ?? empty, options), snapshot: provenance() })
  }

  const decisionsUnsafe = (context: EvaluationContext): ReadonlyMap<string, Decision> => {
    const snapshot = provenance()
    const decisions = new Map<string, Decision>()
    for (const [key, flag] of findAll()) decisions.set(key, count(flag, context).from(snapshot))
    return decisions
  }

  return { enabledUnsafe, valueUnsafe, variantUnsafe, evaluateUnsafe, explainUnsafe, decisionsUnsafe }
}

const keyOf = (flag: string | Definition<unknown>): string => isDefinition(flag) ? flag.key : flag
