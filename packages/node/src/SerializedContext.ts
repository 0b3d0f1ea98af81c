/**
 * A context on a queue, for plain Node.js code.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as SerializedContext from "rulestead/SerializedContext"
import { currentContext } from "./AmbientContext.ts"

/**
 * What is to be put on a queue, as plain JSON: the identities of a context, and those of its facts that are named. The
 * context is the one in force, unless another is passed. Throws `InvalidInput` if a fact is no JSON value, or if the whole
 * is longer than `maxBytes` (4096).
 *
 * **Example**
 *
 * ```ts
 * import { deserializeContext, serializeContext, withContext } from "@rulestead/node"
 *
 * const data = { order: 7, context: serializeContext({ attributes: ["plan"] }) }
 * // … and where the job runs:
 * withContext(deserializeContext(data.context), () => {})
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const serializeContext = (
  options?: SerializedContext.Options,
  context: EvaluationContext = currentContext()
): SerializedContext.SerializedContext => Result.getOrThrow(SerializedContext.serialize(context, options))

/**
 * The context of what {@link serializeContext} made. Throws `InvalidInput` if it is anything else.
 *
 * @category converting
 * @since 0.1.0
 */
export const deserializeContext = (input: unknown, limits?: SerializedContext.Limits): EvaluationContext =>
  Result.getOrThrow(SerializedContext.deserialize(input, limits))
