/**
 * The ordered rules of one flag in one environment. Published rulesets are numbered and never change.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fieldOf, listAt, repeatedKeys } from "./internal/document.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { isPercentage, toBasisPoints } from "./Percentage.ts"
import { Rule, Salt } from "./Rule.ts"
import * as Value from "./Value.ts"

const inferredRuleset = Schema.Struct({
  rules: Schema.Array(Rule),
  salt: Schema.optionalKey(Salt),
  hashVersion: Schema.Literal(1).pipe(Schema.withDecodingDefaultKey(Effect.succeed(1 as const)))
}).annotate({ identifier: "Ruleset" })

type InferredRuleset = typeof inferredRuleset

/**
 * The type of {@link Ruleset}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface RulesetSchema extends InferredRuleset {}

/**
 * - `rules`: the first that applies decides; none applying, the flag's default is served.
 * - `salt`: mixed into the hash of every rollout. Left out, a saved draft keeps the salt that the flag has.
 * - `hashVersion`: how identities are hashed; only version 1 exists (see `Bucket`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Ruleset: RulesetSchema = inferredRuleset

/**
 * @category models
 * @since 0.1.0
 */
export type Ruleset = typeof Ruleset.Type

/**
 * A ruleset as people write it: fields that have defaults may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type Input = typeof Ruleset.Encoded

/**
 * Decodes the ruleset of a flag whose values are of type `valueType`. Besides the shape, rule keys must be unique,
 * variant keys unique in their rule, weights must add up to 100, and every value must be of the flag's type. All
 * problems are reported at once.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (
  valueType: Value.ValueType
): (input: unknown) => Effect.Effect<Ruleset, InvalidInput.InvalidInput> => decoders[valueType]

/**
 * The rules that {@link decode} adds to the shape, for documents that contain a ruleset.
 *
 * @category decoding
 * @since 0.1.0
 */
export const check = (valueType: Value.ValueType): InvalidInput.CrossCheck => (input) => {
  const rules = listAt(input, "rules")
  return [
    ...repeatedKeys(rules, ["rules"], "rule"),
    ...rules.flatMap((rule, index) => checkRule(rule, ["rules", index], valueType))
  ]
}

const checkRule = (
  rule: unknown,
  path: ReadonlyArray<PropertyKey>,
  valueType: Value.ValueType
): ReadonlyArray<InvalidInput.Violation> => {
  const variants = listAt(rule, "variants")
  const served = [
    { value: fieldOf(rule, "value"), path: [...path, "value"] },
    ...variants.map((variant, index) => ({
      value: fieldOf(variant, "value"),
      path: [...path, "variants", index, "value"]
    }))
  ]
  return [
    ...repeatedKeys(variants, [...path, "variants"], "variant"),
    ...checkWeights(variants, [...path, "variants"]),
    ...served.flatMap(({ path, value }) =>
      value === undefined || Value.fits(valueType, value)
        ? []
        : [{ path, rule: "value_type", allowed: `${Value.describe(valueType)}, the declared type of the flag` }]
    )
  ]
}

const checkWeights = (
  variants: ReadonlyArray<unknown>,
  path: ReadonlyArray<PropertyKey>
): ReadonlyArray<InvalidInput.Violation> => {
  const weights = variants.map((variant) => fieldOf(variant, "weight"))
  if (weights.length === 0 || !weights.every(isPercentage)) return []
  const sum = weights.reduce((sum, weight) => sum + toBasisPoints(weight), 0)
  return sum === 10_000 ? [] : [{ path, rule: "weights", allowed: `weights that add up to 100, not to ${sum / 100}` }]
}

const decoders = {
  boolean: InvalidInput.decode("ruleset", Ruleset, check("boolean")),
  string: InvalidInput.decode("ruleset", Ruleset, check("string")),
  number: InvalidInput.decode("ruleset", Ruleset, check("number")),
  json: InvalidInput.decode("ruleset", Ruleset, check("json"))
}

/**
 * Fills in the salts that `next` leaves out from the ruleset it follows, so that saving, publishing or raising a
 * percentage moves nobody.
 *
 * @category salts
 * @since 0.1.0
 */
export const keepSalts = (next: Ruleset, previous: Ruleset | undefined): Ruleset => {
  const kept = new Map(
    previous?.rules.flatMap((rule) =>
      "rollout" in rule && rule.rollout.salt !== undefined ? [[rule.key, rule.rollout.salt] as const] : []
    )
  )
  const salt = next.salt ?? previous?.salt
  return {
    ...next,
    ...(salt === undefined ? {} : { salt }),
    rules: next.rules.map((rule) => {
      const salt = kept.get(rule.key)
      return "rollout" in rule && rule.rollout.salt === undefined && salt !== undefined
        ? { ...rule, rollout: { ...rule.rollout, salt } }
        : rule
    })
  }
}

/**
 * The audiences that the rules of a ruleset refer to, each once, in order of appearance.
 *
 * @category references
 * @since 0.1.0
 */
export const audiences = (ruleset: Pick<Ruleset, "rules">): ReadonlyArray<string> => [
  ...new Set(ruleset.rules.flatMap((rule) => rule.strategy === "segment_match" ? [rule.audience] : []))
]
