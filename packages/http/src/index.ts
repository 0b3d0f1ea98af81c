/**
 * The evaluation context of a request. Every framework has a module of its own: `@rulestead/http/HttpContext` (Effect),
 * `@rulestead/http/Express`, `@rulestead/http/Fastify`, `@rulestead/http/Hono`.
 *
 * @since 0.1.0
 */
export * as RequestContext from "./RequestContext.ts"
