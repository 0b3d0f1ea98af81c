/**
 * Who answers for a flag. It guides people and reports; it never changes a decision.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { rule } from "./InvalidInput.ts"

const text = (name: string) =>
  Schema.String.check(
    Schema.makeFilter(
      (text: string) => text.length >= 1 && text.length <= 255 && text.trim() === text,
      rule(name, "1 to 255 characters without surrounding white space")
    )
  )

/**
 * - `kind`: a `person`, a `team` or a `service`.
 * - `ref`: the owner's name in whatever directory the team keeps, as `payments` or `ada@example.com`. 1 to 255
 *   characters.
 * - `name`: for display, 1 to 255 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Owner = Schema.Struct({
  kind: Schema.Literals(["person", "team", "service"]),
  ref: text("owner_ref"),
  name: Schema.optionalKey(text("owner_name"))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Owner = typeof Owner.Type
