/**
 * The context of a request in Express, and in whatever else takes middleware of its shape.
 *
 * @since 0.1.0
 */
import type { IncomingMessage } from "node:http"
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
 * Middleware that puts a context in force for everything after it (see `withContext` of `@rulestead/node`). It belongs
 * behind what reads the session and knows the user, and before the routes.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead } from "@rulestead/node"
 * import * as Flags from "@rulestead/http/Express"
 * import express from "express"
 *
 * await using rulestead = await createRulestead({ environment: "prod", directory: "flags" })
 *
 * const app = express()
 * app.use(Flags.middleware({ targetingKey: [Flags.user("id"), Flags.session("visitor")] }))
 * app.get("/price", (_, response) => void response.json({ price: rulestead.enabled("sale") ? 8 : 10 }))
 * ```
 *
 * @category middleware
 * @since 0.1.0
 */
export const middleware = <Request extends object = IncomingMessage>(
  sources: Sources<NoInfer<Request>>,
  options: Options = {}
): (request: Request, response: unknown, next: (error?: unknown) => void) => void => handler(sources, options)
