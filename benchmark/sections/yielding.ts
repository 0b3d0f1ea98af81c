// What `yield*` of a decision costs beyond yielding anything at all.
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { EvaluationContext } from "rulestead/EvaluationContext"
import { Rulestead } from "rulestead/Rulestead"
import { catalogue, scenarioFlags, users } from "../flags.ts"
import * as Loop from "../harness/loop.ts"
import { spread } from "../harness/statistics.ts"
import type { Section } from "../Measurement.ts"
import { context } from "../rulestead/support/entries.ts"
import { start } from "../rulestead/support/node.ts"
import { snapshotOf } from "../rulestead/support/snapshot.ts"

type Decide = (context: EvaluationContext) => Effect.Effect<boolean, never, Rulestead>

const { key } = scenarioFlags.on

/** Reads the service and asks it nothing. */
const bare: Decide = () =>
  Effect.withFiberSucceed((fiber) => Context.getUnsafe(fiber.context, Rulestead).enabledUnsafe !== undefined)

const ways: Record<"bare" | "enabled" | "method", (rulestead: Rulestead["Service"]) => Decide> = {
  bare: () => bare,
  enabled: () => (context) => Rulestead.enabled(key, context),
  method: (rulestead) => (context) => rulestead.enabled(key, context)
}

export const section: Section = {
  title: "Inside a fiber",
  about: "`yield* Rulestead.enabled(…)` of a flag that is on, and a bare `Effect.withFiberSucceed` that reads the same "
    + "service.",
  measure: async (quick) => {
    const contexts = users().map(context)
    await using node = await start({ changes: snapshotOf(catalogue(1_000)) })
    const { rulestead } = node
    const time = async (way: keyof typeof ways): Promise<number> => {
      const lap = Loop.effect(ways[way](rulestead), contexts, 3)
      const nanoseconds = await Effect.runPromise(Effect.provideService(lap, Rulestead, rulestead))
      return nanoseconds / contexts.length / 3
    }
    const samples = []
    for (let round = 0; round < (quick ? 30 : 100); round++) {
      samples.push({ bare: await time("bare"), enabled: await time("enabled"), method: await time("method") })
    }
    const warm = samples.slice(samples.length / 3)
    return [
      {
        title: "`Rulestead.enabled`, against a bare effect",
        unit: "×",
        atMost: 1.3,
        value: spread(warm.map(({ bare, enabled }) => enabled / bare))
      },
      {
        title: "`enabled` of the service in hand, against a bare effect",
        unit: "×",
        value: spread(warm.map(({ bare, method }) => method / bare))
      },
      { title: "a bare effect", unit: "ns", value: spread(warm.map(({ bare }) => bare)) }
    ]
  }
}
