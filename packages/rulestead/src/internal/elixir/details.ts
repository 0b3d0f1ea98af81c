/**
 * What people are told about a flag of Elixir Rulestead.
 */
import * as Schema from "effect/Schema"
import type * as Flag from "../../Flag.ts"
import { Purpose } from "../../Flag.ts"
import * as Lifecycle from "../../Lifecycle.ts"
import { Owner } from "../../Owner.ts"
import { fieldOf, listAt } from "../document.ts"
import type { Notes } from "./notes.ts"
import { isGiven, textAt } from "./shapes.ts"

type Details = Pick<Flag.Flag, "purpose" | "description" | "tags" | "owner" | "lifecycle">

export const toDetails = (flag: unknown, notes: Notes): Details => {
  const purpose = toPurpose(fieldOf(flag, "flag_type"), notes.at("flag_type"))
  return {
    purpose,
    description: cut(textAt(flag, "description") ?? "", 2000, notes.at("description")),
    tags: toTags(listAt(flag, "tags"), notes.at("tags")),
    owner: toOwner(fieldOf(flag, "owner"), notes.at("owner")),
    lifecycle: toLifecycle(flag, purpose, notes)
  }
}

const isPurpose = Schema.is(Purpose)
const isOwner = Schema.is(Owner)
const isDay = Schema.is(Lifecycle.Day)

const toPurpose = (type: unknown, notes: Notes): Flag.Purpose => {
  if (isPurpose(type)) return type
  notes.warn("purpose", "there is no such purpose here", "release stands for it")
  return "release"
}

const cut = (text: string, length: number, notes: Notes): string => {
  if (text.length <= length) return text
  notes.warn("text", `the text is longer than ${length} characters`, "the rest is cut off")
  return text.slice(0, length)
}

const toTags = (tags: ReadonlyArray<unknown>, notes: Notes): ReadonlyArray<string> => [
  ...new Set(tags.flatMap((tag, index) => {
    const text = typeof tag === "string" ? cut(tag.trim(), 64, notes.at(index)).trim() : ""
    return text === "" ? [] : [text]
  }))
]

/** Its export has no kind of owner; a team is what it takes one for itself. */
const toOwner = (input: unknown, notes: Notes): Owner | null => {
  const ref = typeof input === "string" ? input.trim() : textAt(input, "owner_ref")
  const owner = { kind: fieldOf(input, "owner_kind") ?? "team", ref }
  if (isOwner(owner)) return owner
  if (isGiven(input) && input !== "") notes.warn("owner", "this is no owner here", "say who answers for the flag")
  return null
}

const toLifecycle = (flag: unknown, purpose: Flag.Purpose, notes: Notes): Lifecycle.Lifecycle | null => {
  const reviewBy = textAt(flag, "expected_expiration")?.slice(0, 10)
  if (fieldOf(flag, "permanent") === true) return { mode: "permanent", ...(isDay(reviewBy) ? { reviewBy } : {}) }
  if (isDay(reviewBy)) return { mode: "expiring", reviewBy }
  if (Lifecycle.defaultMode(purpose) !== undefined) return null
  notes.at("permanent").warn("lifecycle", "nothing says how long the flag is meant to live", "it is permanent here")
  return { mode: "permanent" }
}
