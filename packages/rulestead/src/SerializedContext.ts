/**
 * A context as plain JSON, small and checked, so that a job on a queue decides as the request did that put it there.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as EvaluationContext from "./EvaluationContext.ts"
import * as Facts from "./internal/facts.ts"
import * as InvalidInput from "./InvalidInput.ts"
import { Value } from "./Value.ts"

const JsonFacts = Schema.Record(Schema.String, Value)

/**
 * - `version`: of this format.
 * - identities: as they count, so trimmed, and numbers in their decimal form. `targetingKey` is the actor's key where the
 *   context had none of its own.
 * - `actor`, `attributes`: those facts that were asked for.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SerializedContext = Schema.Struct({
  version: Schema.Literal(1),
  targetingKey: Schema.optionalKey(Schema.String),
  tenantKey: Schema.optionalKey(Schema.String),
  accountKey: Schema.optionalKey(Schema.String),
  sessionId: Schema.optionalKey(Schema.String),
  requestId: Schema.optionalKey(Schema.String),
  environment: Schema.optionalKey(Schema.String),
  actor: Schema.optionalKey(JsonFacts),
  attributes: Schema.optionalKey(JsonFacts)
})

/**
 * @category models
 * @since 0.1.0
 */
export type SerializedContext = typeof SerializedContext.Type

/**
 * - `attributes`, `actor`: the names of the facts that go along; none, if left out. Whatever the rules look at must be
 *   among them for the job to decide as the request did.
 * - `maxBytes` (4096): how long the JSON text may be.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Limits {
  readonly attributes?: ReadonlyArray<string> | undefined
  readonly actor?: ReadonlyArray<string> | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Limits {
  readonly maxBytes?: number | undefined
}

/**
 * What is to be put on a queue. The identities always go along; of the facts, those that are named.
 *
 * Fails if a fact is no JSON value, because a date or a number that is not finite would come out as another fact than went
 * in, and the job would decide otherwise; and if the whole is too long.
 *
 * **Example**
 *
 * ```ts
 * import * as Result from "effect/Result"
 * import * as SerializedContext from "rulestead/SerializedContext"
 *
 * const context = { targetingKey: "user-123", attributes: { plan: "pro", email: "ada@example.com" } }
 * const serialized = SerializedContext.serialize(context, { attributes: ["plan"] })
 * Result.getOrThrow(serialized) // { version: 1, targetingKey: "user-123", attributes: { plan: "pro" } }
 * ```
 *
 * @category converting
 * @since 0.1.0
 */
export const serialize = (
  context: EvaluationContext.EvaluationContext,
  { actor = [], attributes = [], maxBytes }: Options = {}
): Result.Result<SerializedContext, InvalidInput.InvalidInput> =>
  Result.flatMap(
    Result.try({
      try: () => decode(taken(context, { actor, attributes }), { maxBytes }),
      catch: unreadable
    }),
    (decoded) => decoded
  )

/**
 * The context of what {@link serialize} made. Fails if it is anything else, also if it is of another version, or too long.
 *
 * @category converting
 * @since 0.1.0
 */
export const deserialize = (
  input: unknown,
  limits: Limits = {}
): Result.Result<EvaluationContext.EvaluationContext, InvalidInput.InvalidInput> =>
  Result.map(decode(input, limits), ({ version: _, ...context }) => context)

const parse = InvalidInput.decodeResult("serialized context", SerializedContext)

const decode = (input: unknown, { maxBytes = 4096 }: Limits) =>
  Result.flatMap(parse(input), (context) => {
    const { length } = new TextEncoder().encode(JSON.stringify(context))
    const tooLong = { path: [], rule: "max_bytes", allowed: `at most ${maxBytes} bytes of JSON` }
    const refused = InvalidInput.refuse("serialized context", context, length > maxBytes ? [tooLong] : [])
    return refused === undefined ? Result.succeed(context) : Result.fail(refused)
  })

const taken = (
  context: EvaluationContext.EvaluationContext,
  names: { readonly actor: ReadonlyArray<string>; readonly attributes: ReadonlyArray<string> }
): object => {
  const actor = EvaluationContext.actorOf(context)
  const targetingKey = EvaluationContext.targetingKey(context)
  return present({
    version: 1,
    // A blank one keeps the job from falling back on the actor where the request did not.
    targetingKey: actor === undefined ? targetingKey : targetingKey ?? "",
    tenantKey: EvaluationContext.identity(context.tenantKey),
    accountKey: EvaluationContext.untrimmedIdentity(context.accountKey),
    sessionId: EvaluationContext.identity(context.sessionId),
    requestId: EvaluationContext.identity(context.requestId),
    environment: EvaluationContext.identity(context.environment),
    actor: actor === undefined ? undefined : pick(actor, names.actor),
    attributes: names.attributes.length === 0
      ? undefined
      : pick(EvaluationContext.attributesOf(context), names.attributes)
  })
}

const pick = (facts: EvaluationContext.Facts, names: ReadonlyArray<string>): object =>
  present(Object.fromEntries(names.map((name) => [name, Facts.reader(name)(facts)])))

const present = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const unreadable = (): InvalidInput.InvalidInput =>
  new InvalidInput.InvalidInput({
    subject: "serialized context",
    problems: [{ path: "", rule: "type", allowed: "a context that can be read", found: "one that throws" }]
  })
