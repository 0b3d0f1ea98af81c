/**
 * Who changes things. Every write is audited under the actor of the fiber that made it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import { fieldOf } from "./internal/document.ts"
import * as InvalidInput from "./InvalidInput.ts"

/**
 * - `id`: a stable identity, as a user id or the name of a service account.
 * - `kind`: a `person`, a `service`, or the `system` itself.
 * - `name`: for display.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Actor = Schema.Struct({
  id: Schema.NonEmptyString,
  kind: Schema.Literals(["person", "service", "system"]),
  name: Schema.optionalKey(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Actor = typeof Actor.Type

const maxLength = 255

/**
 * Decodes whoever is about to write: `id` and `name` may have 255 characters.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode: InvalidInput.Decode<Actor> = InvalidInput.decode(
  "actor",
  Actor,
  (actor) =>
    ["id", "name"].flatMap((field) => {
      const text = fieldOf(actor, field)
      return typeof text === "string" && text.length > maxLength
        ? [{ path: [field], rule: "length", allowed: `at most ${maxLength} characters` }]
        : []
    })
)

/**
 * The actor of the current fiber; `system` unless provided.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Actor from "rulestead/Actor"
 * import { Publisher } from "rulestead/Publisher"
 *
 * const published = Publisher.use((publisher) => publisher.publish("checkout", "prod", { expected: 3 })).pipe(
 *   Effect.provideService(Actor.Current, { id: "ada", kind: "person" })
 * )
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const Current = Context.Reference<Actor>("rulestead/Actor", {
  defaultValue: () => ({ id: "system", kind: "system" })
})
