/**
 * What two environments do, side by side.
 */
import * as Effect from "effect/Effect"
import type { Finding } from "../../Finding.ts"
import type { FlagContent, Manifest } from "../../Manifest.ts"
import type { Comparison } from "../../Promotion.ts"
import * as Content from "./content.ts"
import { diff } from "./diff.ts"
import { finding } from "./finding.ts"
import { isSaltedAlike } from "./review.ts"

/** A side may be said by the key of an environment of the store. */
export const side = Effect.fnUntraced(function*(side: string | Manifest) {
  return typeof side === "string" ? Content.toManifest(yield* Content.whole(side)) : side
})

export const compare = (from: Manifest, to: Manifest): Comparison => {
  const changes = diff(Content.withoutDrafts(to), Content.withoutDrafts(from))
  const changed = new Set(changes.flatMap(({ action, key }) => action.startsWith("audience.") ? [] : [key]))
  const there = new Map(to.flags.map((flag) => [flag.key, flag]))
  return {
    changes,
    equal: from.flags.flatMap(({ key }) => there.has(key) && !changed.has(key) ? [key] : []),
    findings: from.flags.flatMap((flag) => about(flag, there.get(flag.key)))
  }
}

const about = (from: FlagContent, to: FlagContent | undefined): ReadonlyArray<Finding> => {
  const path = ["flags", from.key]
  const publish = "publish or discard it, if it belongs to this"
  const warn = (code: string, message: string, fix: string) => finding("warning", code, path, message, fix)
  const areSalted = from.ruleset === undefined || to?.ruleset === undefined || isSaltedAlike(from.ruleset, to.ruleset)
  return [
    ...(from.draft === undefined
      ? []
      : [warn("source_draft", "the source has a draft, which is not compared", publish)]),
    ...(to?.draft === undefined
      ? []
      : [warn("target_draft", "the target has a draft, which is not compared", publish)]),
    ...(areSalted ? [] : [
      warn(
        "salts_differ",
        "the salts differ, so that other people are in on each side",
        "promote with the salts of the source, if they shall be the same; everybody in the target changes buckets then"
      )
    ])
  ]
}
