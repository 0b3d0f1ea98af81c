/**
 * Keys: the identities of flags, audiences, environments, rules and variants. They are never renamed, because buckets,
 * audit rows and code refer to them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { rule } from "./InvalidInput.ts"

const slug = (what: string, pattern: RegExp, max: number, allowed: string) =>
  Schema.String.check(
    Schema.makeFilter(
      (key: string) => key.length >= 2 && key.length <= max && pattern.test(key),
      rule(`${what}_key`, `2 to ${max} characters: ${allowed}, beginning with a letter or digit`, {
        pattern: pattern.source,
        minLength: 2,
        maxLength: max
      })
    )
  )

const label = (what: string) =>
  Schema.String.check(
    Schema.makeFilter(
      (key: string) => key.length >= 1 && key.length <= 128 && key.trim() === key,
      rule(`${what}_key`, "1 to 128 characters without surrounding white space", { minLength: 1, maxLength: 128 })
    )
  )

/**
 * 2 to 128 characters of `a-z`, `0-9`, `:`, `_`, `-`, as `checkout-redesign`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FlagKey = slug("flag", /^[a-z0-9][a-z0-9:_-]*$/, 128, "a-z, 0-9, \":\", \"_\", \"-\"")

/**
 * 2 to 128 characters of `a-z`, `0-9`, `:`, `_`, `-`, as `beta-testers`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AudienceKey = slug("audience", /^[a-z0-9][a-z0-9:_-]*$/, 128, "a-z, 0-9, \":\", \"_\", \"-\"")

/**
 * 2 to 64 characters of `a-z`, `0-9`, `_`, `-`, as `prod`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EnvironmentKey = slug("environment", /^[a-z0-9][a-z0-9_-]*$/, 64, "a-z, 0-9, \"_\", \"-\"")

/**
 * 1 to 128 characters, unique in its ruleset. Part of the hash: two rules of one key would share their buckets.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RuleKey = label("rule")

/**
 * 1 to 128 characters, unique in its rule.
 *
 * @category schemas
 * @since 0.1.0
 */
export const VariantKey = label("variant")
