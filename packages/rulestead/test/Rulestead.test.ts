import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Rulestead, RulesteadLive } from "rulestead/Rulestead"
import type { FlagEntry } from "rulestead/Snapshot"
import { build, quiet, start } from "./support/Nodes.ts"
import { flagEntry, off, on, onFor, planAudience } from "./support/Published.ts"
import { ScriptedFeed, unreachable } from "./support/ScriptedFeed.ts"

const user = { targetingKey: "user-1" }

const split: FlagEntry = flagEntry("layout", {
  valueType: "string",
  defaultValue: "plain",
  rules: [{
    key: "halves",
    strategy: "variant_split",
    conditions: [],
    rollout: { percentage: 100, bucketBy: "subject" },
    variants: [{ key: "a", weight: 50, value: "left" }, { key: "b", weight: 50, value: "right" }]
  }]
})

const catalogue: ReadonlyArray<FlagEntry> = [
  on("checkout"),
  off("search"),
  flagEntry("banner", { valueType: "string", defaultValue: "hello" }),
  flagEntry("limit", { valueType: "number", defaultValue: 7 }),
  flagEntry("theme", { valueType: "json", defaultValue: { dark: true } }),
  split
]

/** Throws whatever is done with it. */
const faithless = new Proxy({}, {
  get: () => assert.fail("read"),
  has: () => assert.fail("looked for"),
  ownKeys: () => assert.fail("listed"),
  getPrototypeOf: () => assert.fail("traced")
})

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const withCatalogue = () => {
  const feed = new ScriptedFeed()
  feed.published.put(...catalogue)
  return feed
}

describe("the total door", () => {
  it.effect("answers from memory", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      assert.isTrue(yield* rulestead.enabled("checkout", user))
      assert.isFalse(yield* rulestead.enabled("search", user))
      assert.strictEqual(yield* rulestead.value("banner", user, "bye"), "hello")
      assert.strictEqual(yield* rulestead.value("limit", user, 1), 7)
      assert.deepStrictEqual(yield* rulestead.value("theme", user, null), { dark: true })
      assert.oneOf(yield* rulestead.variant("layout", user), ["a", "b"])
      assert.isUndefined(yield* rulestead.variant("checkout", user))
    }))

  it.effect("answers with the default when the flag is not known", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      assert.isFalse(yield* rulestead.enabled("unknown", user))
      assert.strictEqual(yield* rulestead.value("unknown", user, "bye"), "bye")
      assert.isUndefined(yield* rulestead.variant("unknown", user))
    }))

  it.effect("answers with the default when the flag is of another type than the default", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      assert.strictEqual(yield* rulestead.value("banner", user, 3), 3)
      assert.strictEqual(yield* rulestead.value("limit", user, "bye"), "bye")
      assert.strictEqual(yield* rulestead.value("checkout", user, "bye"), "bye")
      assert.strictEqual(yield* rulestead.value("theme", user, false), false)
      assert.strictEqual(yield* rulestead.value("banner", user, null), null)
    }))

  it.effect("answers with the default before there is a snapshot", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      feed.answer(unreachable)
      const { cache, rulestead } = yield* start(feed)
      assert.isFalse(yield* rulestead.enabled("checkout", user))
      assert.strictEqual(yield* rulestead.value("banner", user, "bye"), "bye")
      assert.strictEqual((yield* rulestead.decisions(user)).size, 0)
      assert.deepInclude(cache.health().counts, { unready: 3, missing: 0 })
    }))

  it.effect("decides all flags together as it decides them one by one", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      const decisions = yield* rulestead.decisions(user)
      assert.deepStrictEqual([...decisions.keys()].sort(), catalogue.map(({ key }) => key).sort())
      for (const [key, decision] of decisions) assert.deepStrictEqual(decision, yield* rulestead.evaluate(key, user))
    }))

  it.effect("takes whatever callers without types pass, and does not throw", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      const odd: ReadonlyArray<unknown> = [
        undefined,
        null,
        0,
        "",
        "__proto__",
        "constructor",
        Symbol("s"),
        {},
        [],
        () => {},
        faithless,
        revoked()
      ]
      for (const flag of [...odd, "layout", "checkout"]) {
        for (const context of odd) {
          for (const name of ["enabledUnsafe", "variantUnsafe", "evaluateUnsafe", "explainUnsafe"] as const) {
            Reflect.apply(rulestead[name], undefined, [flag, context])
          }
          Reflect.apply(rulestead.valueUnsafe, undefined, [flag, context, undefined])
          Reflect.apply(rulestead.decisionsUnsafe, undefined, [context])
        }
      }
      assert.isTrue(Reflect.apply(rulestead.enabledUnsafe, undefined, ["checkout", null]))
      assert.isTrue(Reflect.apply(rulestead.enabledUnsafe, undefined, ["checkout"]))
      const { valueUnsafe } = rulestead
      assert.strictEqual(Reflect.apply(valueUnsafe, undefined, ["unknown", undefined, undefined]), undefined)
      for (const flag of odd) {
        assert.strictEqual(Reflect.apply(valueUnsafe, undefined, [flag, {}, "otherwise"]), "otherwise")
      }
    }))
})

describe("the strict door", () => {
  it.effect("answers with the decision, and where it came from", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      assert.deepStrictEqual(yield* rulestead.evaluate("checkout", user), {
        flag: "checkout",
        value: true,
        enabled: true,
        variant: null,
        reason: "rule_match",
        rule: "all",
        selection: "everybody",
        rulesetVersion: 1,
        holdout: false,
        snapshot: { environment: "prod", epoch: "epoch-1", version: 1, source: "live", stale: false }
      })
    }))

  it.effect("says that there is no such flag", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      const error = yield* Effect.flip(rulestead.evaluate("unknown", user))
      assert.deepInclude(error, { _tag: "FlagNotFound", flag: "unknown", environment: "prod" })
      assert.strictEqual((yield* Effect.flip(rulestead.explain("unknown", user)))._tag, "FlagNotFound")
    }))

  it.effect("says that there is no snapshot yet", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      feed.answer(unreachable)
      const { rulestead } = yield* start(feed)
      assert.strictEqual((yield* Effect.flip(rulestead.evaluate("checkout", user)))._tag, "NotReady")
      assert.strictEqual((yield* Effect.flip(rulestead.explain("checkout", user)))._tag, "NotReady")
    }))

  it.effect("says which identity is missing, where the total door goes on to the next rule", () =>
    Effect.gen(function*() {
      const { rulestead } = yield* build(withCatalogue())
      const error = yield* Effect.flip(rulestead.evaluate("layout", {}))
      assert.deepInclude(error, { _tag: "MissingIdentity", flag: "layout", rule: "halves", bucketBy: "subject" })
      assert.strictEqual(yield* rulestead.value("layout", {}, "none"), "plain")
    }))

  it.effect("explains, without a fact or an identity unless asked to reveal them", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      feed.published.put(planAudience("payers", "pro"), onFor("reports", "payers"))
      const { rulestead } = yield* build(feed)
      const context = { targetingKey: "user-secret", attributes: { plan: "plan-secret" } }
      const redacted = [yield* rulestead.explain("layout", context), yield* rulestead.explain("reports", context)]
      assert.notInclude(JSON.stringify(redacted), "secret")
      assert.strictEqual(redacted[0]?.snapshot.version, 2)
      const revealed = [
        yield* rulestead.explain("layout", context, { reveal: true }),
        yield* rulestead.explain("reports", context, { reveal: true })
      ]
      assert.include(JSON.stringify(revealed), "user-secret")
      assert.include(JSON.stringify(revealed), "plan-secret")
    }))
})

describe("the accessors", () => {
  it.effect("do what the service does", () =>
    Effect.gen(function*() {
      const rulestead = yield* Rulestead
      assert.isTrue(yield* Rulestead.enabled("checkout", user))
      assert.strictEqual(yield* Rulestead.value("banner", user, "bye"), "hello")
      assert.strictEqual(yield* Rulestead.value("limit", user, 1), 7)
      assert.strictEqual(yield* Rulestead.variant("layout", user), yield* rulestead.variant("layout", user))
      assert.strictEqual(yield* Rulestead.evaluate("checkout", user), yield* rulestead.evaluate("checkout", user))
      assert.deepStrictEqual(yield* Rulestead.explain("checkout", user), yield* rulestead.explain("checkout", user))
      assert.deepStrictEqual(yield* Rulestead.decisions(user), yield* rulestead.decisions(user))
      assert.deepStrictEqual(yield* Rulestead.ready, { _tag: "Fresh" })
      assert.strictEqual((yield* Rulestead.health).flags, catalogue.length)
      yield* Rulestead.refresh
      assert.strictEqual((yield* Effect.flip(Rulestead.evaluate("unknown", user)))._tag, "FlagNotFound")
    }).pipe(Effect.provide(Rulestead.layer({ environment: "prod" }).pipe(Layer.provide(withCatalogue().layer)))))

  it.effect("decide anew each time they are run", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      const { rulestead } = yield* build(feed)
      const isOn = Effect.provideService(Rulestead.enabled("checkout", user), Rulestead, rulestead)
      assert.isTrue(yield* isOn)
      feed.published.put(off("checkout"))
      yield* rulestead.refresh
      assert.isFalse(yield* isOn)
    }))
})

describe("changes", () => {
  it.effect("name the flags that decide differently, and those that are gone", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      const { rulestead } = yield* build(feed)
      const changes = yield* Effect.forkChild(Stream.runCollect(Stream.take(rulestead.changes, 2)))
      yield* quiet
      feed.published.publish({ put: [off("checkout"), on("extra")], remove: [{ kind: "flag", key: "limit" }] })
      yield* rulestead.refresh
      feed.published.restore("epoch-2", 1, [off("checkout"), on("search"), on("extra")])
      yield* rulestead.refresh
      assert.deepStrictEqual(
        (yield* Fiber.join(changes)).map(({ changed, epoch, removed, source, stale, version }) => ({
          changed,
          epoch,
          removed,
          source,
          stale,
          version
        })),
        [
          {
            changed: ["checkout", "extra"],
            epoch: "epoch-1",
            removed: ["limit"],
            source: "live",
            stale: false,
            version: 2
          },
          {
            changed: ["search"],
            epoch: "epoch-2",
            removed: ["banner", "theme", "layout"],
            source: "live",
            stale: false,
            version: 1
          }
        ]
      )
    }))

  it.effect("do not wait for a subscriber that is too slow, nor keep the others waiting", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      const { cache, rulestead } = yield* build(feed)
      yield* Effect.forkChild(Stream.runForEach(rulestead.changes, () => Effect.never))
      const fast = yield* Effect.forkChild(Stream.runCollect(Stream.take(rulestead.changes, 300)))
      yield* quiet
      for (let round = 0; round < 300; round++) {
        feed.published.put(round % 2 === 0 ? off("checkout") : on("checkout"))
        yield* rulestead.refresh
      }
      assert.strictEqual(cache.provenance().version, 301)
      assert.deepStrictEqual(
        (yield* Fiber.join(fast)).map(({ version }) => version),
        Array.from({ length: 300 }, (_, index) => index + 2)
      )
    }))

  it.effect("end with the node", () =>
    Effect.gen(function*() {
      const changes = yield* Effect.scoped(Effect.gen(function*() {
        const { rulestead } = yield* build(withCatalogue())
        const changes = yield* Effect.forkDetach(Stream.runCollect(rulestead.changes))
        yield* quiet
        return changes
      }))
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(changes)))
    }))
})

describe("RulesteadLive", () => {
  const live = (settings: Readonly<Record<string, string>>, feed = withCatalogue()) =>
    Effect.scoped(Layer.build(RulesteadLive.pipe(Layer.provide(feed.layer), Layer.fresh))).pipe(
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: settings })),
      Effect.exit
    )

  it.effect("takes its options from the configuration", () =>
    Effect.gen(function*() {
      const feed = withCatalogue()
      feed.answer(unreachable)
      const starting = yield* Effect.forkChild(
        live({
          RULESTEAD_ENVIRONMENT: "prod",
          RULESTEAD_BOOT_TIMEOUT: "2 seconds",
          RULESTEAD_WHEN_NOT_FRESH: "fail",
          RULESTEAD_POLL_INTERVAL: "1 minute",
          RULESTEAD_STALE_AFTER: "3 minutes",
          RULESTEAD_FETCH_TIMEOUT: "1 second",
          RULESTEAD_RETRY_MIN: "100 millis",
          RULESTEAD_RETRY_MAX: "10 seconds"
        }, feed)
      )
      yield* quiet
      yield* TestClock.adjust("2 seconds")
      assert.include(String(yield* Fiber.join(starting)), "NotFresh")
    }))

  it.effect("needs no more than the environment", () =>
    Effect.gen(function*() {
      assert.isTrue(Exit.isSuccess(yield* live({ RULESTEAD_ENVIRONMENT: "prod" })))
    }))

  const wrong = {
    RULESTEAD_ENVIRONMENT: {},
    RULESTEAD_POLL_INTERVAL: { RULESTEAD_ENVIRONMENT: "prod", RULESTEAD_POLL_INTERVAL: "soon" },
    RULESTEAD_WHEN_NOT_FRESH: { RULESTEAD_ENVIRONMENT: "prod", RULESTEAD_WHEN_NOT_FRESH: "wait" },
    pollInterval: { RULESTEAD_ENVIRONMENT: "prod", RULESTEAD_POLL_INTERVAL: "1 millis" }
  }
  for (const [name, settings] of Object.entries(wrong)) {
    it.effect(`fails with the name of the setting: ${name} in ${JSON.stringify(settings)}`, () =>
      Effect.gen(function*() {
        const exit = yield* live(settings)
        assert.isTrue(Exit.isFailure(exit))
        if (!Exit.isFailure(exit)) return
        const error = Result.getOrThrow(Cause.findError(exit.cause))
        assert.include(name.startsWith("RULESTEAD") ? String(error).replaceAll(/[^A-Z_]+/g, "_") : error.message, name)
      }))
  }
})
