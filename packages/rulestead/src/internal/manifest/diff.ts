/**
 * What differs between two manifests, by meaning.
 */
import type { Audience } from "../../Audience.ts"
import type { Change } from "../../Change.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import type { Ruleset } from "../../Ruleset.ts"
import { isSame } from "../canonicalJson.ts"
import { flagOf } from "./content.ts"

export const diff = (before: Manifest, after: Manifest): ReadonlyArray<Change> => [
  ...pairs(before.audiences, after.audiences).flatMap(ofAudience),
  ...pairs(before.flags, after.flags).flatMap(ofFlag)
]

interface Pair<A> {
  readonly key: string
  readonly before: A | undefined
  readonly after: A | undefined
}

const pairs = <A extends { readonly key: string }>(
  before: ReadonlyArray<A>,
  after: ReadonlyArray<A>
): ReadonlyArray<Pair<A>> => {
  const olds = new Map(before.map((item) => [item.key, item]))
  const news = new Map(after.map((item) => [item.key, item]))
  return [...new Set([...olds.keys(), ...news.keys()])].sort().map((key) => ({
    key,
    before: olds.get(key),
    after: news.get(key)
  }))
}

const ofAudience = ({ after, before, key }: Pair<Audience>): ReadonlyArray<Change> => {
  if (before === undefined) return after === undefined ? [] : [{ action: "audience.create", key, before: null, after }]
  if (after === undefined) return [{ action: "audience.remove", key, before, after: null }]
  return isSame(before, after) ? [] : [{ action: "audience.change", key, before, after }]
}

const ofFlag = ({ after, before, key }: Pair<FlagContent>): ReadonlyArray<Change> => {
  if (after === undefined) {
    return before === undefined ? [] : [{ action: "flag.remove", key, before: flagOf(before), after: null }]
  }
  return [
    ...ofDocument(before, after),
    ...inOrder(
      ofRuleset(key, before?.ruleset, after.ruleset),
      ofKillSwitch(key, before?.killSwitch, after.killSwitch)
    ),
    ...ofDraft(key, before, after)
  ]
}

/** The switch is engaged before and released after the publish, so that nothing is served that is meant to be killed. */
const inOrder = (rules: ReadonlyArray<Change>, killSwitch: ReadonlyArray<Change>): ReadonlyArray<Change> =>
  killSwitch.some(({ action }) => action === "kill_switch.engage")
    ? [...killSwitch, ...rules]
    : [...rules, ...killSwitch]

const ofDocument = (before: FlagContent | undefined, content: FlagContent): ReadonlyArray<Change> => {
  const after = flagOf(content, before)
  if (before === undefined) return [{ action: "flag.create", key: after.key, before: null, after }]
  const flag = flagOf(before)
  const isEqual = isSame({ ...flag, tags: flag.tags.toSorted() }, { ...after, tags: after.tags.toSorted() })
  return isEqual ? [] : [{ action: "flag.change", key: after.key, before: flag, after }]
}

const ofRuleset = (
  key: string,
  before: Ruleset | undefined,
  after: Ruleset | undefined
): ReadonlyArray<Change> => {
  if (isSame(before, after)) return []
  if (after !== undefined) return [{ action: "ruleset.publish", key, before: before ?? null, after }]
  return before === undefined ? [] : [{ action: "ruleset.remove", key, before, after: null }]
}

const ofKillSwitch = (
  key: string,
  before: FlagContent["killSwitch"],
  after: FlagContent["killSwitch"]
): ReadonlyArray<Change> => {
  if (isSame(before, after)) return []
  if (after !== undefined) return [{ action: "kill_switch.engage", key, before: before ?? null, after }]
  return before === undefined ? [] : [{ action: "kill_switch.release", key, before, after: null }]
}

/** A draft that was published is gone with it. */
const ofDraft = (
  key: string,
  before: FlagContent | undefined,
  { draft, ruleset }: FlagContent
): ReadonlyArray<Change> => {
  const isPublished = isSame(before?.draft, ruleset) && !isSame(before?.ruleset, ruleset)
  const old = isPublished ? undefined : before?.draft
  if (isSame(old, draft)) return []
  if (draft !== undefined) return [{ action: "draft.save", key, before: old ?? null, after: draft }]
  return old === undefined ? [] : [{ action: "draft.remove", key, before: old, after: null }]
}
