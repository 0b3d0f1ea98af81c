/**
 * The strategies of rules compiled to functions.
 */
import * as Arr from "effect/Array"
import * as Bucket from "../Bucket.ts"
import * as EvaluationContext from "../EvaluationContext.ts"
import type { AudienceExplanation, BucketExplanation, Options, SkipReason } from "../Explanation.ts"
import { toBasisPoints } from "../Percentage.ts"
import type { BucketBy, Rollout, Rule, Variant } from "../Rule.ts"
import type { FlagEntry } from "../Snapshot.ts"
import type { Value } from "../Value.ts"
import * as Conditions from "./conditions.ts"
import type { Served } from "./served.ts"

type Context = EvaluationContext.EvaluationContext

/** What a context is served; `undefined` when the rule does not apply; a `Served` that lacks an identity when it could not be told. */
export type Decide = (context: Context) => Served | undefined

export interface CompiledAudience {
  readonly key: string
  readonly archived: boolean
  readonly conditions: ReadonlyArray<Conditions.CompiledCondition>
}

export interface Detail {
  readonly audience: AudienceExplanation | null
  readonly bucket: BucketExplanation | null
}

export interface CompiledStrategy {
  readonly decide: Decide
  /** The outcome, where it is the same for every context that passes `conditions`, and none for others. */
  readonly fixed: Served | undefined
  readonly conditions: ReadonlyArray<Conditions.CompiledCondition>
  /** Why the rule is skipped when `decide` answers `undefined`. */
  readonly skips: SkipReason
  /** What was looked at besides the conditions; `applied` says whether `decide` served. */
  readonly explain: (context: Context, options: Options, applied: boolean) => Detail
}

/** Makes the outcomes of one rule. */
export interface Serve {
  readonly value: (value: Value, variant?: string | null, holdout?: boolean) => Served
  readonly missing: (bucketBy: BucketBy) => Served
}

export const compile = (
  flag: FlagEntry,
  rule: Rule,
  audiences: ReadonlyMap<string, CompiledAudience>,
  serve: Serve
): CompiledStrategy => {
  switch (rule.strategy) {
    case "forced_value":
      return forced(serve.value(rule.value))
    case "segment_match":
      return segment(rule.audience, audiences.get(rule.audience), serve.value(rule.value))
    case "percentage_rollout": {
      const served = serve.value(rule.value ?? flag.defaultValue)
      return rollout(flag, rule, serve, () => served)
    }
    case "variant_split": {
      const hash = rolloutHash(flag, rule, "variant")
      return rollout(flag, rule, serve, split(rule.variants, serve, hash), hash)
    }
    case "experiment":
      return experiment(flag, rule, serve)
  }
}

const nothing: Detail = { audience: null, bucket: null }

const forced = (served: Served): CompiledStrategy => ({
  decide: () => served,
  fixed: served,
  conditions: [],
  skips: "conditions_not_met",
  explain: () => nothing
})

const segment = (key: string, audience: CompiledAudience | undefined, served: Served): CompiledStrategy => {
  if (audience === undefined || audience.archived) {
    const state = audience === undefined ? "missing" : "archived"
    return {
      decide: () => undefined,
      fixed: undefined,
      conditions: [],
      skips: `audience_${state}`,
      explain: () => ({ audience: { key, outcome: state, conditions: [] }, bucket: null })
    }
  }
  const { conditions } = audience
  return {
    decide: (context) => Conditions.allPass(conditions, context) ? served : undefined,
    fixed: served,
    conditions,
    skips: "audience_missed",
    explain: (context, options, applied) => ({
      audience: {
        key,
        outcome: applied ? "matched" : "missed",
        conditions: conditions.map((condition) => Conditions.explain(condition, context, options))
      },
      bucket: null
    })
  }
}

type RolloutRule = Extract<Rule, { readonly rollout: Rollout }>

const rolloutHash = (flag: FlagEntry, { key, rollout: { bucketBy, salt } }: RolloutRule, namespace: Bucket.Namespace) =>
  Bucket.make({ namespace, flag: flag.key, rule: key, rulesetSalt: flag.salt, rolloutSalt: salt, bucketBy })

const rollout = (
  flag: FlagEntry,
  rule: RolloutRule,
  serve: Serve,
  pick: (identity: string) => Served,
  variantHash?: (identity: string) => number
): CompiledStrategy => {
  const { bucketBy, percentage } = rule.rollout
  const threshold = toBasisPoints(percentage)
  const hash = rolloutHash(flag, rule, "rollout")
  const lets = below(hash, threshold)
  const identity = identities[bucketBy]
  const missing = serve.missing(bucketBy)
  return {
    decide: (context) => {
      const id = identity(context)
      if (id === undefined) return missing
      return lets(id) ? pick(id) : undefined
    },
    fixed: undefined,
    conditions: [],
    skips: "rollout_excluded",
    explain: bucketDetail(bucketBy, threshold, hash, variantHash)
  }
}

const experiment = (
  flag: FlagEntry,
  { experiment: { bucketBy, holdout, salt }, key, variants }: Extract<Rule, { readonly strategy: "experiment" }>,
  serve: Serve
): CompiledStrategy => {
  const hashOf = (namespace: Bucket.Namespace) =>
    Bucket.make({ namespace, flag: flag.key, rule: key, rulesetSalt: salt, rolloutSalt: salt, bucketBy })
  const threshold = toBasisPoints(holdout)
  const hash = hashOf("experiment")
  const variantHash = hashOf("variant")
  const isHeldOut = below(hash, threshold)
  const identity = identities[bucketBy]
  const missing = serve.missing(bucketBy)
  const heldOut = serve.value(variants[0].value, variants[0].key, true)
  const pick = split(variants, serve, variantHash)
  return {
    decide: (context) => {
      const id = identity(context)
      if (id === undefined) return missing
      return isHeldOut(id) ? heldOut : pick(id)
    },
    fixed: undefined,
    conditions: [],
    skips: "rollout_excluded",
    explain: bucketDetail(bucketBy, threshold, hash, variantHash)
  }
}

/** Whether an identity's bucket is below the threshold, without hashing where nobody or everybody's is. */
const below = (hash: (identity: string) => number, threshold: number): (identity: string) => boolean =>
  threshold === 0 ? () => false : threshold === Bucket.size ? () => true : (identity) => hash(identity) < threshold

/** Lays the variants along the buckets in the order of their list, each as wide as its weight. */
const split = (
  variants: Arr.NonEmptyReadonlyArray<Variant>,
  serve: Serve,
  hash: (identity: string) => number
): (identity: string) => Served => {
  let end = 0
  const shares = Arr.map(variants, ({ key, value, weight }) => ({
    weight,
    end: end += toBasisPoints(weight),
    served: serve.value(value, key)
  }))
  const last = shares.findLast(({ weight }) => weight > 0) ?? shares[0]
  if (last.weight === 100) return () => last.served
  return (identity) => {
    const bucket = hash(identity)
    for (const { end, served } of shares) {
      if (bucket < end) return served
    }
    return last.served
  }
}

const identities: Record<BucketBy, (context: Context) => string | undefined> = {
  subject: EvaluationContext.targetingKey,
  account: (context) => EvaluationContext.untrimmedIdentity(context.accountKey),
  tenant: (context) => EvaluationContext.identity(context.tenantKey),
  session: (context) => EvaluationContext.identity(context.sessionId)
}

const bucketDetail = (
  bucketBy: BucketBy,
  threshold: number,
  hash: (identity: string) => number,
  variantHash: ((identity: string) => number) | undefined
): CompiledStrategy["explain"] =>
(context, options) => {
  const identity = identities[bucketBy](context)
  if (identity === undefined) {
    return { audience: null, bucket: { bucketBy, threshold, bucket: null, variantBucket: null } }
  }
  return {
    audience: null,
    bucket: {
      bucketBy,
      threshold,
      bucket: hash(identity),
      variantBucket: variantHash?.(identity) ?? null,
      ...(options.reveal === true ? { identity } : {})
    }
  }
}
