/**
 * What to know before changes are made: what stands in their way, and what may not be meant.
 */
import type { Impact } from "../../Audience.ts"
import type * as Change from "../../Change.ts"
import type { Finding } from "../../Finding.ts"
import { defaultMode } from "../../Lifecycle.ts"
import type { Manifest } from "../../Manifest.ts"
import type { Rule } from "../../Rule.ts"
import type { Ruleset } from "../../Ruleset.ts"
import type { FlagIn } from "../../Store.ts"
import { isSame } from "../canonicalJson.ts"
import { type Content, liveIn } from "./content.ts"
import { finding, type Path, unserved } from "./finding.ts"

/** Where the request has an audience or a flag. */
export type Place = (list: "audiences" | "flags", key: string) => Path

export const isProtected: Finding = finding(
  "warning",
  "protected",
  [],
  "the environment is protected",
  "say why: a reason is required"
)

/** In the way is what is archived, whatever was wanted of it. */
export const archived = (content: Content, place: Place): ReadonlyArray<Finding> => [
  ...[...content.audiences.values()].flatMap(({ archivedAt, key }) =>
    archivedAt === null ? [] : [isArchived(place("audiences", key), "audience")]
  ),
  ...[...content.flags.values()].flatMap(({ flag: { archivedAt, key } }) =>
    archivedAt === null ? [] : [isArchived(place("flags", key), "flag")]
  )
]

const isArchived = (path: Path, what: string): Finding =>
  finding("error", "archived", path, `the ${what} is archived`, `unarchive the ${what}, or leave it out`)

/** Flags that are named, and of which neither the environment nor the manifest has rules. */
export const notServed = (wanted: Manifest, goal: Manifest): ReadonlyArray<Finding> => {
  const live = new Set(liveIn(goal))
  return wanted.flags.flatMap(({ draft, key }, index) =>
    draft !== undefined || live.has(key) ? [] : [
      unserved(
        ["flags", index],
        "nobody is served this flag: it was never published here, and the manifest has no ruleset for it"
      )
    ]
  )
}

/** What changes are looked at beside: what there is, which flags will be killed, and where audiences are in use. */
export interface Around {
  readonly content: Content
  readonly killed: ReadonlySet<string>
  readonly impacts: ReadonlyMap<string, Impact>
  readonly place: Place
}

/** What there is to say about one change. */
export const ofChange = (
  change: Change.Change,
  { content, impacts, killed, place }: Around
): ReadonlyArray<Finding> => {
  switch (change.action) {
    case "audience.change":
      return ofAudience(change, impacts.get(change.key), place("audiences", change.key))
    case "flag.create":
      return ofNewFlag(change, place("flags", change.key))
    case "flag.change":
      return ofFixed(change, place("flags", change.key))
    case "ruleset.publish": {
      const path = [...place("flags", change.key), "ruleset"]
      return [
        ...ofDraft(change, content.flags.get(change.key), path),
        ...(killed.has(change.key) && change.before !== null ? [isKilled(path)] : []),
        ...(change.before === null ? [] : ofRules(change.before, change.after, path))
      ]
    }
    case "draft.save":
      return change.before === null ? [] : [
        finding(
          "warning",
          "draft_replaced",
          [...place("flags", change.key), "draft"],
          "the flag has another draft, which is replaced",
          "publish or discard that draft first, if it is still wanted"
        )
      ]
    default:
      return []
  }
}

const ofAudience = (
  { after, before }: Change.Of<"audience.change">,
  impact: Impact | undefined,
  path: Path
): ReadonlyArray<Finding> => {
  const live = impact?.uses.filter(({ stage }) => stage === "live") ?? []
  if (live.length === 0 || isSame(before.definition, after.definition)) return []
  const places = [...new Set(live.map(({ environment }) => environment))].join(", ")
  return [
    finding(
      "warning",
      "audience_shared",
      [...path, "definition"],
      `the audience is the same in all environments; the new definition takes effect at once in ${places}, for ${
        new Set(live.map(({ flag }) => flag)).size
      } flags`,
      "to change it for one environment only, give the rules there an audience of their own"
    )
  ]
}

const ofNewFlag = ({ after }: Change.Of<"flag.create">, path: Path): ReadonlyArray<Finding> =>
  after.lifecycle !== null || defaultMode(after.purpose) !== undefined ? [] : [
    finding(
      "error",
      "choice",
      [...path, "lifecycle"],
      "nothing says how long the flag is meant to live",
      `a choice, as { "mode": "permanent" }: a ${after.purpose} has no default`
    )
  ]

const ofFixed = ({ after, before }: Change.Of<"flag.change">, path: Path): ReadonlyArray<Finding> => {
  if (before.valueType !== after.valueType) {
    return [
      finding(
        "error",
        "fixed",
        [...path, "valueType"],
        "another type than that of the flag",
        `"${before.valueType}", with which the flag was created`
      )
    ]
  }
  return isSame(before.defaultValue, after.defaultValue) ? [] : [
    finding(
      "error",
      "fixed",
      [...path, "defaultValue"],
      "another default than that of the flag",
      "the default with which the flag was created; to serve another value, add a rule without conditions"
    )
  ]
}

const ofDraft = (
  { after }: Change.Of<"ruleset.publish">,
  flag: FlagIn | undefined,
  path: Path
): ReadonlyArray<Finding> => {
  const draft = flag?.state.draft ?? null
  return draft === null || isSame(draft, after) ? [] : [
    finding(
      "error",
      "draft",
      path,
      `the flag has a draft in ${flag?.state.environment}, which publishing would overwrite`,
      "publish or discard that draft first"
    )
  ]
}

const isKilled = (path: Path): Finding =>
  finding(
    "warning",
    "killed",
    path,
    "the kill switch is engaged and stays so: the rules take effect when it is released",
    "release it, when the rules shall be served"
  )

const ofRules = (before: Ruleset, after: Ruleset, path: Path): ReadonlyArray<Finding> => {
  const olds = new Map(before.rules.map((rule) => [rule.key, rule]))
  return after.rules.flatMap((rule, index) => {
    const old = olds.get(rule.key)
    if (old === undefined) return []
    const at = [...path, "rules", index]
    return [...drops(old, rule, at), ...(moves(before, old, after, rule) ? [reshuffles(at)] : [])]
  })
}

const drops = (before: Rule, after: Rule, path: Path): ReadonlyArray<Finding> =>
  "rollout" in before && "rollout" in after && after.rollout.percentage < before.rollout.percentage
    ? [
      finding(
        "warning",
        "rollout_drops",
        [...path, "rollout", "percentage"],
        `the rollout drops from ${before.rollout.percentage} % to ${after.rollout.percentage} %`,
        "keep the percentage, if those who are in shall stay in"
      )
    ]
    : []

/** Whether the identities of a rule fall into other buckets than before. */
const moves = (before: Ruleset, old: Rule, after: Ruleset, rule: Rule): boolean => {
  const was = bucketing(before, old)
  const is = bucketing(after, rule)
  return was !== undefined && is !== undefined && !isSame(was, is)
}

const bucketing = ({ salt }: Ruleset, rule: Rule) => {
  if ("rollout" in rule) return { by: rule.rollout.bucketBy, salts: [salt ?? "", rule.rollout.salt ?? ""] }
  return rule.strategy === "experiment"
    ? { by: rule.experiment.bucketBy, salts: [rule.experiment.salt] }
    : undefined
}

const reshuffles = (path: Path): Finding =>
  finding(
    "warning",
    "reshuffles",
    path,
    "another salt, or another identity to bucket by, gives everybody another bucket",
    "leave salts out to keep those that are live"
  )

/** Where two sides bucket differently by rules of the same key. */
export const isSaltedAlike = (one: Ruleset, other: Ruleset): boolean =>
  one.rules.every((rule) => {
    const same = other.rules.find(({ key }) => key === rule.key)
    return same === undefined || !moves(one, rule, other, same)
  })
