/**
 * Asking as plain functions, which know the ambient context.
 */
import * as Result from "effect/Result"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import type { Definition } from "rulestead/Flag"
import { type AskingUnsafe, isDefinition } from "rulestead/Rulestead"
import type { Value } from "rulestead/Value"
import { currentContext } from "../AmbientContext.ts"
import type { RulesteadClient } from "../RulesteadClient.ts"

type Asking = Pick<RulesteadClient, "enabled" | "value" | "variant" | "evaluate" | "explain" | "decisions">

export const asking = (rulestead: AskingUnsafe): Asking => {
  const { decisionsUnsafe, enabledUnsafe, evaluateUnsafe, explainUnsafe, valueUnsafe, variantUnsafe } = rulestead

  function value<A>(flag: Definition<A>, context?: EvaluationContext): A
  function value(flag: string, context: EvaluationContext | undefined, otherwise: boolean): boolean
  function value(flag: string, context: EvaluationContext | undefined, otherwise: string): string
  function value(flag: string, context: EvaluationContext | undefined, otherwise: number): number
  function value(flag: string, context: EvaluationContext | undefined, otherwise: Value): Value
  function value(
    flag: string | Definition<unknown>,
    context: EvaluationContext = currentContext(),
    otherwise: Value = null
  ): unknown {
    return isDefinition(flag) ? valueUnsafe(flag, context) : valueUnsafe(flag, context, otherwise)
  }

  function variant<Variant extends string>(
    flag: Definition<unknown, string, Variant>,
    context?: EvaluationContext
  ): Variant | undefined
  function variant(flag: string, context?: EvaluationContext): string | undefined
  function variant(flag: string | Definition<unknown>, context: EvaluationContext = currentContext()) {
    return isDefinition(flag) ? variantUnsafe(flag, context) : variantUnsafe(flag, context)
  }

  return {
    enabled: (flag, context = currentContext()) => enabledUnsafe(flag, context),
    value,
    variant,
    evaluate: (flag, context = currentContext()) => Result.getOrThrow(evaluateUnsafe(flag, context)),
    explain: (flag, context = currentContext(), options) => Result.getOrThrow(explainUnsafe(flag, context, options)),
    decisions: (context = currentContext()) => decisionsUnsafe(context)
  }
}
