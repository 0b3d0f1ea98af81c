/**
 * The context of a request in Effect's `HttpRouter` and `HttpApi`.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as EvaluationContext from "rulestead/EvaluationContext"

/**
 * - `timeout` (1 second): how long the context may take.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly timeout?: Duration.Input | undefined
}

/**
 * Runs an effect with the context that another one finds, as the ambient one: what it calls asks
 * `Rulestead.enabled("flag")`, and nobody hands the context down.
 *
 * Should finding it fail, die or take too long, the effect runs with the empty context, and a warning in the log says so,
 * without saying why: errors may carry what must not be logged. To fail the request instead, provide
 * `EvaluationContext.Current` yourself.
 *
 * It is also how to implement a middleware of an `HttpApi`:
 *
 * **Example**
 *
 * ```ts
 * import * as HttpContext from "@rulestead/http/HttpContext"
 * import * as Context from "effect/Context"
 * import * as Effect from "effect/Effect"
 * import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
 * import * as Layer from "effect/Layer"
 *
 * class CurrentUser extends Context.Service<CurrentUser, { readonly id: string }>()("app/CurrentUser") {}
 *
 * class FlagContext extends HttpApiMiddleware.Service<FlagContext, { requires: CurrentUser }>()("app/FlagContext") {}
 *
 * const FlagContextLive = Layer.succeed(
 *   FlagContext,
 *   HttpContext.provideContext(Effect.map(CurrentUser, ({ id }) => ({ targetingKey: id })))
 * )
 * ```
 *
 * @category middleware
 * @since 0.1.0
 */
export const provideContext =
  <E, R>(from: Effect.Effect<EvaluationContext.EvaluationContext, E, R>, { timeout = "1 second" }: Options = {}) =>
  <A, E2, R2>(self: Effect.Effect<A, E2, R2>): Effect.Effect<A, E2, R | R2> =>
    from.pipe(
      Effect.timeout(timeout),
      Effect.catchCause(() =>
        Effect.as(
          Effect.logWarning("The evaluation context of a request could not be found, and it went on without one"),
          EvaluationContext.empty
        )
      ),
      Effect.flatMap((context) => Effect.provideService(self, EvaluationContext.Current, context))
    )

/**
 * A middleware of an `HttpRouter`; see {@link provideContext}.
 *
 * **Example**
 *
 * ```ts
 * import * as HttpContext from "@rulestead/http/HttpContext"
 * import * as Effect from "effect/Effect"
 * import * as HttpRouter from "effect/http/HttpRouter"
 * import * as HttpServerResponse from "effect/http/HttpServerResponse"
 * import * as Layer from "effect/Layer"
 * import { Rulestead } from "rulestead"
 *
 * declare const userOfSession: Effect.Effect<string>
 *
 * const routes = HttpRouter.add(
 *   "GET",
 *   "/price",
 *   Effect.map(Rulestead.enabled("sale"), (isSale) => HttpServerResponse.text(isSale ? "8" : "10"))
 * ).pipe(
 *   Layer.provide(
 *     HttpContext.middleware(Effect.map(userOfSession, (targetingKey) => ({ targetingKey }))).layer
 *   )
 * )
 * ```
 *
 * @category middleware
 * @since 0.1.0
 */
export const middleware = <E, R>(
  from: Effect.Effect<EvaluationContext.EvaluationContext, E, R>,
  options?: Options
) => HttpRouter.middleware(provideContext(from, options))
