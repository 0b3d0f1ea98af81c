/**
 * Where the evaluation context of a request comes from: every field has a source of its own, and none is taken from what
 * the client may write unless the application says so.
 *
 * @since 0.1.0
 */
import type { EvaluationContext, Facts } from "rulestead/EvaluationContext"
import { contexts } from "./internal/contexts.ts"
import { fieldOf, identityOf, memberOf } from "./internal/reading.ts"

/**
 * Reads something of a request, at once or by and by.
 *
 * @category models
 * @since 0.1.0
 */
export type Source<Request, A> = (request: Request) => A | PromiseLike<A>

/**
 * What identifies somebody; `null` and `undefined` for nobody.
 *
 * @category models
 * @since 0.1.0
 */
export type Identity = string | number | null | undefined

/**
 * One source of an identity, or several, of which the first that has one is taken. A blank identity is none.
 *
 * @category models
 * @since 0.1.0
 */
export type IdentitySource<Request> = Source<Request, Identity> | ReadonlyArray<Source<Request, Identity>>

/**
 * The sources of a context's fields. A field without a source stays empty.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sources<Request> {
  readonly targetingKey?: IdentitySource<Request> | undefined
  readonly tenantKey?: IdentitySource<Request> | undefined
  readonly accountKey?: IdentitySource<Request> | undefined
  readonly sessionId?: IdentitySource<Request> | undefined
  readonly requestId?: IdentitySource<Request> | undefined
  readonly environment?: Source<Request, string | null | undefined> | undefined
  readonly actor?: Source<Request, Facts | null | undefined> | undefined
  readonly attributes?: Source<Request, Facts | null | undefined> | undefined
}

/**
 * - `timeout` (1000 milliseconds): how long the sources may take.
 * - `whenFailed` (`empty`): what becomes of a request when a source throws or is too slow: it goes on with the empty
 *   context, or fails with the error.
 * - `onFailure`: is told of the error. Left out, a warning of the process says that there was one, at most once a minute.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly timeout?: number | undefined
  readonly whenFailed?: "empty" | "fail" | undefined
  readonly onFailure?: ((error: unknown) => void) | undefined
}

/**
 * The context that a request was given, for code that has the request and was called from where no context is in force,
 * as from a library that keeps callbacks of its own. Without any fact if the middleware has not seen the request.
 *
 * @category reading
 * @since 0.1.0
 */
export const contextOf = (request: object): EvaluationContext => contexts.get(request) ?? {}

/**
 * A value of the request's session (`request.session`, which has it as a property or answers `get`).
 *
 * @category sources
 * @since 0.1.0
 */
export const session = (name: string) => (request: object): string | number | undefined =>
  memberOf(fieldOf(request, "session"), name)

/**
 * A property of whoever was authenticated (`request.user`).
 *
 * @category sources
 * @since 0.1.0
 */
export const user = (name: string) => (request: object): string | number | undefined =>
  memberOf(fieldOf(request, "user"), name)

/**
 * A header, which any client can set to what it likes: whoever knows the keys of others is decided as they are. For
 * requests that come through a gateway which sets it, and takes what the client sent away.
 *
 * @category sources
 * @since 0.1.0
 */
export const untrustedHeader = (name: string) => (request: object): string | number | undefined => {
  const value = fieldOf(fieldOf(request, "headers"), name.toLowerCase())
  return identityOf(Array.isArray(value) ? value[0] : value)
}
