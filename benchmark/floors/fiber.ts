// The limit inside a running fiber: an effect that reads a service which has the flags written out by hand.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { rulesteadBucket } from "../expected.ts"
import type { Flag, User } from "../flags.ts"
import { effect, type Subject } from "../Subject.ts"
import * as Sha256 from "./support/sha256.ts"
import { type Straight, straight } from "./support/straight.ts"

class Floor extends Context.Service<Floor, {
  readonly flags: ReadonlyMap<string, Straight>
}>()("benchmark/Floor") {}

const load = (flags: ReadonlyArray<Flag>) => {
  const floor = Floor.of({ flags: new Map(flags.map((flag) => [flag.key, straight(flag, Sha256.make)])) })
  return {
    context: (user: User): User => user,
    decide: ({ key }: Flag) => (user: User): Effect.Effect<unknown, never, Floor> =>
      Effect.withFiberSucceed((fiber) => {
        const decide = Context.getUnsafe(fiber.context, Floor).flags.get(key)
        return decide === undefined ? false : decide(user)
      }),
    run: <A>(self: Effect.Effect<A, never, Floor>) => Effect.runPromise(Effect.provideService(self, Floor, floor))
  }
}

export const subjects: ReadonlyArray<Subject> = [
  effect({
    name: "floor",
    configuration: "fiber, sha256",
    how: "`yield*` of a bare `Effect.withFiberSucceed` that reads a service and runs the straight-line code.",
    bucket: rulesteadBucket,
    load
  })
]
