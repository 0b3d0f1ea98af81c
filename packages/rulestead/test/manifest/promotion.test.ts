import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Manifest from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import * as Promotion from "rulestead/Promotion"
import { Publisher } from "rulestead/Publisher"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"

const share = (percentage: number, salt?: string, key = "share"): Ruleset.Input["rules"][number] => ({
  key,
  strategy: "percentage_rollout",
  rollout: { percentage, ...(salt === undefined ? {} : { salt }) },
  value: true
})

const members: Ruleset.Input["rules"][number] = {
  key: "members",
  strategy: "segment_match",
  audience: "members",
  value: true
}

const manifest = (
  rules: Ruleset.Input["rules"],
  more: Partial<Extract<Manifest.Input["flags"][number], { valueType: "boolean" }>> = {},
  definition: NonNullable<Manifest.Input["audiences"]>[number]["definition"] = { everyone: true }
): Manifest.Input => ({
  schemaVersion: 1,
  audiences: [{ key: "members", definition }],
  flags: [{ key: "checkout", valueType: "boolean", defaultValue: false, ruleset: { rules, salt: "s" }, ...more }]
})

const apply = (input: Manifest.Input, environment: string) => Manifest.apply(input, { environment, reason: "test" })

const plan = (promote: Partial<Extract<Plan.RequestInput, { promote: unknown }>["promote"]> = {}) =>
  Plan.make({ environment: "prod", promote: { from: "staging", ...promote } })

const told = ({ changes }: Pick<Plan.Plan, "changes">) => changes.map(({ action, key }) => `${action} ${key}`)

const found = ({ findings }: Pick<Plan.Plan, "findings">) =>
  findings.map(({ code, path, severity }) => `${severity} ${code} ${path}`)

const liveIn = (environment: string) =>
  Effect.map(Store.use((store) => store.ruleset("checkout", environment)), ({ ruleset }) => ruleset)

const inStore = <E>(name: string, body: () => Effect.Effect<void, E, Store | Publisher>) =>
  it.effect(name, () => Effect.provide(body(), StoreMemory.layer()))

describe("a promotion", () => {
  inStore("brings the rules to where there are none, salts included", () =>
    Effect.gen(function*() {
      yield* apply(manifest([members, share(25, "a")]), "staging")
      yield* Store.use((store) => store.createEnvironment({ key: "prod", name: "Production" }))
      const planned = yield* plan()
      assert.deepStrictEqual(told(planned), ["ruleset.publish checkout"])
      assert.deepStrictEqual(planned.findings, [])
      yield* Plan.apply(planned)
      assert.deepStrictEqual(yield* liveIn("prod"), yield* liveIn("staging"))
      assert.isTrue(Plan.isEmpty(yield* plan()))
    }))

  inStore("keeps the salts of the target, so that nobody there changes buckets", () =>
    Effect.gen(function*() {
      yield* apply(manifest([share(25, "theirs")]), "prod")
      yield* apply(manifest([share(50, "ours"), share(5, "fresh", "new")]), "staging")
      const planned = yield* plan()
      assert.deepStrictEqual(found(planned), ["warning salts_kept flags.checkout.ruleset"])
      yield* Plan.apply(planned)
      assert.deepStrictEqual(
        (yield* liveIn("prod")).rules.map((rule) => "rollout" in rule && [rule.rollout.percentage, rule.rollout.salt]),
        [[50, "theirs"], [5, "fresh"]]
      )
      assert.isTrue(Plan.isEmpty(yield* plan()))
    }))

  inStore(
    "takes the salts of the source when asked, and warns that everybody changes buckets",
    () =>
      Effect.gen(function*() {
        yield* apply(manifest([share(25, "theirs")]), "prod")
        yield* apply(manifest([share(25, "ours")]), "staging")
        const planned = yield* plan({ salts: "source" })
        assert.deepStrictEqual(found(planned), ["warning reshuffles flags.checkout.ruleset.rules[0]"])
        yield* Plan.apply(planned)
        assert.deepStrictEqual(yield* liveIn("prod"), yield* liveIn("staging"))
      })
  )

  inStore("leaves kill switches and drafts alone, unless asked for kill switches", () =>
    Effect.gen(function*() {
      yield* apply(manifest([share(25)], { killSwitch: { value: false } }), "prod")
      yield* apply(manifest([share(50)], { draft: { rules: [] } }), "staging")
      const planned = yield* plan()
      assert.deepStrictEqual(told(planned), ["ruleset.publish checkout"])
      assert.deepStrictEqual(found(planned), [
        "warning source_draft flags.checkout",
        "warning killed flags.checkout.ruleset"
      ])
      assert.deepStrictEqual(told(yield* plan({ killSwitches: true })), [
        "ruleset.publish checkout",
        "kill_switch.release checkout"
      ])
    }))

  inStore("warns when a rollout drops, and when the target is protected", () =>
    Effect.gen(function*() {
      yield* apply(manifest([share(50)]), "prod")
      yield* apply(manifest([share(25)]), "staging")
      yield* Store.use((store) => store.changeEnvironment("prod", { protected: true }, { expected: 1 }))
      const planned = yield* plan()
      assert.deepStrictEqual(found(planned), [
        "warning protected ",
        "warning rollout_drops flags.checkout.ruleset.rules[0].rollout.percentage"
      ])
      assert.strictEqual((yield* Effect.flip(Plan.apply(planned)))._tag, "InvalidInput")
      yield* Plan.apply(planned, { reason: "too many at once" })
    }))

  inStore(
    "is refused where the target has a draft, where a flag is not live, and where it is archived",
    () =>
      Effect.gen(function*() {
        const store = yield* Store
        yield* apply(manifest([share(25)], { draft: { rules: [] } }), "prod")
        yield* apply(manifest([share(50)]), "staging")
        yield* store.createFlag({ key: "planned", valueType: "boolean", defaultValue: false })
        const planned = yield* plan({ flags: ["checkout", "planned", "unknown"] })
        assert.deepStrictEqual(found(planned), [
          "error draft flags.checkout.ruleset",
          "error not_published flags.planned",
          "error missing_flag flags.unknown"
        ])
        assert.isTrue(Plan.isBlocked(planned))
        const refused = yield* Effect.flip(Plan.apply(planned))
        assert.strictEqual(refused._tag, "InvalidInput")

        const { revision } = yield* store.state("checkout", "prod")
        yield* store.discardDraft("checkout", "prod", { expected: revision })
        yield* store.archiveFlag("checkout", { expected: 1 })
        assert.deepStrictEqual(found(yield* plan({ flags: ["checkout"] })), ["error archived flags.checkout"])
      })
  )

  inStore("of a manifest of another store leaves what is shared alone, unless asked", () =>
    Effect.gen(function*() {
      yield* apply(manifest([members]), "prod")
      const other = yield* Manifest.decode({
        ...manifest([members, share(10)], { description: "Ours." }, {
          conditions: [{ attribute: "plan", operator: "exists" }]
        }),
        flags: [
          ...manifest([members, share(10)], { description: "Ours." }).flags,
          { key: "search", valueType: "boolean", defaultValue: true, ruleset: { rules: [] } }
        ]
      })
      const planned = yield* plan({ from: other })
      assert.deepStrictEqual(told(planned), ["ruleset.publish checkout"])
      assert.deepStrictEqual(found(planned), [
        "error missing_flag flags.search",
        "warning audience_differs audiences.members"
      ])
      const shared = yield* plan({ from: other, shared: true })
      assert.deepStrictEqual(told(shared), [
        "audience.change members",
        "flag.change checkout",
        "ruleset.publish checkout",
        "flag.create search",
        "ruleset.publish search"
      ])
      assert.deepStrictEqual(found(shared), ["warning audience_shared audiences.members.definition"])
      yield* Plan.apply(shared)
      assert.isTrue(Plan.isEmpty(yield* plan({ from: other, shared: true })))
    }))

  inStore("from or to an environment that does not exist fails", () =>
    Effect.gen(function*() {
      const there = Effect.map(Effect.flip(plan()), (error) => error._tag)
      assert.strictEqual(yield* there, "NotFound")
      yield* Store.use((store) => store.createEnvironment({ key: "prod", name: "Production" }))
      assert.strictEqual(yield* there, "NotFound")
    }))

  inStore("of a manifest whose values are not of their flags' types is refused", () =>
    Effect.gen(function*() {
      const source = yield* Manifest.decode(manifest([share(10)]))
      const flags = source.flags.map((flag) => ({ ...flag, killSwitch: { value: "off" } }))
      const error = yield* Effect.flip(plan({ from: { ...source, flags } }))
      assert.deepStrictEqual(error._tag === "InvalidInput" && error.problems.map(({ path }) => path), [
        "flags[0].killSwitch.value"
      ])
    }))

  inStore("is stale once the source or the target moved", () =>
    Effect.gen(function*() {
      yield* apply(manifest([share(25)]), "prod")
      yield* apply(manifest([share(50)]), "staging")
      for (const environment of ["staging", "prod"]) {
        const planned = yield* plan()
        yield* Publisher.use((publisher) =>
          publisher.setRollout(
            "checkout",
            environment,
            { rule: "share", percentage: environment === "prod" ? 30 : 60 },
            {
              expected: planned.observed.find(({ environment: there }) => there === environment)?.revision ?? 0
            }
          )
        )
        const error = yield* Effect.flip(Plan.apply(planned))
        assert.deepStrictEqual(
          error._tag === "Stale" && error.moved.map(({ environment, key }) => `${key} in ${environment}`),
          [`checkout in ${environment}`]
        )
      }
    }))
})

describe("comparing two environments", () => {
  inStore("finds what they do alike, whatever their versions are, and what not", () =>
    Effect.gen(function*() {
      yield* apply(manifest([share(10)]), "prod")
      yield* apply(manifest([share(50)]), "prod")
      yield* apply(manifest([share(50)]), "staging")
      assert.deepStrictEqual(yield* Promotion.compare({ from: "staging", to: "prod" }), {
        changes: [],
        equal: ["checkout"],
        findings: []
      })
      yield* apply(manifest([share(60, "other")], { draft: { rules: [] } }), "staging")
      const comparison = yield* Promotion.compare({ from: "staging", to: "prod" })
      assert.deepStrictEqual(told(comparison), ["ruleset.publish checkout"])
      assert.deepStrictEqual(comparison.equal, [])
      assert.deepStrictEqual(found(comparison), [
        "warning source_draft flags.checkout",
        "warning salts_differ flags.checkout"
      ])
    }))

  inStore("takes a manifest for a side", () =>
    Effect.gen(function*() {
      yield* apply(manifest([share(10)]), "prod")
      const exported = yield* Manifest.ofEnvironment("prod")
      assert.deepStrictEqual((yield* Promotion.compare({ from: exported, to: "prod" })).equal, ["checkout"])
    }))
})
