/**
 * Rows of Elixir Rulestead's table of audiences as ours.
 */
import * as Result from "effect/Result"
import * as Audience from "../../Audience.ts"
import * as InvalidInput from "../../InvalidInput.ts"
import { fieldOf, listAt } from "../document.ts"
import { toConditions } from "./conditions.ts"
import type { Notes } from "./notes.ts"
import { isGiven, isObject, textAt } from "./shapes.ts"

const decode = InvalidInput.decodeResult("audience", Audience.Audience)

/** `"nobody"` for one that nobody is in; `"refused"` for one that cannot be said, which is noted. */
export const toAudience = (row: unknown, notes: Notes): Audience.Audience | "nobody" | "refused" => {
  const definition = fieldOf(row, "definition")
  if (isGiven(fieldOf(row, "archived_at")) || !isObject(definition)) return "nobody"
  const clauses = [...listAt(definition, "clauses"), ...listAt(definition, "conditions")]
  const conditions = toConditions(clauses, notes.at("definition"))
  if (conditions === "never") return "nobody"
  if (conditions === undefined) return "refused"
  if (conditions.length === 0) {
    notes.warn("everyone", "the audience has no condition, and everybody is in it", "say who is meant")
  }
  const decoded = decode({
    key: fieldOf(row, "key"),
    description: (textAt(row, "description") ?? "").slice(0, 2000),
    definition: conditions.length === 0 ? { everyone: true } : { conditions }
  })
  if (Result.isSuccess(decoded)) return decoded.success
  for (const { allowed, found, path, rule } of decoded.failure.problems) {
    notes.warn(rule, `as an audience, ${path} would be refused: found ${found}`, `allowed is: ${allowed}`)
  }
  return "refused"
}
