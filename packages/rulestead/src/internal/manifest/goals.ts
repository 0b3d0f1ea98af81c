/**
 * What an environment shall be: what it is, and what a request says about it.
 */
import type { FlagContent, Manifest } from "../../Manifest.ts"
import type { Promotion } from "../../Promotion.ts"
import type { Rule } from "../../Rule.ts"
import * as Ruleset from "../../Ruleset.ts"
import { isSame } from "../canonicalJson.ts"
import { flagOf } from "./content.ts"

/** The environment serves what the manifest says. */
export const ofImport = (current: Manifest, wanted: Manifest): Manifest =>
  merge(current, wanted.audiences, wanted.flags, importFlag)

/** The environment does what the source does; `flags` are those to bring. */
export const ofPromotion = (
  current: Manifest,
  source: Manifest,
  flags: ReadonlyArray<FlagContent>,
  options: Promotion
): Manifest => merge(current, options.shared ? source.audiences : [], flags, promoteFlag(options))

const merge = (
  current: Manifest,
  audiences: Manifest["audiences"],
  flags: ReadonlyArray<FlagContent>,
  toFlag: (wanted: FlagContent, current: FlagContent | undefined) => FlagContent
): Manifest => {
  const known = new Map(current.flags.map((flag) => [flag.key, flag]))
  const goals = flags.map((flag) => toFlag(flag, known.get(flag.key)))
  return { schemaVersion: 1, audiences: replace(current.audiences, audiences), flags: replace(current.flags, goals) }
}

const replace = <A extends { readonly key: string }>(
  items: ReadonlyArray<A>,
  others: ReadonlyArray<A>
): ReadonlyArray<A> => [...new Map([...items, ...others].map((item) => [item.key, item])).values()]

const importFlag = (wanted: FlagContent, current: FlagContent | undefined): FlagContent => ({
  ...flagOf(wanted, current),
  ...rules(wanted.ruleset === undefined ? current?.ruleset : keepSalts(wanted.ruleset, current), wanted.draft, current),
  ...(wanted.killSwitch === undefined ? {} : { killSwitch: wanted.killSwitch })
})

const promoteFlag =
  ({ killSwitches, salts, shared }: Promotion) =>
  (source: FlagContent, current: FlagContent | undefined): FlagContent => {
    const killSwitch = killSwitches ? source.killSwitch : current?.killSwitch
    const ruleset = source.ruleset === undefined || salts === "source"
      ? source.ruleset
      : withSaltsOf(source.ruleset, current?.ruleset)
    return {
      ...(current === undefined || shared ? flagOf(source, current) : flagOf(current)),
      ...rules(ruleset ?? current?.ruleset, undefined, current),
      ...(killSwitch === undefined ? {} : { killSwitch })
    }
  }

/** A draft stays, unless it is what is published, or another one is said. */
const rules = (
  ruleset: Ruleset.Ruleset | undefined,
  wantedDraft: Ruleset.Ruleset | undefined,
  current: FlagContent | undefined
) => {
  const isPublished = !isSame(ruleset, current?.ruleset) && isSame(ruleset, current?.draft)
  const draft = wantedDraft === undefined
    ? isPublished ? undefined : current?.draft
    : Ruleset.keepSalts(wantedDraft, ruleset ?? current?.draft)
  return { ...(ruleset === undefined ? {} : { ruleset }), ...(draft === undefined ? {} : { draft }) }
}

/** What is saved as a draft keeps salts in the same way. */
const keepSalts = (ruleset: Ruleset.Ruleset, current: FlagContent | undefined): Ruleset.Ruleset =>
  Ruleset.keepSalts(ruleset, current?.ruleset ?? current?.draft)

/** Everybody stays in the bucket that they have where the ruleset goes; what is new there keeps the salt it comes with. */
const withSaltsOf = (
  { salt, ...ruleset }: Ruleset.Ruleset,
  target: Ruleset.Ruleset | undefined
): Ruleset.Ruleset => {
  if (target === undefined) return { ...ruleset, ...(salt === undefined ? {} : { salt }) }
  const theirs = new Map(target.rules.map((rule) => [rule.key, rule]))
  return {
    ...ruleset,
    ...(target.salt === undefined ? {} : { salt: target.salt }),
    rules: ruleset.rules.map((rule) => withSaltOf(rule, theirs.get(rule.key)))
  }
}

const withSaltOf = (rule: Rule, target: Rule | undefined): Rule => {
  if ("rollout" in rule && target !== undefined && "rollout" in target) {
    const { salt: _, ...rollout } = rule.rollout
    const { salt } = target.rollout
    return { ...rule, rollout: { ...rollout, ...(salt === undefined ? {} : { salt }) } }
  }
  if (rule.strategy === "experiment" && target?.strategy === "experiment") {
    return { ...rule, experiment: { ...rule.experiment, salt: target.experiment.salt } }
  }
  return rule
}
