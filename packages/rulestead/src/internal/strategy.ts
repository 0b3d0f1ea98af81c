/**
 * The strategies of rules that go by buckets, compiled to functions.
 */
import * as Arr from "effect/Array"
import * as Bucket from "../Bucket.ts"
import type { EvaluationContext } from "../EvaluationContext.ts"
import type { Percentage } from "../Percentage.ts"
import type { BucketBy, Rule, Variant } from "../Rule.ts"
import type { FlagEntry } from "../Snapshot.ts"
import type { Value } from "../Value.ts"
import { identity, targetingKey, untrimmedIdentity } from "./evaluationContext.ts"
import { toBasisPoints } from "./percentage.ts"
import type { Served } from "./served.ts"

/** What a context is served; `undefined` when the rule does not apply; a `Served` that lacks an identity when it could not be told. */
export type Decide = (context: EvaluationContext) => Served | undefined

export type BucketedRule = Exclude<Rule, { readonly strategy: "forced_value" | "segment_match" }>

export const isBucketed = (rule: Rule): rule is BucketedRule =>
  rule.strategy !== "forced_value" && rule.strategy !== "segment_match"

export type Flag = Pick<FlagEntry, "key" | "salt" | "defaultValue">

/** Makes the outcomes of one rule. */
export interface Serve {
  readonly value: (value: Value, variant?: string, holdout?: boolean) => Served
  readonly missing: (bucketBy: BucketBy) => Served
}

export const compile = (flag: Flag, rule: BucketedRule, serve: Serve): Decide => {
  const buckets = bucketsOf(flag, rule)
  const { bucketBy } = buckets
  const identityOf = identities[bucketBy]
  const choose = chooser(flag, rule, buckets, serve)
  let missing: Served | undefined
  return (context) => {
    const identity = identityOf(context)
    return identity === undefined ? missing ??= serve.missing(bucketBy) : choose(identity)
  }
}

/** What an identity is served, if anything. */
type Choose = (identity: string) => Served | undefined

const chooser = (flag: Flag, rule: BucketedRule, buckets: Buckets, serve: Serve): Choose => {
  switch (rule.strategy) {
    case "percentage_rollout": {
      const served = serve.value(rule.value ?? flag.defaultValue)
      return divide(buckets, () => served, nothing)
    }
    case "variant_split":
      return divide(buckets, split(buckets, rule.variants, serve), nothing)
    case "experiment": {
      const [{ key, value }] = rule.variants
      const heldOut = serve.value(value, key, true)
      return divide(buckets, () => heldOut, split(buckets, rule.variants, serve))
    }
  }
}

const nothing = (): undefined => undefined

/** Without hashing where the buckets of nobody or of everybody are below the threshold. */
const divide = ({ bucketer, threshold }: Buckets, below: Choose, others: Choose): Choose => {
  if (threshold === 0) return others
  if (threshold === Bucket.size) return below
  const bucketOf = bucketer()
  return (identity) => bucketOf(identity) < threshold ? below(identity) : others(identity)
}

/** Lays the variants along the buckets in the order of their list, each as wide as its weight. */
const split = (
  { variantBucketer }: Buckets,
  variants: Arr.NonEmptyReadonlyArray<Variant>,
  serve: Serve
): Choose => {
  let end = 0
  const shares = Arr.map(variants, ({ key, value, weight }) => ({
    weight,
    end: end += toBasisPoints(weight),
    served: serve.value(value, key)
  }))
  const last = shares.findLast(({ weight }) => weight > 0) ?? shares[0]
  if (last.weight === 100) return () => last.served
  const bucketOf = variantBucketer()
  return (identity) => {
    const bucket = bucketOf(identity)
    for (const { end, served } of shares) {
      if (bucket < end) return served
    }
    return last.served
  }
}

/** What divides the identities of a rule. */
export interface Buckets {
  readonly bucketBy: BucketBy
  /** Below it are those whom a rollout lets in, or an experiment holds out. */
  readonly threshold: number
  readonly bucketer: () => Bucket.Bucketer
  readonly variantBucketer: () => Bucket.Bucketer
}

export const bucketsOf = (flag: Flag, rule: BucketedRule): Buckets => {
  const { bucketBy, namespace, percentage, rolloutSalt, rulesetSalt } = divisionOf(flag, rule)
  const make = (namespace: Bucket.Namespace) =>
    Bucket.make({ namespace, flag: flag.key, rule: rule.key, rulesetSalt, rolloutSalt, bucketBy })
  return {
    bucketBy,
    threshold: toBasisPoints(percentage),
    bucketer: () => make(namespace),
    variantBucketer: () => make("variant")
  }
}

type Division = Omit<Bucket.Options, "flag" | "rule"> & { readonly percentage: Percentage }

const divisionOf = (flag: Flag, rule: BucketedRule): Division => {
  if (rule.strategy === "experiment") {
    const { bucketBy, holdout: percentage, salt } = rule.experiment
    return { namespace: "experiment", percentage, rulesetSalt: salt, rolloutSalt: salt, bucketBy }
  }
  const { bucketBy, percentage, salt } = rule.rollout
  return { namespace: "rollout", percentage, rulesetSalt: flag.salt, rolloutSalt: salt, bucketBy }
}

export const identities: Record<BucketBy, (context: EvaluationContext) => string | undefined> = {
  subject: targetingKey,
  account: (context) => untrimmedIdentity(context.accountKey),
  tenant: (context) => identity(context.tenantKey),
  session: (context) => identity(context.sessionId)
}
