/**
 * Walks the steps of a flag as they are.
 */
import type { EvaluationContext } from "../EvaluationContext.ts"
import type { Program } from "./program.ts"
import type { Served } from "./served.ts"
import { take } from "./steps.ts"

/** Where `strict`, the answer may be one that lacks an identity; otherwise such a step is passed over. Never throws. */
export const interpret = (program: Program, context: EvaluationContext, strict: boolean): Served => {
  try {
    for (const step of program.steps) {
      const served = take(step, context)
      if (served !== undefined && (strict || served.missing === undefined)) return served
    }
    return program.fallthrough
  } catch {
    return program.failed
  }
}
