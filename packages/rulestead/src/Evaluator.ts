/**
 * Decides flags: pure, synchronous, and never throwing.
 *
 * A flag is compiled once, when its snapshot is installed: lists become sets, rules that spell out a table become a map,
 * salts a prepared hash, and every outcome that the flag can have becomes one object that is returned again and again.
 * Deciding is then a walk over the steps that are left, and allocates nothing.
 *
 * @since 0.1.0
 */
import type { Outcome, Reason } from "./Decision.ts"
import type * as EvaluationContext from "./EvaluationContext.ts"
import type { Explanation, Options, RuleExplanation, SkipReason } from "./Explanation.ts"
import * as Conditions from "./internal/conditions.ts"
import { type Missing, Served } from "./internal/served.ts"
import * as Steps from "./internal/steps.ts"
import * as Strategy from "./internal/strategy.ts"
import type { AudienceEntry, FlagEntry } from "./Snapshot.ts"
import * as Value from "./Value.ts"

type Context = EvaluationContext.EvaluationContext

/**
 * An audience ready to be matched. Make it with {@link compileAudience}.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompiledAudience extends Strategy.CompiledAudience {}

/**
 * A flag ready to be decided. Make it with {@link compileFlag}.
 *
 * @category models
 * @since 0.1.0
 */
export interface CompiledFlag {
  readonly key: string
  readonly valueType: Value.ValueType
  /** The audiences that its rules refer to: when one of them changes, the flag must be compiled again. */
  readonly audiences: ReadonlyArray<string>
  /** Every outcome that the flag can have. */
  readonly outcomes: ReadonlyArray<Served>
  /** @internal */
  readonly compiled: Compiled
}

interface Compiled {
  /** Known without looking at any context, as of a flag that is killed. */
  readonly fixed: Served | undefined
  readonly steps: ReadonlyArray<Steps.Step>
  /** As they were written, to explain what the steps decide. */
  readonly rules: ReadonlyArray<Steps.CompiledRule>
  readonly fallthrough: Served
  readonly failed: Served
}

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
export const compileAudience = ({ archived = false, definition, key }: AudienceEntry): CompiledAudience => ({
  key,
  archived,
  conditions: "conditions" in definition ? definition.conditions.map(Conditions.compile) : []
})

/**
 * Compiles a flag against the audiences of its snapshot. A rule whose audience is not among them never applies. JSON
 * values of the entry are served as they are, and frozen for that.
 *
 * @category compiling
 * @since 0.1.0
 */
export const compileFlag = (
  entry: FlagEntry,
  audiences: ReadonlyMap<string, CompiledAudience> = new Map()
): CompiledFlag => {
  const outcomes: Array<Served> = []
  const outcome = (reason: Reason, value: Value.Value, by: Partial<Outcome> = {}): Outcome => ({
    flag: entry.key,
    value: freeze(value),
    enabled: reason === "killed" ? value === true : Value.isEnabled(value),
    variant: null,
    reason,
    rule: null,
    rulesetVersion: entry.rulesetVersion,
    holdout: false,
    ...by
  })
  const serve = (...of: Parameters<typeof outcome>): Served => {
    const served = new Served(outcome(...of), undefined)
    outcomes.push(served)
    return served
  }
  const fallthrough = serve("default", entry.defaultValue)
  const failed = serve("error", entry.defaultValue)
  const killed = entry.killSwitch === undefined ? undefined : serve("killed", entry.killSwitch.value)
  const rules = entry.rules.map((rule): Steps.CompiledRule => ({
    rule,
    conditions: rule.conditions.map(Conditions.compile),
    strategy: Strategy.compile(entry, rule, audiences, {
      value: (value, variant = null, holdout = false) =>
        serve("rule_match", value, { rule: rule.key, variant, holdout }),
      missing: (bucketBy) =>
        new Served(outcome("default", entry.defaultValue), { flag: entry.key, rule: rule.key, bucketBy })
    })
  }))
  return {
    key: entry.key,
    valueType: entry.valueType,
    audiences: rules.flatMap(({ rule }) => rule.strategy === "segment_match" ? [rule.audience] : []),
    outcomes,
    compiled: { fixed: killed ?? fixedBy(rules[0], fallthrough), steps: Steps.make(rules), rules, fallthrough, failed }
  }
}

const fixedBy = (first: Steps.CompiledRule | undefined, fallthrough: Served): Served | undefined => {
  if (first === undefined) return fallthrough
  return first.conditions.length === 0 ? first.strategy.fixed : undefined
}

const freeze = (value: Value.Value): Value.Value => {
  if (typeof value !== "object" || value === null) return value
  Object.values(value).forEach(freeze)
  return Object.freeze(value)
}

/**
 * Decides a flag for a context. Total: any input has an answer.
 *
 * @category evaluating
 * @since 0.1.0
 */
export const evaluate = (flag: CompiledFlag, context: Context): Outcome => decide(flag, context).outcome

/** @internal */
export const decide = (flag: CompiledFlag, context: Context): Served => {
  const { failed, fallthrough, fixed, steps } = flag.compiled
  if (fixed !== undefined) return fixed
  try {
    for (const { conditions, decide } of steps) {
      if (!Conditions.allPass(conditions, context)) continue
      const served = decide(context)
      if (served !== undefined && served.missing === undefined) return served
    }
    return fallthrough
  } catch {
    return failed
  }
}

/**
 * As {@link evaluate}, but the first rule that holds and then lacks an identity to bucket by ends the walk.
 *
 * @category evaluating
 * @since 0.1.0
 */
export const evaluateStrict = (flag: CompiledFlag, context: Context): Outcome | MissingIdentity => {
  const answer = decideStrict(flag, context)
  return answer instanceof Served ? answer.outcome : answer
}

/** @internal */
export const decideStrict = (flag: CompiledFlag, context: Context): Served | MissingIdentity => {
  const { failed, fallthrough, fixed, steps } = flag.compiled
  if (fixed !== undefined) return fixed
  try {
    for (const { conditions, decide } of steps) {
      if (!Conditions.allPass(conditions, context)) continue
      const served = decide(context)
      if (served !== undefined) return served.missing ?? served
    }
    return fallthrough
  } catch {
    return failed
  }
}

/**
 * Why {@link evaluate} answers as it does, found by walking the same compiled rules. Total, as the answer itself.
 *
 * @category evaluating
 * @since 0.1.0
 */
export const explain = (flag: CompiledFlag, context: Context, options: Options = {}): Explanation => {
  const { failed, fallthrough, rules } = flag.compiled
  const killed = killedBy(flag)
  if (killed !== undefined) return { outcome: killed.outcome, rules: [] }
  const walked: Array<RuleExplanation> = []
  try {
    for (const rule of rules) {
      const holds = Conditions.allPass(rule.conditions, context)
      const served = holds ? rule.strategy.decide(context) : undefined
      walked.push(explainRule(rule, context, options, holds, served))
      if (served !== undefined && served.missing === undefined) return { outcome: served.outcome, rules: walked }
    }
    return { outcome: fallthrough.outcome, rules: walked }
  } catch {
    return { outcome: failed.outcome, rules: walked }
  }
}

const killedBy = ({ compiled: { fixed } }: CompiledFlag): Served | undefined =>
  fixed?.outcome.reason === "killed" ? fixed : undefined

const explainRule = (
  { conditions, rule, strategy }: Steps.CompiledRule,
  context: Context,
  options: Options,
  holds: boolean,
  served: Served | undefined
): RuleExplanation => {
  const matched = served !== undefined && served.missing === undefined
  return {
    rule: rule.key,
    strategy: rule.strategy,
    matched,
    skipped: matched ? null : skipReason(strategy, holds, served),
    conditions: conditions.map((condition) => Conditions.explain(condition, context, options)),
    ...(holds ? strategy.explain(context, options, matched) : { audience: null, bucket: null })
  }
}

const skipReason = (strategy: Strategy.CompiledStrategy, holds: boolean, served: Served | undefined): SkipReason => {
  if (!holds) return "conditions_not_met"
  return served === undefined ? strategy.skips : "targeting_key_missing"
}
