import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FlagState from "rulestead/FlagState"
import * as Manifest from "rulestead/Manifest"
import * as Plan from "rulestead/Plan"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
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
      assert.strictEqual(head?.entries, 3)
      yield* Plan.apply(yield* Plan.make({ environment: other, promote: { from: environment, flags } }))
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
        if (outcome._tag === "Failure") assert.include(["Conflict", "StoreUnavailable"], outcome.failure._tag)
      }
    }))
}
