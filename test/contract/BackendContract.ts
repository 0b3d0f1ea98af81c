/** What the commands need of whatever they stand on: a transaction that happens whole or not at all. */
import { assert, layer } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { StoreBackend } from "rulestead/StoreBackend"
import { listen } from "./support/Listener.ts"
import type { Command } from "./support/refusals.ts"
import * as Scene from "./support/Scene.ts"
import * as Tripwire from "./support/Tripwire.ts"
import * as World from "./support/World.ts"

class Wire extends Context.Service<Wire, Tripwire.Tripwire>()("test/Wire") {
  static readonly layer = Layer.effect(Wire, Effect.map(StoreBackend, Tripwire.make))
}

const commands = Layer.merge(Store.layer, Publisher.layer).pipe(
  Layer.provide(Layer.effect(StoreBackend, Effect.map(Wire, ({ backend }) => backend))),
  Layer.provideMerge(Wire.layer)
)

/** Runs the contract over a backend and its feed. */
export const suite = <E>(name: string, backend: Layer.Layer<StoreBackend | SnapshotFeed, E>): void =>
  layer(Layer.provideMerge(commands, backend), { excludeTestServices: true, timeout: "1 minute" })(name, (it) => {
    it.effect.each(scenarios)(
      "$name leaves no trace, whichever of its steps fails in whatever way",
      ({ command }) =>
        Effect.gen(function*() {
          const world = yield* World.make
          const listener = yield* listen(world.environment)
          const before = yield* World.look(world)
          const steps = yield* failEveryStep(command(world), world, before)
          assert.isAtLeast(steps, 3)
          const after = yield* World.look(world)
          assert.notDeepEqual(after, before)
          const [version, previous] = [after, before].map(({ snapshots: [first] }) => first?.head.version)
          if (version !== previous) assert.strictEqual(yield* listener.version, version)
        }),
      120_000
    )

    it.effect("a transaction inside another is undone alone, and goes with the outer one", () =>
      Effect.gen(function*() {
        const backend = yield* StoreBackend
        const store = yield* Store
        const create = Effect.suspend(() => {
          const key = Scene.key("nested")
          return Effect.as(store.createAudience({ key, definition: { everyone: true } }), key)
        })
        const isThere = (key: string) => Effect.map(Effect.exit(store.audience(key)), Exit.isSuccess)
        const keys = yield* backend.transaction(Effect.gen(function*() {
          const outer = yield* create
          const inner = yield* backend.transaction(create)
          const undone = yield* Effect.flip(backend.transaction(Effect.flatMap(create, Effect.fail)))
          const seen = yield* Effect.forEach([outer, inner], isThere)
          assert.deepStrictEqual(seen, [true, true])
          return { outer, inner, undone }
        }))
        assert.isTrue(yield* isThere(keys.outer))
        assert.isTrue(yield* isThere(keys.inner))
        assert.strictEqual(typeof keys.undone, "string")
        if (typeof keys.undone === "string") assert.isFalse(yield* isThere(keys.undone))
      }))
  })

const failEveryStep = Effect.fnUntraced(function*<A, E, R>(
  command: Effect.Effect<A, E, R>,
  world: World.World,
  before: unknown
) {
  const { trip } = yield* Wire
  for (let step = 0; step < 50; step++) {
    for (const fault of Tripwire.faults) {
      if (Exit.isSuccess(yield* Effect.exit(trip(command, step, fault)))) return step
      assert.deepStrictEqual(yield* World.look(world), before)
    }
  }
  return assert.fail("the command never succeeds")
})

const any = { expected: "any" } as const

const first = { expected: 1 } as const

const second = { expected: 2 } as const

/** Commands that succeed once in a world. */
const scenarios: ReadonlyArray<{
  readonly name: string
  readonly command: (world: World.World) => Command
}> = [
  {
    name: "creating an environment",
    command: ({ free }) => Store.use((store) => store.createEnvironment({ key: free, name: "New" }))
  },
  {
    name: "changing an environment",
    command: ({ environment }) => Store.use((store) => store.changeEnvironment(environment, { name: "New" }, first))
  },
  {
    name: "creating an audience",
    command: ({ free }) => Store.use((store) => store.createAudience({ key: free, definition: { everyone: true } }))
  },
  {
    name: "changing an audience in use",
    command: ({ audience }) =>
      Store.use((store) => store.changeAudience(audience, { definition: { everyone: true } }, first))
  },
  {
    name: "archiving an audience",
    command: ({ free }) =>
      Store.use((store) =>
        store.transaction(Effect.gen(function*() {
          yield* store.createAudience({ key: free, definition: { everyone: true } })
          yield* store.archiveAudience(free, first)
        }))
      )
  },
  {
    name: "creating a flag",
    command: ({ free }) => Store.use((store) => store.createFlag({ key: free, valueType: "number", defaultValue: 1 }))
  },
  {
    name: "changing a flag",
    command: ({ flag }) => Store.use((store) => store.changeFlag(flag, { tags: ["new"] }, first))
  },
  {
    name: "archiving a flag",
    command: ({ flag }) => Store.use((store) => store.archiveFlag(flag, first))
  },
  {
    name: "archiving and unarchiving a flag in one transaction",
    command: ({ flag }) =>
      Store.use((store) =>
        store.transaction(Effect.andThen(store.archiveFlag(flag, first), store.unarchiveFlag(flag, second)))
      )
  },
  {
    name: "saving the first draft",
    command: ({ neighbour, second }) =>
      Store.use((store) => store.saveDraft(neighbour, second, Scene.forced(true), { expected: 0 }))
  },
  {
    name: "saving a draft",
    command: ({ environment, flag, audience }) =>
      Store.use((store) => store.saveDraft(flag, environment, Scene.segments(audience), { expected: 3 }))
  },
  {
    name: "putting a rule into the first draft",
    command: ({ audience, neighbour, second }) =>
      Store.use((store) =>
        store.putRule(neighbour, second, "a", { key: "a", strategy: "segment_match", audience, value: true }, {
          expected: 0
        })
      )
  },
  {
    name: "discarding a draft",
    command: ({ environment, flag }) => Store.use((store) => store.discardDraft(flag, environment, { expected: 3 }))
  },
  {
    name: "publishing",
    command: ({ environment, flag }) =>
      Publisher.use((publisher) => publisher.publish(flag, environment, { expected: 3 }))
  },
  {
    name: "rolling out and reverting in one transaction",
    command: ({ flag, second: environment }) =>
      Effect.gen(function*() {
        const store = yield* Store
        const publisher = yield* Publisher
        yield* store.transaction(Effect.gen(function*() {
          const { state } = yield* Scene.publish(flag, environment, Scene.share(10))
          const share = { rule: "some", percentage: 20 }
          const advanced = yield* publisher.advanceRollout(flag, environment, share, { expected: state.revision })
          yield* publisher.revert(flag, environment, 1, { expected: advanced.state.revision })
        }))
      })
  },
  {
    name: "engaging a kill switch",
    command: ({ environment, flag }) => Publisher.use((publisher) => publisher.engageKillSwitch(flag, environment, any))
  },
  {
    name: "releasing a kill switch",
    command: ({ environment, neighbour }) =>
      Publisher.use((publisher) => publisher.releaseKillSwitch(neighbour, environment, any))
  }
]
