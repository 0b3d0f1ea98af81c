/**
 * Decides flags: pure, synchronous, and never throwing.
 *
 * A flag is compiled once, by its first decision, and rules that spell out a table become a map. What a rule needs is made
 * once as well, when it is first needed: lists become sets, salts a prepared hash, and every outcome one object that is
 * returned again and again. Deciding is then a walk over the steps that are left, and allocates nothing. A flag that is
 * decided often gets code of its own for the walk, unless the process forbids code from strings.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import type { Outcome } from "./Decision.ts"
import type * as EvaluationContext from "./EvaluationContext.ts"
import type { Explanation, Options, RuleExplanation } from "./Explanation.ts"
import * as Compiled from "./internal/compiledFlag.ts"
import * as Conditions from "./internal/conditions.ts"
import { explainRule } from "./internal/explainRule.ts"
import type * as Rules from "./internal/rules.ts"
import type { Missing, Served } from "./internal/served.ts"
import { take } from "./internal/steps.ts"
import type { AudienceEntry, FlagEntry } from "./Snapshot.ts"

type Context = EvaluationContext.EvaluationContext

/**
 * An audience ready to be matched. Make it with {@link compileAudience}.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompiledAudience extends Rules.CompiledAudience {}

/**
 * A flag ready to be decided. Make it with {@link compileFlag}.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompiledFlag extends Compiled.CompiledFlag {}

/**
 * A rule needed an identity that the context does not have. Only {@link evaluateStrict} answers so; otherwise such a
 * rule is skipped.
 *
 * @category models
 * @since 0.1.0
 */
export interface MissingIdentity extends Missing {}

/**
 * @category compiling
 * @since 0.1.0
 */
export const compileAudience = ({ archived = false, definition, key }: AudienceEntry): CompiledAudience => {
  const written = "conditions" in definition ? definition.conditions : []
  return { key, archived, written, conditions: written.map(Conditions.compile) }
}

/**
 * Prepares a flag, against the audiences of its snapshot. A rule whose audience is not among them never applies. JSON
 * values of the entry are served as they are, and frozen for that; it must not change any more.
 *
 * @category compiling
 * @since 0.1.0
 */
export const compileFlag = (
  entry: FlagEntry,
  audiences?: ReadonlyMap<string, CompiledAudience>
): CompiledFlag => Compiled.make(entry, entry, (key) => audiences?.get(key))

/**
 * Decides a flag for a context. Total: any input has an answer.
 *
 * @category evaluating
 * @since 0.1.0
 */
export const evaluate = (flag: CompiledFlag, context: Context): Outcome => decide(flag, context).outcome

/** @internal */
export const decide = (flag: CompiledFlag, context: Context): Served => flag.decide(context, false)

/**
 * As {@link evaluate}, but the first rule that holds and then lacks an identity to bucket by ends the walk.
 *
 * @category evaluating
 * @since 0.1.0
 */
export const evaluateStrict = (flag: CompiledFlag, context: Context): Outcome | MissingIdentity => {
  const { missing, outcome } = decideStrict(flag, context)
  return missing ?? outcome
}

/** @internal */
export const decideStrict = (flag: CompiledFlag, context: Context): Served => flag.decide(context, true)

/**
 * Why {@link evaluate} answers as it does, found by walking the same compiled rules. Total, as the answer itself.
 *
 * @category evaluating
 * @since 0.1.0
 */
export const explain = (flag: CompiledFlag, context: Context, options: Options = {}): Explanation => {
  const { failed, fallthrough, fixed, rules } = flag.program
  if (fixed?.outcome.reason === "killed") return { outcome: fixed.outcome, rules: [] }
  const walked: Array<RuleExplanation> = []
  try {
    const { entry, found: audiences } = flag
    for (const [rule, compiled] of Arr.zip(entry.rules, rules)) {
      const served = take(compiled, context)
      walked.push(explainRule({ entry, audiences, context, options }, rule, compiled, served))
      if (served !== undefined && served.missing === undefined) return { outcome: served.outcome, rules: walked }
    }
    return { outcome: fallthrough.outcome, rules: walked }
  } catch {
    return { outcome: failed.outcome, rules: walked }
  }
}
