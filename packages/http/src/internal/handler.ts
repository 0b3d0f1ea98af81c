/**
 * The one shape that Connect, Express and Fastify share: a request, a response, and what comes next.
 */
import { withContext } from "@rulestead/node/AmbientContext"
import type { Options, Sources } from "../RequestContext.ts"
import { resolve } from "./resolve.ts"

export const handler =
  <Request extends object>(sources: Sources<Request>, options: Options) =>
  (request: Request, _response: unknown, next: (error?: Error) => void): void => {
    resolve(request, sources, options).then(
      (context) => withContext(context, next),
      (error: unknown) => next(error instanceof Error ? error : new Error("A source of the evaluation context failed"))
    )
  }
