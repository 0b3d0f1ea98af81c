/** A percentage decision of the service, beside the same written by hand for that one flag. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Bucket from "rulestead/Bucket"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import * as Manifest from "rulestead/Manifest"
import type { Rulestead } from "rulestead/Rulestead"
import * as StoreMemory from "rulestead/StoreMemory"
import { now } from "../../benchmark/harness/clock.ts"
import { environment, user } from "./catalogue.ts"
import { interleave, type Measurement, ratio, times } from "./Measurement.ts"
import * as Node from "./Node.ts"

const flag = "new-checkout"
const rule = "everybody"
const percentage = 37

const manifest: Manifest.Input = {
  schemaVersion: 1,
  flags: [{
    key: flag,
    valueType: "boolean",
    defaultValue: false,
    ruleset: { rules: [{ key: rule, strategy: "percentage_rollout", rollout: { percentage }, value: true }] }
  }]
}

const feed = Layer.effectDiscard(Manifest.apply(manifest, { environment })).pipe(
  Layer.provideMerge(StoreMemory.layer())
)

/** Parsed, as the contents of requests are: where a string comes from decides how fast it is read. */
const users: ReadonlyArray<EvaluationContext> = JSON.parse(
  JSON.stringify(Array.from({ length: 10_000 }, (_, index) => user(index)))
)

export const deciding: Measurement = {
  name: "deciding",
  measure: Effect.fnUntraced(
    function*(quick) {
      const rulestead = yield* Node.start(feed)
      if (countByService(rulestead) !== countByHand()) return yield* Effect.die(new Error("the answers differ"))
      const taken = yield* interleave(
        { byHand: cost(countByHand), service: cost(() => countByService(rulestead)) },
        quick ? { rounds: 7, samples: 20 } : { rounds: 31, samples: 40 }
      )
      return [
        ratio("decide a percentage, against a closure with the same hash", times(taken.service, taken.byHand), 1.5)
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

/** The nanoseconds of processor time that something takes. */
const cost = (run: () => unknown): Effect.Effect<number> =>
  Effect.sync(() => {
    const start = now()
    run()
    return now() - start
  })

// Each has a loop of its own, which V8 compiles for it alone.

const countByService = ({ enabledUnsafe }: Rulestead["Service"]): number => {
  let count = 0
  for (const user of users) {
    if (enabledUnsafe(flag, user)) count++
  }
  return count
}

const bucketOf = Bucket.make({ namespace: "rollout", flag, rule, bucketBy: "subject" })

const isIn = ({ targetingKey }: EvaluationContext): boolean =>
  typeof targetingKey === "string" && bucketOf(targetingKey) < percentage * 100

const countByHand = (): number => {
  let count = 0
  for (const user of users) {
    if (isIn(user)) count++
  }
  return count
}
