/** What every implementation of the store has to do with signatures. */
import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Store } from "rulestead/Store"
import { hmac, pair } from "../../packages/rulestead/test/support/signing.ts"
import * as Believer from "./support/Believer.ts"
import { listen } from "./support/Listener.ts"
import * as Mirror from "./support/Mirror.ts"
import * as Scene from "./support/Scene.ts"

type Services = Store | Publisher | SnapshotFeed

/** One store, and publishers with different keys on it. */
export class Publishers extends Context.Service<Publishers, {
  /** Runs an effect with a publisher that signs so, or not at all. One after another. */
  readonly within: <A, E>(
    signing: SnapshotSigning.Options | undefined,
    effect: Effect.Effect<A, E, Services>
  ) => Effect.Effect<A, E>
}>()("test/Publishers") {}

/** Publishers that differ in nothing but how they sign. */
export const publishers = (services: Layer.Layer<Services>): Publishers["Service"] => ({
  within: (signing, effect) => {
    const keys = signing === undefined ? Layer.empty : Layer.orDie(SnapshotSigning.layer(signing))
    return Effect.provide(effect, Layer.fresh(Layer.provide(services, keys)))
  }
})

const within = <A, E>(signing: SnapshotSigning.Options | undefined, effect: Effect.Effect<A, E, Services>) =>
  Publishers.use((publishers) => publishers.within(signing, effect))

const one = pair()
const other = pair()
const secret = hmac("secret")

const signed: SnapshotSigning.Options = { key: one.signing }

/** Fails unless the publisher refuses to go on from what is there, and nothing changes. */
const refuses = Effect.fnUntraced(function*(flag: string, environment: string) {
  const store = yield* Store
  const before = [yield* store.state(flag, environment), yield* Mirror.fetch(environment)]
  const kill = Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, { expected: "any" }))
  assert.deepInclude(yield* Effect.flip(kill), { _tag: "StoreUnavailable", reason: "signature" })
  assert.deepStrictEqual([yield* store.state(flag, environment), yield* Mirror.fetch(environment)], before)
})

const headOf = (environment: string) =>
  SnapshotFeed.use((feed) => Effect.map(feed.changesSince(environment, undefined), ({ head }) => head))

/** Runs the contract. */
export const suite = <E>(name: string, publishers: Layer.Layer<Publishers, E>): void =>
  layer(publishers, { excludeTestServices: true, timeout: "1 minute" })(name, (it) => {
    for (
      const { key, verifying } of [{ key: one.signing, verifying: one.verifying }, { key: secret, verifying: secret }]
    ) {
      it.effect(`everything that a publisher commits is signed (${key.algorithm})`, () =>
        within(
          { key },
          Effect.gen(function*() {
            const store = yield* Store
            const publisher = yield* Publisher
            const environment = yield* Scene.environment
            const node = yield* Believer.make(environment, verifying)
            let version = 0
            const follows = Effect.gen(function*() {
              version++
              assert.strictEqual(yield* node.look, version)
              assert.strictEqual(yield* Believer.fresh(environment, verifying), version)
              assert.strictEqual(yield* Believer.fresh(environment, other.verifying), "signature")
            })
            yield* follows
            const [free, pro] = [yield* Scene.audience("free"), yield* Scene.audience("pro")]
            const [flag, neighbour] = [yield* Scene.flag, yield* Scene.flag]
            yield* Scene.publish(flag, environment, Scene.segments(free, pro))
            yield* follows
            yield* Scene.publish(neighbour, environment, Scene.forced(true))
            yield* follows
            yield* Scene.publish(flag, environment, Scene.segments(pro))
            yield* follows
            yield* publisher.engageKillSwitch(neighbour, environment, { expected: "any" })
            yield* follows
            yield* publisher.releaseKillSwitch(neighbour, environment, { expected: "any" })
            yield* follows
            yield* store.changeAudience(pro, { definition: { everyone: true } }, { expected: 1 })
            yield* follows
            yield* Scene.archive(flag)
            yield* follows
            const late = yield* Believer.make(environment, verifying)
            assert.strictEqual(yield* late.look, version)
          })
        ))
    }

    it.effect("a store that was never told to sign does not, and nobody has to ask", () =>
      within(
        undefined,
        Effect.gen(function*() {
          const { environment, head } = yield* Scene.live(Scene.forced(true))
          assert.notProperty(head, "signature")
          assert.notProperty(yield* headOf(environment), "signature")
          assert.strictEqual(yield* Believer.fresh(environment, one.verifying), "signature")
        })
      ))

    it.effect("what a publisher answers and what nodes are told has the signature, and nothing of how it is made", () =>
      within(
        signed,
        Effect.gen(function*() {
          const { environment, head } = yield* Scene.live(Scene.forced(true))
          assert.deepStrictEqual(yield* headOf(environment), head)
          assert.match(head.signature ?? "", /^ed25519 [0-9a-f]{128}$/)
          assert.notProperty(head, "setHash")
        })
      ))

    it.effect("a publisher without a key cannot go on from what is signed, unless it ends that", () =>
      Effect.gen(function*() {
        const { environment, flag } = yield* within(signed, Scene.live(Scene.forced(true)))
        yield* within(
          undefined,
          Effect.gen(function*() {
            yield* refuses(flag, environment)
            const { publish, sign } = yield* Publisher
            assert.notProperty(yield* sign(environment), "signature")
            const { revision } = yield* Scene.draft(flag, environment, Scene.forced(false))
            const { head } = Scene.committed(yield* publish(flag, environment, { expected: revision }))
            assert.notProperty(head, "signature")
          })
        )
      }))

    it.effect("a publisher with a key does not go on from what is not signed, until somebody vouches for it", () =>
      Effect.gen(function*() {
        const { environment, flag } = yield* within(undefined, Scene.live(Scene.forced(true)))
        yield* within(
          signed,
          Effect.gen(function*() {
            const node = yield* Believer.make(environment, one.verifying)
            yield* refuses(flag, environment)
            const listener = yield* listen(environment)
            const before = yield* Mirror.fetch(environment)
            const head = yield* Publisher.use(({ sign }) => sign(environment, { reason: "we begin" }))
            assert.strictEqual(yield* listener.version, 2)
            assert.deepStrictEqual(Mirror.contents(yield* Mirror.fetch(environment)), Mirror.contents(before))
            assert.deepInclude(head, { version: 2, digest: before.head.digest, entries: 1 })
            assert.strictEqual(yield* node.look, 2)
            yield* Scene.publish(flag, environment, Scene.forced(false))
            assert.strictEqual(yield* node.look, 3)
            const [, event] = yield* Store.use((store) => store.audit({ environment, limit: 3 })).pipe(
              Effect.map((events) => events.filter(({ action }) => action !== "draft.save"))
            )
            assert.deepInclude(event, {
              action: "snapshot.sign",
              key: environment,
              reason: "we begin",
              before: { version: 1, signed: false },
              after: { version: 2, signed: true }
            })
          }).pipe(Effect.scoped)
        )
      }))

    it.effect("one key takes the place of another with the next publish, for those who are told of both", () =>
      Effect.gen(function*() {
        const { environment, flag } = yield* within({ key: secret }, Scene.live(Scene.forced(true)))
        yield* within(signed, refuses(flag, environment))
        yield* within(
          { key: one.signing, previous: [secret] },
          Effect.gen(function*() {
            const [both, old] = [
              yield* Believer.make(environment, secret, one.verifying),
              yield* Believer.make(environment, secret)
            ]
            assert.deepStrictEqual([yield* both.look, yield* old.look], [2, 2])
            yield* Scene.publish(flag, environment, Scene.forced(false))
            assert.deepStrictEqual([yield* both.look, yield* old.look], [3, "signature"])
            assert.strictEqual(yield* Believer.fresh(environment, one.verifying), 3)
          })
        )
        yield* within(signed, Scene.publish(flag, environment, Scene.forced(true)))
      }))

    it.effect("the commands of one transaction are signed once, and those before and after `sign` on their own", () =>
      within(
        signed,
        Effect.gen(function*() {
          const { environment, flag } = yield* Scene.live(Scene.forced(true))
          const node = yield* Believer.make(environment, one.verifying)
          const before = yield* node.look
          const { transaction } = yield* Store
          const publish = (value: boolean) => Scene.publish(flag, environment, Scene.forced(value))
          yield* transaction(Effect.andThen(publish(false), publish(true)))
          assert.strictEqual(yield* node.look, Number(before) + 1)
          const { sign } = yield* Publisher
          const { version } = yield* transaction(
            publish(false).pipe(Effect.andThen(sign(environment)), Effect.tap(publish(true)))
          )
          assert.strictEqual(version, Number(before) + 3)
          assert.strictEqual(yield* node.look, Number(before) + 4)
        })
      ))

    it.effect("signing what there is not is refused, and signing nothing with nothing changes nothing", () =>
      within(
        undefined,
        Effect.gen(function*() {
          const { sign } = yield* Publisher
          const absent = Scene.key("absent")
          assert.deepInclude(yield* Effect.flip(sign(absent)), { _tag: "NotFound", resource: "environment" })
          const { environment, head } = yield* Scene.live(Scene.forced(true))
          assert.deepStrictEqual(yield* sign(environment), head)
        })
      ))
  })
