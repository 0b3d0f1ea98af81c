/** A store with a bit of everything, and all that can be seen of it. */
import * as Effect from "effect/Effect"
import { Publisher } from "rulestead/Publisher"
import { Store } from "rulestead/Store"
import * as Mirror from "./Mirror.ts"
import * as Scene from "./Scene.ts"

/**
 * `flag` is live in both environments for `audience`, and has a draft for `other` in the first. `neighbour` is live in the
 * first, for `audience` too, and killed. Nothing has the key `free`.
 */
export interface World {
  readonly environment: string
  readonly second: string
  readonly audience: string
  readonly other: string
  readonly flag: string
  readonly neighbour: string
  readonly free: string
}

export const make = Effect.gen(function*() {
  const publisher = yield* Publisher
  const world: World = {
    environment: yield* Scene.environment,
    second: yield* Scene.environment,
    audience: yield* Scene.audience("free"),
    other: yield* Scene.audience("pro"),
    flag: yield* Scene.flag,
    neighbour: yield* Scene.flag,
    free: Scene.key("free")
  }
  const { audience, environment, flag, neighbour, other, second } = world
  yield* Scene.publish(flag, environment, Scene.segments(audience))
  yield* Scene.publish(flag, second, Scene.segments(audience))
  yield* Scene.publish(neighbour, environment, Scene.segments(audience))
  yield* publisher.engageKillSwitch(neighbour, environment, { expected: "any" })
  yield* Scene.draft(flag, environment, Scene.segments(other))
  return world
})

/** All that can be seen of it. */
export const look = Effect.fnUntraced(
  function*({ audience, environment, flag, free, neighbour, other, second }: World) {
    const store = yield* Store
    const places = [flag, neighbour].flatMap((flag) =>
      [environment, second].map((environment) => ({ flag, environment }))
    )
    return {
      environments: yield* Effect.forEach([environment, second, free], (key) => Effect.option(store.environment(key))),
      audiences: yield* Effect.forEach([audience, other, free], (key) => Effect.option(store.audience(key))),
      flags: yield* Effect.forEach([flag, neighbour, free], (key) => Effect.option(store.flag(key))),
      states: yield* Effect.forEach(places, ({ environment, flag }) => store.state(flag, environment)),
      rulesets: yield* Effect.forEach(
        places,
        ({ environment, flag }) => Effect.option(store.ruleset(flag, environment))
      ),
      snapshots: yield* Effect.forEach([environment, second], (environment) => Mirror.fetch(environment)),
      newSnapshot: yield* Effect.option(Mirror.fetch(free)),
      audit: yield* Effect.forEach(
        [environment, second, audience, other, flag, neighbour, free],
        (key) => store.audit({ key, limit: 1000 })
      )
    }
  }
)
