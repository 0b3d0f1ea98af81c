import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FlagState from "rulestead/FlagState"
import * as Manifest from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "../support/Mirror.ts"
import * as Oracle from "../support/Oracle.ts"
import { invalid } from "../support/refusals.ts"
import * as Scene from "../support/Scene.ts"

const manifestOf = (flags: ReadonlyArray<string>, percentage: number): Manifest.Input => ({
  schemaVersion: 1,
  flags: flags.map((key) => ({ key, valueType: "boolean", defaultValue: false, ruleset: Scene.share(percentage, "s") }))
})

const three = Effect.sync(() => [Scene.key("a"), Scene.key("b"), Scene.key("c")])

/** What of a manifest is in the store. */
const here = (environment: string, flags: ReadonlyArray<string>) =>
  Effect.map(
    Store.use((store) => store.flagsIn(environment, flags)),
    (found) => found.map(({ flag, live, state }) => [flag.key, state.rulesetVersion, live?.ruleset.rules.length ?? 0])
  )

/** Reading many flags, and what manifests need of a store. */
export const manifests = (it: Scene.It) => {
  it.effect("many flags are read at once, each with its state and what is live", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const environment = yield* Scene.environment
      const [live, drafted, untouched] = [yield* Scene.flag, yield* Scene.flag, yield* Scene.flag]
      const draft = yield* Scene.draft(live, environment, Scene.share(10))
      const { state } = yield* Publisher.use((publisher) =>
        publisher.publish(live, environment, { expected: draft.revision })
      )
      yield* Scene.draft(drafted, environment, Scene.forced(true))
      const names = [untouched, live, Scene.key("nothing"), "No key \0", drafted, live]
      const found = yield* store.flagsIn(environment, names)
      assert.deepStrictEqual(found.map(({ flag }) => flag.key), [live, drafted, untouched].toSorted())
      const of = new Map(found.map((one) => [one.flag.key, one]))
      assert.deepStrictEqual(of.get(live), {
        flag: yield* store.flag(live),
        state,
        live: yield* store.ruleset(live, environment)
      })
      assert.deepStrictEqual(of.get(drafted)?.state, yield* store.state(drafted, environment))
      assert.isNull(of.get(drafted)?.live)
      assert.deepStrictEqual(of.get(untouched)?.state, FlagState.initial(untouched, environment))
      const nowhere = yield* store.flagsIn(Scene.key("nowhere"), [live])
      assert.deepStrictEqual(nowhere.map(({ live, state }) => [state.revision, live]), [[0, null]])
      yield* invalid(store.flagsIn(environment, Array.from({ length: 1001 }, () => live)), " (limit)")
    }))

  it.effect("a plan is applied whole, and its export promoted is equal", () =>
    Effect.gen(function*() {
      const [environment, other] = [yield* Scene.environment, yield* Scene.environment]
      const flags = yield* three
      const plan = yield* Plan.make({ environment, manifest: manifestOf(flags, 25) })
      const { flags: done, head } = yield* Plan.apply(plan)
      assert.deepStrictEqual(done.published, flags)
      assert.deepInclude(head, { version: 1, entries: 3 })
      assert.deepStrictEqual(head, (yield* Mirror.fetch(environment)).head)
      const promoted = yield* Plan.apply(
        yield* Plan.make({ environment: other, promote: { from: environment, flags } })
      )
      assert.strictEqual(promoted.head?.version, 1)
      const [one, two] = yield* Effect.forEach([environment, other], (key) => Manifest.ofEnvironment(key, { flags }))
      assert.deepStrictEqual(two, one)
    }))

  it.effect("a plan whose last change is refused leaves nothing behind", () =>
    Effect.gen(function*() {
      const store = yield* Store
      const publisher = yield* Publisher
      const environment = yield* Scene.environment
      const flags = yield* three
      yield* Manifest.apply(manifestOf(flags, 25), { environment })
      const before = yield* here(environment, flags)
      const audited = yield* store.audit({ environment })
      const plan = yield* Plan.make({ environment, manifest: manifestOf(flags, 50) })
      const refusing = Publisher.of({
        ...publisher,
        publish: (flag, environment, options) =>
          publisher.publish(flag, environment, flag === flags[2] ? { ...options, expected: 77 } : options)
      })
      const error = yield* Effect.flip(Effect.provideService(Plan.apply(plan), Publisher, refusing))
      assert.strictEqual(error._tag, "Stale")
      assert.deepStrictEqual(yield* here(environment, flags), before)
      assert.deepStrictEqual(yield* store.audit({ environment }), audited)
      yield* Plan.apply(plan)
      assert.deepStrictEqual((yield* here(environment, flags)).map(([, version]) => version), [2, 2, 2])
    }))

  it.effect("of many who apply the same plan at once, one does", () =>
    Effect.gen(function*() {
      const environment = yield* Scene.environment
      const flags = yield* three
      yield* Manifest.apply(manifestOf(flags, 25), { environment })
      const plan = yield* Plan.make({ environment, manifest: manifestOf(flags, 50) })
      const outcomes = yield* Effect.forEach([1, 2, 3, 4], () => Effect.result(Plan.apply(plan)), {
        concurrency: "unbounded"
      })
      const failures = outcomes.flatMap((outcome) => outcome._tag === "Failure" ? [outcome.failure._tag] : [])
      assert.deepStrictEqual(failures, ["Stale", "Stale", "Stale"])
      assert.deepStrictEqual((yield* here(environment, flags)).map(([, version]) => version), [2, 2, 2])
    }))

  it.effect("of many who apply the same manifest to a new environment at once, all do, and one writes", () =>
    Effect.gen(function*() {
      const environment = Scene.key("env")
      const flags = yield* three
      const manifest: Manifest.Input = {
        ...manifestOf(flags, 25),
        audiences: [{ key: Scene.key("audience"), definition: Scene.onPlan("pro") }]
      }
      const reports = yield* Effect.forEach(
        Array.from({ length: 6 }, () => manifest),
        (manifest) => Manifest.apply(manifest, { environment }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(reports.map(({ flags }) => flags.published.length).sort((a, b) => a - b), [
        0,
        0,
        0,
        0,
        0,
        3
      ])
      assert.deepStrictEqual((yield* here(environment, flags)).map(([, version]) => version), [1, 1, 1])
      yield* Oracle.verify(environment, flags)
    }))

  it.effect("manifests that say different things about the same flags are all applied, one after another", () =>
    Effect.gen(function*() {
      const environment = yield* Scene.environment
      const flags = yield* three
      const reports = yield* Effect.forEach(
        [10, 20, 30, 40],
        (percentage) => Manifest.apply(manifestOf(flags, percentage), { environment }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(reports.map(({ head }) => head?.version ?? 0).sort((a, b) => a - b), [1, 2, 3, 4])
      yield* Oracle.verify(environment, flags)
    }))

  it.effect("a plan and publishes of its flags at once leave every flag as one of them made it", () =>
    Effect.gen(function*() {
      const environment = yield* Scene.environment
      const flags = yield* three
      yield* Manifest.apply(manifestOf(flags, 25), { environment })
      const plan = yield* Plan.make({ environment, manifest: manifestOf(flags, 50) })
      const rollout = (flag: string) =>
        Publisher.use((publisher) =>
          Store.use((store) => store.state(flag, environment)).pipe(
            Effect.flatMap(({ revision }) =>
              publisher.setRollout(flag, environment, { rule: "some", percentage: 30 }, { expected: revision })
            )
          )
        )
      const [applied, ...rollouts] = yield* Effect.all([
        Effect.result(Plan.apply(plan)),
        ...flags.toReversed().map((flag) => Effect.result(rollout(flag)))
      ], { concurrency: "unbounded" })
      const found = yield* Store.use((store) => store.flagsIn(environment, flags))
      const shares = found.map(({ live }) =>
        live?.ruleset.rules.map((rule) => "rollout" in rule && rule.rollout.percentage)
      )
      if (applied?._tag === "Success") assert.isTrue(shares.every((share) => share?.[0] === 50 || share?.[0] === 30))
      else assert.isTrue(shares.every((share) => share?.[0] === 25 || share?.[0] === 30))
      for (const outcome of rollouts) {
        if (outcome._tag === "Failure") assert.strictEqual(outcome.failure._tag, "Conflict")
      }
    }))

  it.effect("what is applied in a transaction is a part of its version", () =>
    Effect.gen(function*() {
      const [environment, flag] = [yield* Scene.environment, yield* Scene.flag]
      const flags = yield* three
      const { heads, value } = yield* Publisher.use(({ together }) =>
        together(Effect.gen(function*() {
          const { head } = yield* Manifest.apply(manifestOf(flags, 25), { environment })
          yield* Scene.publish(flag, environment, Scene.forced(true))
          return head
        }))
      )
      assert.isNull(value)
      assert.deepStrictEqual(heads.map(({ entries, version }) => [version, entries]), [[1, 4]])
    }))

  it.effect("plans for different flags are applied at once", () =>
    Effect.gen(function*() {
      const [environment, other] = [yield* Scene.environment, yield* Scene.environment]
      const flags = (yield* Effect.replicateEffect(three, 4)).flat().toSorted()
      yield* Manifest.apply(manifestOf(flags, 10), { environment })
      const parts = [0, 1, 2, 3].map((part) => flags.filter((_, index) => index % 4 === part))
      const killed = (part: ReadonlyArray<string>): Manifest.Input => {
        const { flags, ...rest } = manifestOf(part, 50)
        return {
          ...rest,
          flags: flags.map((flag, index) => index === 0 ? flag : { ...flag, killSwitch: { value: true } })
        }
      }
      const reports = yield* Effect.forEach(
        parts,
        (part) =>
          Effect.all([
            Manifest.apply(killed(part.toReversed()), { environment }),
            Effect.flatMap(
              Plan.make({ environment: other, promote: { from: environment, flags: part } }),
              (plan) => Effect.result(Plan.apply(plan))
            )
          ], { concurrency: "unbounded" }),
        { concurrency: "unbounded" }
      )
      const versions = reports.map(([{ head }]) => head?.version ?? 0).sort((a, b) => a - b)
      assert.deepStrictEqual(versions, [2, 3, 4, 5])
      for (const [, promoted] of reports) {
        if (promoted._tag === "Failure") assert.strictEqual(promoted.failure._tag, "Stale")
      }
      yield* Oracle.verify(environment, flags)
      yield* Oracle.verify(other, flags)
    }), 120_000)

  it.effect("plans for the same flags that are applied at once do not end each other", () =>
    Effect.gen(function*() {
      for (let round = 0; round < 10; round++) {
        const [one, two] = [yield* Scene.environment, yield* Scene.environment]
        const [first, last] = [Scene.key("a"), Scene.key("b")]
        yield* Manifest.apply(manifestOf([first, last], 10), { environment: one })
        const base = { valueType: "boolean", defaultValue: false } as const
        const live = { ...base, ruleset: Scene.share(50, "s") }
        const tagged = { ...base, tags: ["new"] }
        const plans = yield* Effect.all([
          Plan.make({
            environment: one,
            manifest: { schemaVersion: 1, flags: [{ key: first, ...live }, { key: last, ...tagged }] }
          }),
          Plan.make({
            environment: two,
            manifest: { schemaVersion: 1, flags: [{ key: first, ...tagged }, { key: last, ...live }] }
          })
        ])
        const results = yield* Effect.forEach(plans, (plan) => Effect.result(Plan.apply(plan)), {
          concurrency: "unbounded"
        })
        for (const result of results) {
          if (result._tag === "Failure") assert.strictEqual(result.failure._tag, "Stale")
        }
        assert.isTrue(results.some(({ _tag }) => _tag === "Success"))
      }
    }), 120_000)

  it.effect(
    "of plans for different environments that redefine one audience at once, one is stale",
    () =>
      Effect.gen(function*() {
        for (let round = 0; round < 5; round++) {
          const environments = [yield* Scene.environment, yield* Scene.environment]
          const audience = yield* Scene.audience("free")
          yield* Scene.publish(yield* Scene.flag, environments[0] ?? "", Scene.segments(audience))
          const manifest: Manifest.Input = {
            schemaVersion: 1,
            audiences: [{ key: audience, definition: Scene.onPlan("pro") }],
            flags: []
          }
          const plans = yield* Effect.forEach(environments, (environment) => Plan.make({ environment, manifest }))
          const results = yield* Effect.forEach(plans, (plan) => Effect.result(Plan.apply(plan)), {
            concurrency: "unbounded"
          })
          const outcomes = results.map((result) => result._tag === "Failure" ? result.failure._tag : "Success")
          assert.deepStrictEqual(outcomes.sort(), ["Stale", "Success"])
        }
      }),
    120_000
  )
}
