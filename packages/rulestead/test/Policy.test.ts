import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { inspect } from "node:util"
import * as Policy from "rulestead/Policy"
import { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"

class DirectoryAway extends Data.TaggedError("DirectoryAway")<{ readonly server: string }> {}

const flag = { key: "checkout", valueType: "boolean", defaultValue: false } as const

const create = Store.use((store) => store.createFlag(flag))

const denials = Store.use((store) => store.audit({ result: "denied" }))

const allowing: Policy.Can = () => Effect.succeed(Policy.allow)

const refusing: Policy.Can = () => Effect.succeed(Policy.refuse("no"))

/** A store that was built under a policy. */
const under = (can: Policy.Can) => StoreMemory.layer().pipe(Layer.provide(Policy.layer(can)))

describe("a policy", () => {
  it.effect("is absent: everything is allowed", () =>
    Effect.gen(function*() {
      yield* create
      yield* Store.use((store) => store.audit())
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("that the store was built under counts wherever a command runs", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provideService(create, Policy.Policy, { can: allowing }))
      assert.deepInclude(error, { _tag: "Denied", detail: "no" })
    }).pipe(Effect.provide(under(refusing))))

  it.effect("where the command runs counts, too", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.provideService(create, Policy.Policy, { can: refusing }))
      assert.deepInclude(error, { _tag: "Denied", detail: "no" })
      yield* create
    }).pipe(Effect.provide(under(allowing))))

  it.effect("beside the store, in one layer, is not lost", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Effect.flip(create))._tag, "Denied")
    }).pipe(Effect.provide(Layer.merge(StoreMemory.layer(), Policy.layer(refusing)))))

  it.effect("that does not answer denies after two seconds, even if it cannot be interrupted", () =>
    Effect.gen(function*() {
      for (const silent of [Effect.never, Effect.uninterruptible(Effect.never)]) {
        const asked = yield* Deferred.make<void>()
        const can: Policy.Can = () => Effect.andThen(Deferred.succeed(asked, undefined), silent)
        const fiber = yield* Effect.forkChild(Effect.flip(Effect.provideService(create, Policy.Policy, { can })))
        yield* Deferred.await(asked)
        yield* TestClock.adjust(Policy.timeout)
        const error = yield* Fiber.join(fiber)
        assert.deepInclude(error, { _tag: "Denied", detail: "the policy did not answer in time" })
      }
      assert.strictEqual((yield* denials).length, 2)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("that hangs for good is not asked any more, and so is not waited for", () =>
    Effect.gen(function*() {
      let asked = 0
      const can: Policy.Can = () =>
        Effect.suspend(() => {
          asked++
          return Effect.uninterruptible(Effect.never)
        })
      const attempt = Effect.flip(Effect.provideService(create, Policy.Policy, { can }))
      for (let round = 0; round < 16; round++) {
        const fiber = yield* Effect.forkChild(attempt)
        yield* TestClock.adjust(Policy.timeout)
        yield* Fiber.join(fiber)
      }
      const error = yield* attempt
      assert.deepInclude(error, { _tag: "Denied", detail: "the policy has not answered earlier questions yet" })
      assert.strictEqual(asked, 16)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("says nothing of its error but to the caller", () =>
    Effect.gen(function*() {
      const away = new DirectoryAway({ server: "the directory" })
      const can: Policy.Can = () => Effect.fail(away)
      const error = yield* Effect.flip(Effect.provideService(create, Policy.Policy, { can }))
      assert.strictEqual(error.message, "flag.create of checkout is not allowed: the policy failed")
      const cause = error._tag === "Denied" ? error.cause : undefined
      assert.deepStrictEqual(cause === undefined ? undefined : Redacted.value(cause), away)
      assert.notInclude(`${inspect(error)} ${JSON.stringify(error)} ${Cause.pretty(Cause.fail(error))}`, "directory")
      assert.notInclude(JSON.stringify(yield* denials), "directory")
    }).pipe(Effect.provide(StoreMemory.layer())))
})
