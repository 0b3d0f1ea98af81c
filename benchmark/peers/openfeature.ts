import { type EvaluationContext, type JsonValue, OpenFeature, TypedInMemoryProvider } from "@openfeature/server-sdk"
import { delivered } from "../delivered.ts"
import type { Flag, Rule, User, Value } from "../flags.ts"
import * as Murmur3 from "../floors/support/murmur3.ts"
import { straight } from "../floors/support/straight.ts"
import { async, type Subject, type Surroundings } from "../Subject.ts"

const nameOf = (value: Value): string => typeof value === "object" ? "document" : String(value)

const valuesOf = ({ serve }: Rule): ReadonlyArray<Value> =>
  serve.to === "split" ? serve.variants.map(({ value }) => value) : [serve.value]

/** The provider knows no rules, so each flag brings a function: the floor's. */
const definition = (flag: Flag, userOf: (context: EvaluationContext) => User | undefined) => {
  const decide = straight(flag, Murmur3.make)
  const values = [flag.fallback, ...flag.rules.flatMap(valuesOf)]
  return {
    disabled: false,
    variants: Object.fromEntries(values.map((value) => [nameOf(value), delivered(value)])),
    defaultVariant: nameOf(flag.fallback),
    contextEvaluator: (context: EvaluationContext) => {
      const user = userOf(context)
      return nameOf(user === undefined ? flag.fallback : decide(user))
    }
  }
}

const load = async (flags: ReadonlyArray<Flag>, { users }: Surroundings) => {
  const byKey = new Map(users.map((user) => [user.key, user]))
  const userOf = ({ targetingKey }: EvaluationContext) => byKey.get(targetingKey ?? "")
  const configuration = Object.fromEntries(flags.map((flag) => [flag.key, definition(flag, userOf)]))
  const domain = `${flags.length}-${flags[0]?.key}`
  await OpenFeature.setProviderAndWait(domain, new TypedInMemoryProvider(configuration))
  const client = OpenFeature.getClient(domain)
  return {
    context: ({ key, ...attributes }: User): EvaluationContext => ({ targetingKey: key, ...attributes }),
    decide: ({ key, kind }: Flag): (context: EvaluationContext) => Promise<JsonValue> => {
      switch (kind) {
        case "boolean":
          return (context) => client.getBooleanValue(key, false, context)
        case "string":
          return (context) => client.getStringValue(key, "", context)
        case "json":
          return (context) => client.getObjectValue(key, {}, context)
      }
    }
  }
}

export const subjects: ReadonlyArray<Subject> = [
  async({
    name: "openfeature",
    configuration: "fast, default",
    how: "The server SDK with its in-memory provider and no hooks.",
    package: "@openfeature/server-sdk",
    load
  })
]
