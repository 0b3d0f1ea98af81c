/** Why somebody got what they got. */
import * as Effect from "effect/Effect"
import { Rulestead } from "rulestead"
import type { EvaluationContext } from "rulestead/EvaluationContext"

/** The first of the requests that the rule decided, explained without a fact of its context. */
export const explainFirst = Effect.fnUntraced(function*(
  flag: string,
  rule: string,
  requests: ReadonlyArray<EvaluationContext>
) {
  for (const request of requests) {
    const explained = yield* Rulestead.explain(flag, request)
    if (explained.outcome.rule === rule) return explained
  }
  return yield* Rulestead.explain(flag, {})
})
