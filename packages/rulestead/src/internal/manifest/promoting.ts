/**
 * What to know about bringing the content of a source to a target.
 */
import type { Finding } from "../../Finding.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import type { Promotion } from "../../Promotion.ts"
import * as Ruleset from "../../Ruleset.ts"
import { isSame } from "../canonicalJson.ts"
import { finding } from "./finding.ts"
import { isSaltedAlike } from "./review.ts"

export interface Selection {
  /** Of the source, to be brought. */
  readonly flags: ReadonlyArray<FlagContent>
  readonly findings: ReadonlyArray<Finding>
}

/** The flags to bring, and why others that were asked for are not. */
export const select = (
  source: Manifest,
  target: Manifest,
  wanted: ReadonlyArray<string>,
  options: Promotion
): Selection => {
  const known = new Map(source.flags.map((flag) => [flag.key, flag]))
  const there = new Map(target.flags.map((flag) => [flag.key, flag]))
  const picked = wanted.map((key) => pick(key, known.get(key), there.get(key), target, options))
  return { flags: picked.flatMap(({ flags }) => flags), findings: picked.flatMap(({ findings }) => findings) }
}

const pick = (
  key: string,
  flag: FlagContent | undefined,
  there: FlagContent | undefined,
  target: Manifest,
  options: Promotion
): Selection => {
  const path = ["flags", key]
  const refuse = (code: string, message: string, fix: string): Selection => ({
    flags: [],
    findings: [finding("error", code, path, message, fix)]
  })
  if (flag === undefined) return refuse("missing_flag", "the source has no such flag", "check the key")
  if (flag.ruleset === undefined) {
    return refuse("not_published", "the flag is not live in the source", "publish it there first")
  }
  if (there === undefined && !options.shared) {
    return refuse(
      "missing_flag",
      "the store of the target has no such flag",
      "bring what all environments share, too, or create the flag first"
    )
  }
  const lacking = options.shared ? [] : Ruleset.audiences(flag.ruleset)
    .filter((audience) => !target.audiences.some(({ key }) => key === audience))
  return {
    flags: lacking.length === 0 ? [flag] : [],
    findings: [
      ...lacking.map((audience) =>
        finding(
          "error",
          "missing_audience",
          [...path, "ruleset"],
          `the store of the target has no audience ${audience}`,
          "bring what all environments share, too, or create the audience first"
        )
      ),
      ...aboutDraft(flag, path),
      ...aboutSalts(flag, there, options, path)
    ]
  }
}

const aboutDraft = ({ draft }: FlagContent, path: ReadonlyArray<string>): ReadonlyArray<Finding> =>
  draft === undefined ? [] : [
    finding(
      "warning",
      "source_draft",
      path,
      "the source has a draft, which is not brought along",
      "publish it there first, if it belongs to this"
    )
  ]

const aboutSalts = (
  { ruleset }: FlagContent,
  there: FlagContent | undefined,
  { salts }: Promotion,
  path: ReadonlyArray<string>
): ReadonlyArray<Finding> =>
  salts === "source" || ruleset === undefined || there?.ruleset === undefined || isSaltedAlike(ruleset, there.ruleset)
    ? []
    : [
      finding(
        "warning",
        "salts_kept",
        [...path, "ruleset"],
        "the salts differ; those of the target are kept, so that nobody there changes buckets",
        "ask for the salts of the source, if the same people shall be in on both sides"
      )
    ]

/** What is the same thing for all environments and yet differs, because the source is of another store. */
export const aboutShared = (source: Manifest, target: Manifest, { shared }: Promotion): ReadonlyArray<Finding> =>
  shared ? [] : source.audiences.flatMap((audience) => {
    const there = target.audiences.find(({ key }) => key === audience.key)
    return there === undefined || isSame(there.definition, audience.definition) ? [] : [
      finding(
        "warning",
        "audience_differs",
        ["audiences", audience.key],
        "the audience has another definition in the store of the target, and keeps it",
        "bring what all environments share, too, or change the audience first"
      )
    ]
  })
