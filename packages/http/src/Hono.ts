/**
 * The context of a request in Hono on Node.js.
 *
 * @since 0.1.0
 */
import { withContext } from "@rulestead/node/AmbientContext"
import type { Context, Env, MiddlewareHandler } from "hono"
import { identityOf, memberOf } from "./internal/reading.ts"
import { resolve } from "./internal/resolve.ts"
import type { Options, Sources } from "./RequestContext.ts"

export {
  /**
   * The context that a request was given: of Hono's own context of the request.
   *
   * @category reading
   * @since 0.1.0
   */
  contextOf
} from "./RequestContext.ts"

/**
 * Middleware that puts a context in force for everything after it (see `withContext` of `@rulestead/node`). It belongs
 * behind what reads the session and knows the user.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead } from "@rulestead/node"
 * import * as Flags from "@rulestead/http/Hono"
 * import { Hono } from "hono"
 *
 * await using rulestead = await createRulestead({ environment: "prod", directory: "flags" })
 *
 * const app = new Hono()
 * app.use(Flags.middleware({ targetingKey: Flags.variable("session", "userId") }))
 * app.get("/price", (c) => c.json({ price: rulestead.enabled("sale") ? 8 : 10 }))
 * ```
 *
 * @category middleware
 * @since 0.1.0
 */
export const middleware = <E extends Env>(
  sources: Sources<Context<E>>,
  options: Options = {}
): MiddlewareHandler<E> =>
async (c, next) => {
  await withContext(await resolve<Context<E>>(c, sources, options), next)
}

/**
 * A value of what a middleware before left in a variable (`c.set`), which has it as a property or answers `get`.
 *
 * @category sources
 * @since 0.1.0
 */
export const variable = (variable: string, name: string) => (c: Context): string | number | undefined =>
  memberOf(c.get(variable), name)

/**
 * A header, which any client can set to what it likes: whoever knows the keys of others is decided as they are. For
 * requests that come through a gateway which sets it, and takes what the client sent away.
 *
 * @category sources
 * @since 0.1.0
 */
export const untrustedHeader = (name: string) => (c: Context): string | number | undefined =>
  identityOf(c.req.header(name))
