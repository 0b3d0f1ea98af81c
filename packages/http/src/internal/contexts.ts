/**
 * The contexts that requests were given, for as long as somebody holds the request.
 */
import type { EvaluationContext } from "rulestead/EvaluationContext"

export const contexts = new WeakMap<object, EvaluationContext>()
