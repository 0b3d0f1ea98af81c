/**
 * The context of a request in Fastify.
 *
 * @since 0.1.0
 */
import type { FastifyRequest } from "fastify"
import { handler } from "./internal/handler.ts"
import type { Options, Sources } from "./RequestContext.ts"

export {
  /**
   * The context that a request was given.
   *
   * @category reading
   * @since 0.1.0
   */
  contextOf,
  /**
   * A value of the request's session.
   *
   * @category sources
   * @since 0.1.0
   */
  session,
  /**
   * A header, which any client can set to what it likes.
   *
   * @category sources
   * @since 0.1.0
   */
  untrustedHeader,
  /**
   * A property of whoever was authenticated.
   *
   * @category sources
   * @since 0.1.0
   */
  user
} from "./RequestContext.ts"

/**
 * A hook that puts a context in force for the hooks and the handler after it (see `withContext` of `@rulestead/node`). Add
 * it as `preHandler`, when the session was read, the user is known, and the body is there.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead } from "@rulestead/node"
 * import * as Flags from "@rulestead/http/Fastify"
 * import fastify from "fastify"
 *
 * await using rulestead = await createRulestead({ environment: "prod", directory: "flags" })
 *
 * const app = fastify()
 * app.addHook("preHandler", Flags.hook({ targetingKey: Flags.session("userId") }))
 * app.get("/price", () => ({ price: rulestead.enabled("sale") ? 8 : 10 }))
 * ```
 *
 * @category middleware
 * @since 0.1.0
 */
export const hook = <Request extends object = FastifyRequest>(
  sources: Sources<NoInfer<Request>>,
  options: Options = {}
): (request: Request, reply: unknown, done: (error?: Error) => void) => void => handler(sources, options)
