/**
 * Who and what a decision is about.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import * as Internal from "./internal/evaluationContext.ts"
import type { Named } from "./internal/facts.ts"
import * as Merging from "./internal/mergedContext.ts"
import { Value } from "./Value.ts"

const Identity = Schema.Union([Schema.String, Schema.Finite])

/**
 * The context of one decision. Every field may be absent; a plain object literal will do.
 *
 * - `targetingKey`: the identity that rollouts stick to, as a user id. Defaults to `actor.key`, then `actor.id`.
 * - `tenantKey`, `accountKey`, `sessionId`: identities for rollouts that bucket by tenant, account or session.
 * - `environment`, `requestId`: for conditions only.
 * - `actor`: facts of the acting party, addressed by conditions as `actor.role`.
 * - `attributes`: everything else, addressed as `plan` or `attributes.org.tier`.
 *
 * Identities are trimmed (except `accountKey`), a blank one counts as missing, and numbers are taken in their decimal
 * form, so `42` and `"42"` are one identity.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EvaluationContext = Schema.Struct({
  targetingKey: Schema.optionalKey(Schema.NullishOr(Identity)),
  tenantKey: Schema.optionalKey(Schema.NullishOr(Identity)),
  accountKey: Schema.optionalKey(Schema.NullishOr(Identity)),
  sessionId: Schema.optionalKey(Schema.NullishOr(Identity)),
  requestId: Schema.optionalKey(Schema.NullishOr(Identity)),
  environment: Schema.optionalKey(Schema.NullishOr(Schema.String)),
  actor: Schema.optionalKey(Schema.NullishOr(Schema.Record(Schema.String, Value))),
  attributes: Schema.optionalKey(Schema.NullishOr(Schema.Record(Schema.String, Value)))
})

/**
 * What conditions can look at, by name. Objects of the application can be passed as they are, whatever their interface or
 * class: names are read as JavaScript reads them, getters of a class included. Values that are not JSON (functions, dates,
 * maps, symbols) are present, but equal to nothing; pass a date as text or as a number. Lists and maps themselves have no
 * facts.
 *
 * @category models
 * @since 0.1.0
 */
export type Facts = Named | (object & { readonly [Symbol.iterator]?: never })

/**
 * @category models
 * @since 0.1.0
 */
export interface EvaluationContext {
  readonly targetingKey?: string | number | null | undefined
  readonly tenantKey?: string | number | null | undefined
  readonly accountKey?: string | number | null | undefined
  readonly sessionId?: string | number | null | undefined
  readonly requestId?: string | number | null | undefined
  readonly environment?: string | null | undefined
  readonly actor?: Facts | null | undefined
  readonly attributes?: Facts | null | undefined
}

/**
 * The context without any fact.
 *
 * @category constructors
 * @since 0.1.0
 */
export const empty: EvaluationContext = {}

/**
 * The ambient context: what effects ask about that are not given a context of their own. Empty unless provided, as the
 * middleware of `@rulestead/http` does for every request.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Rulestead } from "rulestead"
 * import * as EvaluationContext from "rulestead/EvaluationContext"
 *
 * const price = Effect.map(Rulestead.enabled("sale"), (isSale) => isSale ? 8 : 10)
 *
 * const program = Effect.provideService(price, EvaluationContext.Current, { targetingKey: "user-123" })
 * ```
 *
 * @category ambient
 * @since 0.1.0
 */
export const Current: Context.Reference<EvaluationContext> = Context.Reference("rulestead/EvaluationContext/Current", {
  defaultValue: () => empty
})

/**
 * One context of two: the fields of `over`, those of `base` where `over` has none (or `null`), and the attributes and the
 * actor's facts of both, those of `over` first. Of attributes and actors that are objects of the application, it takes
 * what is their own, and no getters of their class. Like deciding, it never throws: what cannot be read is left out.
 *
 * @category combining
 * @since 0.1.0
 */
export const merge: (base: EvaluationContext, over: EvaluationContext) => EvaluationContext = Merging.merge

/**
 * An identity in its string form, trimmed; `undefined` when it is missing, blank, or not a string or number.
 *
 * @category identities
 * @since 0.1.0
 */
export const identity: (value: unknown) => string | undefined = Internal.identity

/**
 * As {@link identity}, but a string is taken as it is. Accounts are hashed this way.
 *
 * @category identities
 * @since 0.1.0
 */
export const untrimmedIdentity: (value: unknown) => string | undefined = Internal.untrimmedIdentity

/**
 * The targeting key: the explicit one, else the actor's `key`, else the actor's `id`. An explicit blank one is missing
 * and does not fall back.
 *
 * @category identities
 * @since 0.1.0
 */
export const targetingKey: (context: EvaluationContext) => string | undefined = Internal.targetingKey

/**
 * The attributes; none where they are not an object.
 *
 * @category facts
 * @since 0.1.0
 */
export const attributesOf: (context: EvaluationContext) => Readonly<Record<string, unknown>> = Internal.attributesOf

/**
 * The actor's facts. A bare identity in place of an object counts as `{ key: identity }`.
 *
 * @category facts
 * @since 0.1.0
 */
export const actorOf: (context: EvaluationContext) => Readonly<Record<string, unknown>> | undefined = Internal.actorOf
