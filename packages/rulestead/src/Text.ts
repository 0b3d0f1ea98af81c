/**
 * Texts that people read and no decision looks at.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { rule } from "./InvalidInput.ts"

/**
 * At most 2000 characters.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Description = Schema.String.check(
  Schema.makeFilter(
    (text: string) => text.length <= 2000,
    rule("description", "at most 2000 characters", { maxLength: 2000 })
  )
)

/**
 * As {@link Description}; left out, it is the empty string.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DescriptionOrEmpty = Description.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))
