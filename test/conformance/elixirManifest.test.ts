import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import * as ElixirManifest from "rulestead/ElixirManifest"
import * as Evaluator from "rulestead/Evaluator"
import { hasErrors } from "rulestead/Finding"
import type * as Manifest from "rulestead/Manifest"
import { answer, translate } from "./reference.ts"
import { toContext } from "./referenceContext.ts"
import { fieldOf, isRecord, listOf, type Shape } from "./referenceShapes.ts"

const read = (file: string) => listOf(JSON.parse(readFileSync(new URL(`../fixtures/${file}`, import.meta.url), "utf8")))

const document = (flags: ReadonlyArray<unknown>, more: Shape = {}) => ({
  schema_version: 1,
  kind: "rulestead_environment_manifest",
  environment_key: "production",
  flags,
  ...more
})

const row = (key: unknown, ruleset: unknown, flag: Shape = {}, status = "active") => ({
  flag_key: key,
  flag: {
    flag_type: "release",
    value_type: "json",
    default_value: { value: null },
    owner: "payments",
    permanent: true,
    tags: ["shop"],
    ...flag
  },
  environment: { status, active_ruleset_version: 3 },
  active_ruleset: ruleset
})

const convert = (flags: ReadonlyArray<unknown>, options?: ElixirManifest.Options) =>
  ElixirManifest.decode(document(flags), options)

/** A flag of a manifest, compiled as a node would. */
const compile = ({ audiences, flags }: Manifest.Manifest, key: string) => {
  const flag = flags.find((flag) => flag.key === key)
  if (flag?.ruleset === undefined) return assert.fail(`${key} is not live`)
  const { defaultValue, killSwitch, ruleset, valueType } = flag
  const entry = { key, valueType, defaultValue, rulesetVersion: 1, ...ruleset, ...(killSwitch && { killSwitch }) }
  return Evaluator.compileFlag(
    entry,
    new Map(audiences.map((audience) => [audience.key, Evaluator.compileAudience(audience)]))
  )
}

/** A rule that serves `"in"` to whom it has in the first buckets, as many as a percentage of all. */
const rulesetOf = (vector: unknown, percentage: number): unknown => {
  const salt = fieldOf(vector, "ruleset_salt")
  const bucket_by = fieldOf(vector, "bucket_by")
  const rollout_salt = fieldOf(vector, "rollout_salt")
  const rollout = { bucket_by, salt: rollout_salt, percentage: 100 }
  const variants = (weight: number) => [
    { key: "a", weight, value: { value: "in" } },
    { key: "b", weight: 100 - weight, value: { value: "out" } }
  ]
  const strategy = {
    rollout: { strategy: "percentage_rollout", rollout: { ...rollout, percentage }, value: { value: "in" } },
    variant: { strategy: "variant_split", rollout, variants: variants(percentage) },
    experiment: {
      strategy: "experiment",
      experiment: { bucket_by, iteration_salt: rollout_salt, holdout_percentage: percentage },
      variants: [{ key: "a", weight: 0, value: { value: "in" } }, { key: "b", weight: 100, value: { value: "out" } }]
    }
  }[String(fieldOf(vector, "namespace"))]
  return { version: 1, salt, rules: [{ key: fieldOf(vector, "rule"), conditions: [], ...strategy }] }
}

/** A context trims all identities but accounts, and the salt of an experiment stands for both. */
const isExpressible = (vector: unknown): boolean => {
  const [identity, salt] = [String(fieldOf(vector, "identity")), fieldOf(vector, "ruleset_salt")]
  return (fieldOf(vector, "bucket_by") === "account" || identity === identity.trim()) &&
    (fieldOf(vector, "namespace") !== "experiment" || salt === fieldOf(vector, "rollout_salt"))
}

const contextOf = (vector: unknown) => {
  const identity = fieldOf(vector, "identity")
  return toContext({
    targeting_key: identity,
    tenant_key: identity,
    session_id: identity,
    attributes: { account_key: identity }
  })
}

describe("a manifest of Elixir Rulestead", () => {
  it.effect("has every identity of the recorded buckets in the bucket that it had", () =>
    Effect.gen(function*() {
      let compared = 0
      for (const vector of read("bucket-vectors.json")) {
        const flag = String(fieldOf(vector, "flag"))
        const bucket = Number(fieldOf(vector, "bucket"))
        const { findings } = yield* convert([row(flag, rulesetOf(vector, 50))])
        if (hasErrors(findings) || !isExpressible(vector)) continue
        for (
          const percentage of [Math.floor(bucket / 100), Math.floor(bucket / 100) + 1, bucket / 100, (bucket + 1) / 100]
        ) {
          if (!Number.isInteger(percentage) && fieldOf(vector, "namespace") === "variant") continue
          const { manifest } = yield* convert([row(flag, rulesetOf(vector, percentage))])
          const served = Evaluator.evaluate(compile(manifest, flag), contextOf(vector)).value
          assert.strictEqual(served === "in", bucket < percentage * 100, JSON.stringify(vector))
          compared++
        }
      }
      assert.isAbove(compared, 400)
    }))

  it.effect("decides as recorded, wherever a flag is carried over", () =>
    Effect.gen(function*() {
      let compared = 0
      for (const [index, vector] of read("evaluation-vectors.json").entries()) {
        const [payload, context] = [fieldOf(vector, "payload"), fieldOf(vector, "context")]
        const audiences = fieldOf(payload, "audiences")
        const { manifest } = yield* convert(
          [row(`flag-${index}`, fieldOf(payload, "active_ruleset"), {
            default_value: fieldOf(fieldOf(payload, "flag"), "default_value")
          })],
          {
            audiences: Object.entries(isRecord(audiences) ? audiences : {}).map(([key, row]) => ({
              key,
              ...Object(row)
            }))
          }
        )
        const recorded = answer(renamed(payload, `flag-${index}`), context)
        const question = translate(payload, context)
        if (manifest.flags.length === 0 || !recorded.ok || question === undefined) continue
        const outcome = Evaluator.evaluate(compile(manifest, `flag-${index}`), question.context)
        assert.deepStrictEqual(
          [outcome.value, outcome.variant ?? null, outcome.reason, outcome.enabled],
          [recorded.value, recorded.variant, recorded.reason, recorded.enabled],
          `vector ${index}`
        )
        compared++
      }
      assert.isAbove(compared, 1_300)
    }))
})

/** Recorded flags have keys of any kind, which are part of the buckets. */
const renamed = (payload: unknown, key: string): unknown => {
  const flag = fieldOf(payload, "flag")
  return { ...Object(payload), flag: { ...Object(flag), key } }
}

const share = { bucket_by: "subject", percentage: 25, salt: "v1" }

const found = ({ findings }: ElixirManifest.Converted) =>
  findings.map(({ code, path, severity }) => `${severity} ${code} ${path}`)

const rule = (fields: Shape) => ({
  key: "rule",
  strategy: "forced_value",
  value: { value: true },
  conditions: [],
  ...fields
})

const boolean = { value_type: "boolean", default_value: { value: false } }

const rules = (...rules: ReadonlyArray<unknown>) => ({ version: 4, salt: "s", rules })

describe("of a manifest of Elixir Rulestead", () => {
  it.effect("everything that has a place here is carried over", () =>
    Effect.gen(function*() {
      const { environment, findings, manifest } = yield* convert([
        row(
          "checkout",
          rules(
            rule({
              key: "staff",
              conditions: [{ attribute: "actor.role", operator: "equals", value: { equals: "staff" } }]
            }),
            rule({
              key: "members",
              strategy: "segment_match",
              audience_key: "members",
              name: "Members",
              description: "They pay."
            }),
            rule({ key: "share", strategy: "percentage_rollout", rollout: share })
          ),
          { ...boolean, description: "Three steps.", expected_expiration: "2027-03-01", permanent: false }
        )
      ], { audiences: [{ key: "members", definition: { clauses: [{ attribute: "plan", op: "eq", value: "plus" }] } }] })
      assert.strictEqual(environment, "production")
      assert.deepStrictEqual(findings, [])
      assert.deepStrictEqual(manifest, {
        schemaVersion: 1,
        audiences: [{
          key: "members",
          description: "",
          definition: { conditions: [{ attribute: "attributes.plan", operator: "equals", value: "plus" }] }
        }],
        flags: [{
          key: "checkout",
          valueType: "boolean",
          defaultValue: false,
          purpose: "release",
          description: "Three steps.",
          tags: ["shop"],
          owner: { kind: "team", ref: "payments" },
          lifecycle: { mode: "expiring", reviewBy: "2027-03-01" },
          ruleset: {
            salt: "s",
            hashVersion: 1,
            rules: [
              {
                key: "staff",
                strategy: "forced_value",
                conditions: [{ attribute: "actor.role", operator: "equals", value: "staff" }],
                value: true
              },
              {
                key: "members",
                strategy: "segment_match",
                description: "Members: They pay.",
                conditions: [],
                audience: "members",
                value: true
              },
              {
                key: "share",
                strategy: "percentage_rollout",
                conditions: [],
                rollout: { percentage: 25, bucketBy: "subject", salt: "v1" },
                value: true
              }
            ]
          }
        }]
      })
    }))

  it.effect("killed flags stay killed, drafts stay drafts, and what is archived is left out", () =>
    Effect.gen(function*() {
      const converted = yield* convert([
        row("killed", rules(rule({})), boolean, "killswitched"),
        row("drafted", rules(rule({})), boolean, "draft"),
        row("archived", rules(rule({})), boolean, "archived")
      ])
      assert.deepStrictEqual(
        converted.manifest.flags.map(({ draft, key, killSwitch, ruleset }) => [
          key,
          killSwitch?.value,
          ruleset?.rules.length,
          draft?.rules.length
        ]),
        [["killed", false, 1, undefined], ["drafted", undefined, undefined, 1]]
      )
      assert.deepStrictEqual(found(converted), [
        "warning not_live flags[1].environment.status",
        "warning archived flags[2].environment.status"
      ])
    }))

  it.effect("flags that could not decide the same are left out, and errors say why", () =>
    Effect.gen(function*() {
      const converted = yield* convert([
        row("segment", rules(rule({ strategy: "segment_match", audience_key: "members" })), boolean),
        row(
          "pattern",
          rules(rule({
            conditions: [{ attribute: "email", operator: "regex", value: { pattern: "(?=a)b" } }]
          })),
          boolean
        ),
        row(
          "twice",
          rules(
            rule({ strategy: "percentage_rollout", rollout: share }),
            rule({ strategy: "percentage_rollout", rollout: { ...share, percentage: 50 } })
          ),
          boolean
        ),
        row(
          "weights",
          rules(rule({
            strategy: "variant_split",
            rollout: share,
            variants: [{ key: "a", weight: 90, value: { value: true } }]
          })),
          boolean
        ),
        row("Upper", rules(), boolean),
        row("fine", rules(), boolean),
        row("fine", rules(), boolean)
      ])
      assert.deepStrictEqual(converted.manifest.flags.map(({ key }) => key), ["fine"])
      assert.deepStrictEqual(found(converted), [
        "error missing_audience flags[0].active_ruleset.rules[0].audience_key",
        "error pattern flags[1].active_ruleset.rules[0].conditions[0].value.pattern",
        "error unique_key flags[2].active_ruleset.rules[1].key",
        "error weights flags[3]",
        "error flag_key flags[4]",
        "error unique_key flags[6]"
      ])
    }))

  it.effect("what is lost without changing a decision is a warning", () =>
    Effect.gen(function*() {
      const converted = yield* convert([
        row(
          "checkout",
          rules(
            rule({
              key: "nested",
              conditions: [{ attribute: "org.tier", operator: "equals", value: { equals: "gold" } }]
            }),
            rule({ key: "trial", strategy: "experiment" }),
            rule({ key: "open", conditions: [{ attribute: "plan", operator: "not_in", value: { in: ["free"] } }] }),
            rule({ key: "open" }),
            rule({ key: "unset", strategy: "percentage_rollout", value: {}, rollout: { ...share, guardrails: [{}] } }),
            rule({ key: "account", strategy: "percentage_rollout", rollout: { ...share, bucket_by: "account" } })
          ),
          boolean
        )
      ])
      assert.deepStrictEqual(found(converted), [
        "warning unresolvable flags[0].active_ruleset.rules[0].conditions[0].attribute",
        "warning never_applies flags[0].active_ruleset.rules[0]",
        "warning never_applies flags[0].active_ruleset.rules[1]",
        "warning always flags[0].active_ruleset.rules[2].conditions[0]",
        "warning unique_key flags[0].active_ruleset.rules[3].key",
        "warning guardrails flags[0].active_ruleset.rules[4].rollout.guardrails",
        "warning no_boolean flags[0].active_ruleset.rules[4].value",
        "warning account flags[0].active_ruleset.rules[5].rollout.bucket_by"
      ])
      assert.deepStrictEqual(
        converted.manifest.flags[0]?.ruleset?.rules.map(({ key }) => key),
        ["open", "open-2", "unset", "account"]
      )
    }))

  it.effect("other documents are refused", () =>
    Effect.gen(function*() {
      const { problems } = yield* Effect.flip(ElixirManifest.parse(`{"kind":"other","flags":{}}`))
      assert.deepStrictEqual(problems.map(({ path }) => path), ["kind", "schema_version", "environment_key", "flags"])
      const { problems: [text] } = yield* Effect.flip(ElixirManifest.parse("secret"))
      assert.strictEqual(text.rule, "json")
    }))
})
