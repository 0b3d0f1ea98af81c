import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as fc from "fast-check"
import * as Manifest from "rulestead/Manifest"
import type * as Ruleset from "rulestead/Ruleset"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"
import { property } from "../../../test/support/property.ts"

const problemsOf = (input: unknown) =>
  Effect.map(
    Effect.flip(Manifest.decode(input)),
    ({ problems }) => problems.map(({ path, rule }) => `${path}: ${rule}`)
  )

describe("Manifest.decode", () => {
  it.effect("fills in what may be left out", () =>
    Effect.gen(function*() {
      const manifest = yield* Manifest.decode({
        schemaVersion: 1,
        flags: [{ key: "banner", valueType: "string", defaultValue: "hello", ruleset: { rules: [] } }]
      })
      assert.deepStrictEqual(manifest, {
        schemaVersion: 1,
        audiences: [],
        flags: [{
          key: "banner",
          valueType: "string",
          defaultValue: "hello",
          purpose: "release",
          description: "",
          tags: [],
          lifecycle: null,
          ruleset: { rules: [], hashVersion: 1 }
        }]
      })
    }))

  it.effect("names every problem at once, each with its path", () =>
    Effect.gen(function*() {
      const problems = yield* problemsOf({
        schemaVersion: 2,
        audiences: [
          { key: "beta", definition: { everyone: true } },
          { key: "beta", definition: { conditions: [] } }
        ],
        flags: [
          { key: "checkout", valueType: "boolean", defaultValue: "no", team: "us" },
          { key: "checkout", valueType: "text", defaultValue: "" },
          {
            key: "limit",
            valueType: "number",
            defaultValue: 10,
            killSwitch: { value: "off" },
            ruleset: {
              rules: [
                { key: "first", strategy: "forced_value", value: true },
                { key: "first", strategy: "segment_match", audience: "nobody", value: 1 },
                {
                  key: "split",
                  strategy: "variant_split",
                  conditions: [{ attribute: "org.tier", operator: "equals", value: "gold" }],
                  rollout: { percentage: 101 },
                  variants: [{ key: "low", weight: 50, value: 1 }, { key: "low", weight: 10, value: "2" }]
                }
              ]
            }
          }
        ]
      })
      assert.sameMembers([...problems], [
        "schemaVersion: type",
        "audiences[1].key: unique_key",
        "audiences[1].definition.conditions[0]: required",
        "flags[0].defaultValue: type",
        "flags[0].team: unknown_field",
        "flags[1]: one_of",
        "flags[1].key: unique_key",
        "flags[2].killSwitch.value: value_type",
        "flags[2].ruleset.rules[0].value: value_type",
        "flags[2].ruleset.rules[1].key: unique_key",
        "flags[2].ruleset.rules[1].audience: known_audience",
        "flags[2].ruleset.rules[2].conditions[0].attribute: attribute_path",
        "flags[2].ruleset.rules[2].rollout.percentage: percentage",
        "flags[2].ruleset.rules[2].variants: weights",
        "flags[2].ruleset.rules[2].variants[1].key: unique_key",
        "flags[2].ruleset.rules[2].variants[1].value: value_type"
      ])
    }))

  it.effect.each([null, 7, "text", [], { flags: "all" }, { schemaVersion: 1, flags: [null, 3, []] }])(
    "refuses %j without falling over it",
    (input) => Effect.map(problemsOf(input), (problems) => assert.isNotEmpty(problems))
  )

  it.effect("takes keys that objects inherit for what they are: keys", () =>
    Effect.gen(function*() {
      const problems = yield* problemsOf(JSON.parse(`{
        "schemaVersion": 1,
        "audiences": [],
        "flags": [{
          "key": "constructor",
          "valueType": "boolean",
          "defaultValue": false,
          "ruleset": { "rules": [{ "key": "r", "strategy": "segment_match", "audience": "constructor", "value": true }] }
        }],
        "__proto__": {}
      }`))
      assert.sameMembers([...problems], [
        "flags[0].ruleset.rules[0].audience: known_audience",
        "__proto__: unknown_field"
      ])
    }))
})

describe("Manifest.parse", () => {
  it.effect("says so when the text is not JSON, and shows none of it", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Manifest.parse(`{"token": secret}`))
      assert.deepStrictEqual(error.problems.map(({ path, rule }) => [path, rule]), [["", "json"]])
      assert.notInclude(String(error), "secret")
    }))
})

const members: Manifest.Input["audiences"] = [
  { key: "members", definition: { conditions: [{ attribute: "plan", operator: "equals", value: "plus" }] } }
]

const rollout = (percentage: number): Ruleset.Input => ({
  rules: [
    { key: "members", strategy: "segment_match", audience: "members", value: true },
    { key: "others", strategy: "percentage_rollout", rollout: { percentage }, value: true }
  ]
})

const shop: Manifest.Input = {
  schemaVersion: 1,
  audiences: members,
  flags: [
    { key: "checkout", valueType: "boolean", defaultValue: false, ruleset: rollout(25) },
    { key: "offers", valueType: "json", defaultValue: null, ruleset: { rules: [] }, killSwitch: { value: ["none"] } },
    { key: "planned", valueType: "string", defaultValue: "not yet" }
  ]
}

const shopWith = (
  flag: Partial<Extract<Manifest.Input["flags"][number], { valueType: "boolean" }>>
): Manifest.Input => ({
  ...shop,
  flags: [{ key: "checkout", valueType: "boolean", defaultValue: false, ruleset: rollout(25), ...flag }]
})

const apply = (manifest: Manifest.Input) => Manifest.apply(manifest, { environment: "prod" })

const countWrites = Store.use((store) => Effect.map(store.audit({ limit: 1000 }), (events) => events.length))

const saveDraft = Effect.fnUntraced(function*(flag: string, ruleset: Ruleset.Input) {
  const store = yield* Store
  const { revision } = yield* store.state(flag, "prod")
  return yield* store.saveDraft(flag, "prod", ruleset, { expected: revision })
})

describe("Manifest.apply", () => {
  it.effect("says in the log which flags of the manifest are not served", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const collect = Logger.layer([Logger.make(({ message }) => {
        lines.push(String(message))
      })])
      const silent = { key: "silent", valueType: "boolean", defaultValue: true } as const
      const manifest = (flag: object): Manifest.Input => ({ schemaVersion: 1, flags: [{ ...silent, ...flag }] })
      yield* Effect.provide(apply(manifest({})), collect)
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "In prod, flags[0]: nobody is served this flag")
      yield* Effect.provide(apply(manifest({ ruleset: { rules: [] } })), collect)
      assert.lengthOf(lines, 1)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("creates and publishes what is missing, and says so", () =>
    Effect.gen(function*() {
      const { head, ...report } = yield* apply(shop)
      assert.deepStrictEqual(report, {
        environment: { key: "prod", created: true },
        audiences: { created: ["members"], changed: [], unchanged: [] },
        flags: {
          created: ["checkout", "offers", "planned"],
          changed: [],
          published: ["checkout", "offers"],
          killed: ["offers"],
          released: [],
          drafted: [],
          unchanged: []
        }
      })
      // Two flags and the audience that one of them uses.
      assert.strictEqual(head?.entries, 3)
      const store = yield* Store
      assert.deepStrictEqual((yield* store.state("offers", "prod")).killSwitch?.value, ["none"])
      assert.strictEqual((yield* store.state("planned", "prod")).revision, 0)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("writes nothing the second time", () =>
    Effect.gen(function*() {
      yield* apply(shop)
      const writes = yield* countWrites
      assert.deepStrictEqual(yield* apply(shop), {
        environment: { key: "prod", created: false },
        audiences: { created: [], changed: [], unchanged: ["members"] },
        flags: {
          created: [],
          changed: [],
          published: [],
          killed: [],
          released: [],
          drafted: [],
          unchanged: ["checkout", "offers", "planned"]
        },
        head: null
      })
      assert.strictEqual(yield* countWrites, writes)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("writes only what differs", () =>
    Effect.gen(function*() {
      yield* apply(shop)
      const writes = yield* countWrites
      const report = yield* apply({
        ...shop,
        audiences: [{ key: "members", description: "They pay.", definition: { everyone: true } }],
        flags: [
          { key: "checkout", valueType: "boolean", defaultValue: false, tags: ["shop"], ruleset: rollout(25) },
          { key: "offers", valueType: "json", defaultValue: null, ruleset: { rules: [] } },
          { key: "planned", valueType: "string", defaultValue: "not yet", ruleset: { rules: [] } }
        ]
      })
      assert.deepStrictEqual(report.audiences, { created: [], changed: ["members"], unchanged: [] })
      assert.deepStrictEqual(report.flags, {
        created: [],
        changed: ["checkout"],
        published: ["planned"],
        killed: [],
        released: ["offers"],
        drafted: [],
        unchanged: []
      })
      // The audience, the details, the release, and a draft with its publish.
      assert.strictEqual(yield* countWrites, writes + 5)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("leaves alone what it does not name", () =>
    Effect.gen(function*() {
      const store = yield* Store
      yield* apply(shop)
      yield* apply({
        schemaVersion: 1,
        flags: [{ key: "search", valueType: "string", defaultValue: "a", ruleset: { rules: [] } }]
      })
      assert.strictEqual((yield* store.state("checkout", "prod")).rulesetVersion, 1)
      // A flag named without a ruleset keeps the one that is live.
      const { head: _, flags } = yield* apply({
        schemaVersion: 1,
        flags: [{ key: "checkout", valueType: "boolean", defaultValue: false }]
      })
      assert.deepStrictEqual(flags.unchanged, ["checkout"])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("does not look at the order of fields, at defaults left out, or at salts left out", () =>
    Effect.gen(function*() {
      yield* apply(shopWith({
        ruleset: {
          salt: "first",
          rules: [{
            key: "others",
            strategy: "percentage_rollout",
            rollout: { percentage: 25, salt: "second" },
            value: true
          }]
        }
      }))
      const { flags } = yield* apply(shopWith({
        ruleset: {
          rules: [{
            value: true,
            rollout: { bucketBy: "subject", percentage: 25 },
            strategy: "percentage_rollout",
            conditions: [],
            key: "others"
          }]
        }
      }))
      assert.deepStrictEqual(flags.unchanged, ["checkout"])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("names every flag that is of another type or default, archived, or drafted, before it writes", () =>
    Effect.gen(function*() {
      const store = yield* Store
      yield* apply({
        ...shop,
        flags: [
          { key: "checkout", valueType: "boolean", defaultValue: false, ruleset: rollout(25) },
          { key: "text", valueType: "string", defaultValue: "a" },
          { key: "number", valueType: "number", defaultValue: 1 },
          { key: "old", valueType: "number", defaultValue: 1 }
        ]
      })
      yield* store.archiveFlag("old", { expected: 1 })
      yield* saveDraft("checkout", rollout(30))
      const writes = yield* countWrites
      const error = yield* Effect.flip(apply({
        ...shop,
        flags: [
          { key: "new", valueType: "number", defaultValue: 1 },
          { key: "checkout", valueType: "boolean", defaultValue: false, ruleset: rollout(40) },
          { key: "text", valueType: "json", defaultValue: "a" },
          { key: "number", valueType: "number", defaultValue: 2 },
          { key: "old", valueType: "number", defaultValue: 1 }
        ]
      }))
      assert.strictEqual(error._tag, "InvalidInput")
      assert.deepStrictEqual(error._tag === "InvalidInput" && error.problems.map(({ path, rule }) => [path, rule]), [
        ["flags[1].ruleset", "draft"],
        ["flags[2].valueType", "fixed"],
        ["flags[3].defaultValue", "fixed"],
        ["flags[4]", "archived"]
      ])
      assert.strictEqual(yield* countWrites, writes)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("publishes a draft that already says the same, as an interrupted run leaves it", () =>
    Effect.gen(function*() {
      yield* apply(shop)
      yield* saveDraft("checkout", rollout(40))
      const { flags } = yield* apply(shopWith({ ruleset: rollout(40) }))
      assert.deepStrictEqual(flags.published, ["checkout"])
      const state = yield* Store.use((store) => store.state("checkout", "prod"))
      assert.deepInclude(state, { draft: null, rulesetVersion: 2 })
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("is stale when somebody else writes meanwhile, and their write stays", () =>
    Effect.gen(function*() {
      yield* apply(shop)
      const store = yield* Store
      const rival = yield* saveDraft("checkout", rollout(30))
      const overtaken = Store.of({
        ...store,
        flagsIn: (environment, flags) =>
          Effect.map(store.flagsIn(environment, flags), (found) =>
            found.map(({ state, ...flag }) => ({
              ...flag,
              state: { ...state, draft: null, revision: state.revision - 1 }
            })))
      })
      const error = yield* Effect.flip(
        Effect.provideService(apply(shopWith({ ruleset: rollout(40) })), Store, overtaken)
      )
      assert.strictEqual(error._tag, "Stale")
      assert.deepStrictEqual(error._tag === "Stale" && error.moved, [
        { kind: "state", key: "checkout", environment: "prod", revision: rival.revision - 1 }
      ])
      assert.deepStrictEqual(yield* store.state("checkout", "prod"), rival)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("never serves by the rules, not even for a moment, what is meant to be killed", () =>
    Effect.gen(function*() {
      const actions: Array<string> = []
      const store = yield* Store
      yield* apply(shopWith({ killSwitch: { value: false } }))
      yield* apply(shopWith({ ruleset: rollout(40) }))
      for (const { action, key } of yield* store.audit({ key: "checkout" })) actions.unshift(`${action} ${key}`)
      assert.deepStrictEqual(actions, [
        "flag.create checkout",
        "kill_switch.engage checkout",
        "draft.save checkout",
        "ruleset.publish checkout",
        "draft.save checkout",
        "ruleset.publish checkout",
        "kill_switch.release checkout"
      ])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("passes the reason on to every audit row", () =>
    Effect.gen(function*() {
      yield* Manifest.apply(shop, { environment: "prod", reason: "opening day", correlationId: "run-1" })
      const events = yield* Store.use((store) => store.audit())
      assert.isNotEmpty(events)
      assert.isTrue(events.every(({ correlationId, reason }) => reason === "opening day" && correlationId === "run-1"))
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("lets one of two runs win at a time, and finishes when the other one runs again", () =>
    Effect.gen(function*() {
      const outcomes = yield* Effect.all([Effect.result(apply(shop)), Effect.result(apply(shop))], {
        concurrency: "unbounded"
      })
      for (const outcome of outcomes) {
        if (outcome._tag === "Failure") assert.strictEqual(outcome.failure._tag, "Stale")
      }
      yield* apply(shop)
      assert.deepStrictEqual((yield* apply(shop)).flags.unchanged, ["checkout", "offers", "planned"])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("brings any content to any other, and is done after one run", () =>
    property(fc.array(anyManifest, { minLength: 1, maxLength: 4 }), (manifests) =>
      Effect.gen(function*() {
        const store = yield* Store
        for (const manifest of manifests) {
          yield* apply(manifest)
          for (const { key, killSwitch, ruleset } of (yield* Manifest.decode(manifest)).flags) {
            const state = yield* store.state(key, "prod")
            assert.deepStrictEqual(state.killSwitch?.value, killSwitch?.value)
            if (ruleset !== undefined) assert.deepStrictEqual((yield* store.ruleset(key, "prod")).ruleset, ruleset)
          }
          const writes = yield* countWrites
          const { flags, head } = yield* apply(manifest)
          assert.deepStrictEqual(flags.unchanged, manifest.flags.map(({ key }) => key))
          assert.isNull(head)
          assert.strictEqual(yield* countWrites, writes)
        }
      }).pipe(Effect.provide(StoreMemory.layer())), { numRuns: 40 }))
})

const anyFlag = (key: string): fc.Arbitrary<Manifest.Input["flags"][number]> =>
  fc.record({
    key: fc.constant(key),
    valueType: fc.constant("boolean" as const),
    defaultValue: fc.constant(false),
    description: fc.constantFrom("", "one", "two"),
    tags: fc.subarray(["a", "b"]),
    ruleset: fc.constantFrom(25, 50).chain((percentage) =>
      fc.record({ rules: fc.subarray([...rollout(percentage).rules]) })
    ),
    killSwitch: fc.record({ value: fc.boolean() })
  }, { requiredKeys: ["key", "valueType", "defaultValue"] })

const anyManifest: fc.Arbitrary<Manifest.Input> = fc.record({
  schemaVersion: fc.constant(1 as const),
  audiences: fc.constantFrom(
    members,
    [{ key: "members", description: "All of them.", definition: { everyone: true as const } }]
  ),
  flags: fc.tuple(anyFlag("red"), anyFlag("green"), anyFlag("blue")).chain((flags) => fc.shuffledSubarray(flags))
})
