/** The context of a decision, as it is written on a command line. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EvaluationContext } from "rulestead/EvaluationContext"
import * as InvalidInput from "rulestead/InvalidInput"
import type { Value } from "rulestead/Value"
import { given } from "./given.ts"
import * as Input from "./Input.ts"
import * as Values from "./values.ts"

const identity = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

export const flags = {
  key: identity("key", "The targeting key: the user's id, as a rule").pipe(Flag.withAlias("k")),
  account: identity("account", "The key of the account"),
  tenant: identity("tenant", "The key of the tenant"),
  session: identity("session", "The id of the session"),
  attribute: Flag.KeyValuePair("attribute").pipe(
    Flag.withAlias("a"),
    Flag.withDescription("An attribute, as plan=pro or org.tier=3; JSON if it is JSON, else text; may be repeated"),
    Flag.withDefault({})
  ),
  context: Flag.String("context").pipe(
    Flag.withAlias("c"),
    Flag.withMetavar("<file>"),
    Flag.withDescription("A context as JSON or YAML, which the other flags add to; - is standard input"),
    Flag.optional
  )
}

export interface Described {
  readonly key: Option.Option<string>
  readonly account: Option.Option<string>
  readonly tenant: Option.Option<string>
  readonly session: Option.Option<string>
  readonly attribute: Readonly<Record<string, string>>
  readonly context: Option.Option<string>
}

/** Decodes a context from a file. */
export const decode = InvalidInput.decode("context", EvaluationContext)

export const make = Effect.fnUntraced(function*({ account, attribute, context, key, session, tenant }: Described) {
  const base = Option.isSome(context) ? yield* Input.document(context.value, decode) : {}
  let attributes: Facts = base.attributes ?? {}
  for (const [path, text] of Object.entries(attribute)) {
    attributes = set(attributes, path.split("."), yield* Values.guess(text))
  }
  return {
    ...base,
    ...given({ targetingKey: key, accountKey: account, tenantKey: tenant, sessionId: session }),
    attributes
  }
})

type Facts = { readonly [name: string]: Value }

const set = (facts: Facts, [name, ...rest]: ReadonlyArray<string>, value: Value): Facts => {
  if (name === undefined) return facts
  const inner = Object.hasOwn(facts, name) ? facts[name] : undefined
  return { ...facts, [name]: rest.length === 0 ? value : set(isFacts(inner) ? inner : {}, rest, value) }
}

const isFacts = (value: Value | undefined): value is Facts =>
  typeof value === "object" && value !== null && !Array.isArray(value)
