/** A rule, as it is written on a command line: what is not said stays as it was. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as InvalidInput from "rulestead/InvalidInput"
import { BucketBy, Rule } from "rulestead/Rule"
import type { ValueType } from "rulestead/Value"
import * as Conditions from "./conditions.ts"
import { Failure } from "./Failure.ts"
import { given } from "./given.ts"
import * as Input from "./Input.ts"
import * as Values from "./values.ts"

export const flags = {
  value: Flag.String("value").pipe(Flag.withDescription("What the rule serves"), Flag.optional),
  percentage: Flag.Finite("percentage").pipe(
    Flag.withDescription("The share that it lets through, 0 to 100"),
    Flag.optional
  ),
  bucketBy: Flag.Literals("bucket-by", BucketBy.literals).pipe(
    Flag.withDescription("The identity that the share is of"),
    Flag.optional
  ),
  audience: Flag.String("audience").pipe(
    Flag.withDescription("Serve the members of this audience"),
    Flag.optional
  ),
  variant: Flag.String("variant").pipe(
    Flag.withMetavar("<key:weight:value>"),
    Flag.withDescription("A variant, its weight in percent and its value; repeated for each"),
    Flag.atLeast(0)
  ),
  experiment: Flag.String("experiment").pipe(
    Flag.withMetavar("<salt>"),
    Flag.withDescription("Make it an experiment with this salt, which names the iteration"),
    Flag.optional
  ),
  holdout: Flag.Finite("holdout").pipe(Flag.withDescription("Percent held out of the experiment"), Flag.optional),
  when: Flag.String("when").pipe(
    Flag.withMetavar("<condition>"),
    Flag.withDescription("A condition, as 'plan equals pro'; repeated, all must hold"),
    Flag.atLeast(0)
  ),
  always: Flag.Boolean("always").pipe(
    Flag.withDescription("Take all conditions away"),
    Flag.withDefault(false)
  ),
  description: Flag.String("description").pipe(Flag.withDescription("What it is, for people"), Flag.optional),
  file: Flag.String("file").pipe(
    Flag.withMetavar("<file>"),
    Flag.withDescription("The whole rule as JSON or YAML, instead of the flags; - is standard input"),
    Flag.optional
  )
}

export interface Described {
  readonly value: Option.Option<string>
  readonly percentage: Option.Option<number>
  readonly bucketBy: Option.Option<BucketBy>
  readonly audience: Option.Option<string>
  readonly variant: ReadonlyArray<string>
  readonly experiment: Option.Option<string>
  readonly holdout: Option.Option<number>
  readonly when: ReadonlyArray<string>
  readonly always: boolean
  readonly description: Option.Option<string>
  readonly file: Option.Option<string>
}

const decode = InvalidInput.decode("rule", Rule)

/** The rule `key` of a flag that serves values of `type`, made of `before` and what was said. */
export const make = Effect.fnUntraced(function*(
  key: string,
  type: ValueType,
  before: Rule | undefined,
  said: Described
) {
  if (Option.isSome(said.file)) return yield* Input.document(said.file.value, decode)
  const value = yield* Effect.transposeOption(
    Option.map(said.value, (text) => Values.parse(type, text, "--value"))
  )
  const conditions = said.when.length > 0
    ? yield* Effect.forEach(said.when, Conditions.parse)
    : said.always
    ? []
    : before?.conditions ?? []
  const description = Option.orElse(said.description, () => Option.fromUndefinedOr(before?.description))
  const common = { key, conditions, ...given({ description }) }
  return yield* decode({ ...common, ...yield* strategy(type, before, said, value) })
})

/** The strategy that was asked for, else the one before, else the same for everybody. */
const strategy = Effect.fnUntraced(function*(
  type: ValueType,
  before: Rule | undefined,
  said: Described,
  value: Option.Option<unknown>
) {
  const serves = given({ value: Option.orElse(value, () => valueOf(before)) })
  const variants = said.variant.length > 0
    ? yield* Effect.forEach(said.variant, (text) => parseVariant(type, text))
    : before !== undefined && "variants" in before
    ? before.variants
    : undefined
  if (Option.isSome(said.experiment) || (before?.strategy === "experiment" && !changesKind(said))) {
    const experiment = before?.strategy === "experiment" ? before.experiment : undefined
    return {
      strategy: "experiment",
      variants,
      experiment: { ...experiment, ...given({ salt: said.experiment, holdout: said.holdout, bucketBy: said.bucketBy }) }
    }
  }
  const rollout = {
    ...(before !== undefined && "rollout" in before ? before.rollout : { percentage: 100 }),
    ...given({ percentage: said.percentage, bucketBy: said.bucketBy })
  }
  if (said.variant.length > 0) return { strategy: "variant_split", variants, rollout }
  if (Option.isSome(said.audience)) return { strategy: "segment_match", audience: said.audience.value, ...serves }
  if (before?.strategy === "variant_split") return { strategy: "variant_split", variants, rollout }
  if (Option.isSome(said.percentage)) return { strategy: "percentage_rollout", rollout, ...serves }
  if (before?.strategy === "percentage_rollout") return { strategy: "percentage_rollout", rollout, ...serves }
  if (before?.strategy === "segment_match") {
    return { strategy: "segment_match", audience: before.audience, ...serves }
  }
  return { strategy: "forced_value", ...serves }
})

/** Whether another strategy than an experiment's is asked for. */
const changesKind = ({ audience, percentage }: Described): boolean =>
  Option.isSome(audience) || Option.isSome(percentage)

const valueOf = (rule: Rule | undefined): Option.Option<unknown> =>
  rule !== undefined && "value" in rule ? Option.fromUndefinedOr(rule.value) : Option.none()

const parseVariant = Effect.fnUntraced(function*(type: ValueType, text: string) {
  const [, key, weight, value] = /^([^:]+):([\d.]+):(.*)$/s.exec(text) ?? []
  if (key === undefined || weight === undefined || value === undefined) {
    return yield* new Failure({
      code: "usage",
      exit: "failed",
      message: `--variant takes a key, a weight and a value, not ${JSON.stringify(text)}`,
      next: "For example: --variant control:50:false --variant blue:50:true"
    })
  }
  return { key, weight: Number(weight), value: yield* Values.parse(type, value, `--variant ${key}`) }
})
