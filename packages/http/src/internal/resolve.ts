/**
 * The context of a request, from its sources, whatever they do.
 */
import { type EvaluationContext, identity } from "rulestead/EvaluationContext"
import type { Identity, IdentitySource, Options, Sources } from "../RequestContext.ts"
import { contexts } from "./contexts.ts"

/** Rejects only if it is to. */
export const resolve = async <Request extends object>(
  request: Request,
  sources: Sources<Request>,
  { onFailure = warn, timeout = 1000, whenFailed = "empty" }: Options
): Promise<EvaluationContext> => {
  try {
    const context = await within(timeout, collect(request, sources))
    contexts.set(request, context)
    return context
  } catch (error) {
    tell(onFailure, error)
    if (whenFailed === "fail") throw error
    return {}
  }
}

const collect = async <Request>(request: Request, sources: Sources<Request>): Promise<EvaluationContext> => {
  const [targetingKey, tenantKey, accountKey, sessionId, requestId, environment, actor, attributes] = await Promise.all(
    [
      first(request, sources.targetingKey),
      first(request, sources.tenantKey),
      first(request, sources.accountKey),
      first(request, sources.sessionId),
      first(request, sources.requestId),
      sources.environment?.(request),
      sources.actor?.(request),
      sources.attributes?.(request)
    ]
  )
  return { targetingKey, tenantKey, accountKey, sessionId, requestId, environment, actor, attributes }
}

const first = async <Request>(request: Request, source: IdentitySource<Request> = []): Promise<Identity> => {
  for (const read of typeof source === "function" ? [source] : source) {
    const value = await read(request)
    if (identity(value) !== undefined) return value
  }
  return undefined
}

const within = async <A>(millis: number, promise: Promise<A>): Promise<A> => {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`The sources of the context took longer than ${millis} ms`)), millis)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Telling must not do more harm than what is told. */
const tell = (onFailure: (error: unknown) => void, error: unknown): void => {
  try {
    onFailure(error)
  } catch {
    warn()
  }
}

const pause = 60_000
let quietUntil = 0

const warn = (): void => {
  const now = performance.now()
  if (now < quietUntil) return
  quietUntil = now + pause
  process.emitWarning("A source of the evaluation context failed, and the request went on without a context", {
    code: "RULESTEAD_CONTEXT"
  })
}
