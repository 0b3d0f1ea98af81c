import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store, type StoredAudience } from "rulestead/Store"
import { StoreBackend } from "rulestead/StoreBackend"
import * as StoreMemory from "rulestead/StoreMemory"

const audience = (key: string): StoredAudience => ({
  key,
  description: "",
  definition: { everyone: true },
  archivedAt: null,
  revision: 1,
  createdAt: 0,
  updatedAt: 0
})

const createProd = Store.use((store) => store.createEnvironment({ key: "prod", name: "Production" }))

/** Publishes a new flag to `prod` that many times. */
const publish = Effect.fnUntraced(function*(versions: number) {
  const store = yield* Store
  const publisher = yield* Publisher
  yield* store.createFlag({ key: "flag", valueType: "number", defaultValue: 0 })
  for (let value = 1; value <= versions; value++) {
    const { revision } = yield* store.state("flag", "prod")
    const rules = [{ key: "all", strategy: "forced_value", value }] as const
    const saved = yield* store.saveDraft("flag", "prod", { rules }, { expected: revision })
    yield* publisher.publish("flag", "prod", { expected: saved.revision })
  }
})

describe("StoreMemory", () => {
  it.effect("every layer is a store of its own, with an epoch of its own", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([Layer.build(StoreMemory.layer()), Layer.build(StoreMemory.layer())])
      yield* Effect.provide(Effect.andThen(createProd, publish(1)), one)
      assert.deepStrictEqual(yield* Context.get(other, Store).environments, [])
      yield* Effect.provide(Effect.andThen(createProd, publish(1)), other)
      const heads = yield* Effect.forEach([one, other], (store) =>
        Context.get(store, SnapshotFeed).changesSince("prod", undefined))
      const [first, second] = heads.map(({ head }) =>
        head
      )
      assert.notStrictEqual(first?.epoch, second?.epoch)
      assert.strictEqual(first?.digest, second?.digest)
    }))

  it.effect("a store provided inside another is a store of its own", () =>
    Effect.gen(function*() {
      yield* createProd
      const environments = Store.use((store) => store.environments)
      assert.deepStrictEqual(yield* Effect.provide(environments, StoreMemory.layer()), [])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("a transaction of one store takes no part in a transaction of another", () =>
    Effect.gen(function*() {
      const [one, other] = yield* Effect.all([
        Layer.build(StoreMemory.layerBackend()),
        Layer.build(StoreMemory.layerBackend())
      ])
      const [left, right] = [Context.get(one, StoreBackend), Context.get(other, StoreBackend)]
      yield* left.transaction(Effect.gen(function*() {
        yield* left.audiences.insert(audience("left"))
        yield* right.transaction(right.audiences.insert(audience("right")))
        return yield* Effect.fail("undo")
      })).pipe(Effect.flip)
      assert.isUndefined(yield* left.audiences.get("left"))
      assert.isDefined(yield* right.audiences.get("right"))
    }))

  it.effect("nobody sees what a transaction wrote before it succeeded", () =>
    Effect.gen(function*() {
      const backend = yield* StoreBackend
      const [written, finish] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const writer = yield* backend.audiences.insert(audience("new")).pipe(
        Effect.andThen(Deferred.succeed(written, undefined)),
        Effect.andThen(Deferred.await(finish)),
        backend.transaction,
        Effect.forkChild
      )
      yield* Deferred.await(written)
      assert.isUndefined(yield* backend.audiences.get("new"))
      yield* Deferred.succeed(finish, undefined)
      yield* Fiber.join(writer)
      assert.isDefined(yield* backend.audiences.get("new"))
    }).pipe(Effect.provide(StoreMemory.layerBackend())))

  it.effect("transactions run one after another, and one that never got its turn can be interrupted", () =>
    Effect.gen(function*() {
      const backend = yield* StoreBackend
      const [begun, finish] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const first = yield* Deferred.succeed(begun, undefined).pipe(
        Effect.andThen(Deferred.await(finish)),
        Effect.andThen(backend.audiences.insert(audience("taken"))),
        backend.transaction,
        Effect.forkChild
      )
      yield* Deferred.await(begun)
      const insertAtOnce = (key: string) =>
        Effect.forkChild(backend.transaction(backend.audiences.insert(audience(key))), { startImmediately: true })
      const second = yield* insertAtOnce("taken")
      const third = yield* insertAtOnce("never")
      yield* Fiber.interrupt(third)
      yield* Deferred.succeed(finish, undefined)
      assert.deepStrictEqual([yield* Fiber.join(first), yield* Fiber.join(second)], [true, false])
      assert.isUndefined(yield* backend.audiences.get("never"))
    }).pipe(Effect.provide(StoreMemory.layerBackend())))

  it.effect("what it answers cannot be changed", () =>
    Effect.gen(function*() {
      const store = yield* Store
      yield* store.createFlag({ key: "flag", valueType: "json", defaultValue: { list: [{ a: 1 }] } })
      const flag = yield* store.flag("flag")
      assert.throws(() => Object.assign(flag, { defaultValue: null }), TypeError)
      assert.throws(() => Object.assign(Object(flag.defaultValue).list[0], { a: 2 }), TypeError)
      assert.deepStrictEqual((yield* store.flag("flag")).defaultValue, { list: [{ a: 1 }] })
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("it remembers a thousand versions unless told", () =>
    Effect.gen(function*() {
      const feed = yield* SnapshotFeed
      yield* createProd
      yield* publish(1001)
      const { head } = yield* feed.changesSince("prod", undefined)
      assert.strictEqual(head.version, 1001)
      assert.isFalse((yield* feed.changesSince("prod", { epoch: head.epoch, version: 1 })).complete)
      assert.isTrue((yield* feed.changesSince("prod", { epoch: head.epoch, version: 0 })).complete)
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("whoever listens slowly hears of the newest version", () =>
    Effect.gen(function*() {
      const feed = yield* SnapshotFeed
      yield* createProd
      const [listening, published] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const heard = yield* feed.announcements("prod").pipe(
        Stream.tap(({ _tag }) =>
          _tag === "Listening"
            ? Effect.andThen(Deferred.succeed(listening, undefined), Deferred.await(published))
            : Effect.void
        ),
        Stream.takeUntil((announcement) => announcement._tag === "Announced" && announcement.version === 5),
        Stream.runCollect,
        Effect.forkChild
      )
      yield* Deferred.await(listening)
      yield* publish(5)
      yield* Deferred.succeed(published, undefined)
      assert.deepStrictEqual(yield* Fiber.join(heard), [{ _tag: "Listening" }, { _tag: "Announced", version: 5 }])
    }).pipe(Effect.provide(StoreMemory.layer())))

  it.effect("an environment that does not exist cannot be listened to", () =>
    Effect.gen(function*() {
      const feed = yield* SnapshotFeed
      const error = yield* Effect.flip(Stream.runDrain(feed.announcements("prod")))
      assert.strictEqual(error.reason, "environment_not_found")
    }).pipe(Effect.provide(StoreMemory.layer())))
})
