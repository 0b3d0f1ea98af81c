/**
 * How a condition names a fact of the context.
 *
 * - A field of the context: `targetingKey`, `tenantKey`, `accountKey`, `sessionId`, `requestId`, `environment`.
 * - `attributes.plan`, `attributes.org.tier`: into the attributes. A single other name, as `plan`, is short for
 *   `attributes.plan`.
 * - `actor.role`: into the actor's facts.
 *
 * Any other dotted path could never resolve and is refused when authored; evaluated all the same, it is missing.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { EvaluationContext } from "./EvaluationContext.ts"
import * as Internal from "./internal/attributePath.ts"
import { rule } from "./InvalidInput.ts"

/**
 * Reads the fact that a path names; `undefined` when it is missing.
 *
 * @category models
 * @since 0.1.0
 */
export type Read = (context: EvaluationContext) => unknown

const snakeCase: ReadonlyMap<string, string> = new Map(
  [...Internal.fields.keys()].map((field) => [field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), field])
)

/**
 * What is wrong with a path, as the words of what would be allowed, or `undefined` when it can resolve.
 *
 * @category guards
 * @since 0.1.0
 */
export const fault = (path: string): string | undefined => {
  if (path.length < 1 || path.length > 255) return "1 to 255 characters"
  if (path.trim() !== path) return "no surrounding white space"
  if (/[*()]|&&|\|\||\[\d+\]/.test(path)) return "names separated by dots; no wildcards, indices or logic"
  const segments = path.split(".")
  if (segments.includes("")) return "names separated by single dots, none of them empty"
  const [head = "", second] = segments
  const field = snakeCase.get(path)
  if (field !== undefined && field !== path) return `"${field}" for the field of the context, or "attributes.${path}"`
  if (second === undefined || head === "attributes" || head === "actor") return undefined
  return Internal.fields.has(head)
    ? `"${head}" alone, for it has no parts`
    : `"attributes.${path}", for a path begins with "attributes." or "actor."`
}

/**
 * @category schemas
 * @since 0.1.0
 */
export const AttributePath = Schema.String.check(
  Schema.makeFilter(
    fault,
    rule("attribute_path", "a field of the context, a name, attributes.name or actor.name", {
      minLength: 1,
      maxLength: 255
    })
  )
)

/**
 * Compiles a path to a function that reads it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const compile: (path: string) => Read = Internal.compile
