// Plain Node.js code: the client of `createRulestead`, which counts every decision as it does by default.
import type { RulesteadClient } from "@rulestead/node"
import type { Decision } from "rulestead/Decision"
import { rulesteadBucket } from "../expected.ts"
import { type Flag, unknownFlag } from "../flags.ts"
import { type Subject, sync } from "../Subject.ts"
import { create } from "./support/client.ts"
import { context } from "./support/entries.ts"

type Context = ReturnType<typeof context>

const all = (client: RulesteadClient) => ({
  decide: (context: Context) => client.decisions(context),
  answer: (decisions: ReadonlyMap<string, Decision>, { key }: Flag) => decisions.get(key)?.value
})

const values = (client: RulesteadClient) => ({
  context,
  decide: ({ fallback, key, kind }: Flag): (context: Context) => unknown =>
    kind === "boolean"
      ? (context) => client.enabled(key, context)
      : (context) => client.value(key, context, fallback),
  all: all(client)
})

const decisions = (client: RulesteadClient) => ({
  context,
  decide: ({ key }: Flag): (context: Context) => Decision | null =>
    key === unknownFlag.key ? tried(client, key) : (context) => client.evaluate(key, context),
  answer: (decision: Decision | null, { fallback }: Flag) => decision?.value ?? fallback,
  all: all(client)
})

/** The strict door throws for a flag that is unknown. */
const tried = (client: RulesteadClient, key: string) => (context: Context): Decision | null => {
  try {
    return client.evaluate(key, context)
  } catch {
    return null
  }
}

const subscribed = (client: RulesteadClient): RulesteadClient => {
  client.onChange(() => {})
  return client
}

const product = { name: "rulestead", bucket: rulesteadBucket }

export const subjects: ReadonlyArray<Subject> = [
  sync({
    ...product,
    configuration: "enabled",
    how: "`enabled` (or `value`) of the client that `createRulestead` makes, counting decisions.",
    load: async (flags) => values(await create(flags))
  }),
  sync({
    ...product,
    configuration: "enabled, subscriber",
    how: "The same while somebody subscribes to changes.",
    load: async (flags) => values(subscribed(await create(flags)))
  }),
  sync({
    ...product,
    configuration: "evaluate",
    how: "`evaluate` of the same client: the full decision, with its rule, reason, versions and freshness.",
    load: async (flags) => decisions(await create(flags))
  })
]
