/**
 * What is allowed in a manifest and probably not meant.
 */
import type { Finding } from "../../Finding.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import type { Rule } from "../../Rule.ts"
import { isSame } from "../canonicalJson.ts"
import { audiencesOf } from "./content.ts"
import { finding, type Path, unserved } from "./finding.ts"

export const lint = ({ audiences, flags }: Manifest): ReadonlyArray<Finding> => {
  const used = new Set(flags.flatMap(audiencesOf))
  return [
    ...audiences.flatMap(({ key }, index) => used.has(key) ? [] : [unused(["audiences", index])]),
    ...flags.flatMap((flag, index) => ofFlag(flag, ["flags", index]))
  ]
}

const unused = (path: Path): Finding =>
  finding("warning", "unused_audience", path, "no rule refers to this audience", "leave it out, if nothing needs it")

const ofFlag = ({ draft, killSwitch, ruleset }: FlagContent, path: Path): ReadonlyArray<Finding> => [
  ...ofRules(ruleset?.rules ?? [], [...path, "ruleset", "rules"]),
  ...ofRules(draft?.rules ?? [], [...path, "draft", "rules"]),
  ...(ruleset === undefined && draft === undefined ? [unserved(path, withoutRules)] : []),
  ...(killSwitch === undefined ? [] : [
    finding(
      "warning",
      "killed",
      [...path, "killSwitch"],
      "the kill switch is engaged: everybody is served this value, whatever the rules say",
      "leave it out to release the switch"
    )
  ]),
  ...(draft !== undefined && isSame(draft, ruleset)
    ? [finding("warning", "same_draft", [...path, "draft"], "the draft is what is live", "leave it out")]
    : [])
]

const withoutRules = "without a ruleset the flag is served only where it was published already"

const ofRules = (rules: ReadonlyArray<Rule>, path: Path): ReadonlyArray<Finding> => {
  const last = rules.findIndex(isForEverybody)
  return rules.flatMap((rule, index) => [
    ...(last !== -1 && index > last ? [unreachable([...path, index])] : []),
    ...("rollout" in rule && rule.rollout.percentage === 0 ? [forNobody([...path, index])] : [])
  ])
}

const isForEverybody = ({ conditions, strategy }: Rule): boolean =>
  strategy === "forced_value" && conditions.length === 0

const unreachable = (path: Path): Finding =>
  finding(
    "warning",
    "unreachable_rule",
    path,
    "a rule before this one decides for everybody",
    "move this rule up, or remove it"
  )

const forNobody = (path: Path): Finding =>
  finding(
    "warning",
    "empty_rollout",
    [...path, "rollout", "percentage"],
    "0 % is for nobody",
    "raise it, when it shall begin"
  )
