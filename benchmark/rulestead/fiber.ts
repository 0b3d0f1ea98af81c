// Inside a running fiber.
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import { Rulestead } from "rulestead/Rulestead"
import { Telemetry } from "rulestead/Telemetry"
import { rulesteadBucket } from "../expected.ts"
import type { Flag } from "../flags.ts"
import { effect, type Subject } from "../Subject.ts"
import { context } from "./support/entries.ts"
import * as Support from "./support/snapshot.ts"

type Context = ReturnType<typeof context>

const node = (flags: ReadonlyArray<Flag>) =>
  Rulestead.layer({ environment: Support.environment }).pipe(
    Layer.provide(Support.layer({ changes: Support.snapshotOf(flags) }))
  )

/** Telemetry, and somebody who follows its events. */
const observed = Layer.effectDiscard(
  Effect.forkScoped(Telemetry.use(({ events }) => Stream.runDrain(events)))
).pipe(Layer.provideMerge(Telemetry.layer()))

const decisions = async (layer: Layer.Layer<Rulestead, unknown>) => {
  const runtime = ManagedRuntime.make(layer)
  await runtime.runPromise(Effect.void)
  return {
    context,
    decide: ({ fallback, key, kind }: Flag): (context: Context) => Effect.Effect<unknown, never, Rulestead> =>
      kind === "boolean"
        ? (context) => Rulestead.enabled(key, context)
        : (context) => Rulestead.value(key, context, fallback),
    all: {
      decide: (context: Context) => Rulestead.decisions(context),
      answer: (decisions: Effect.Success<ReturnType<typeof Rulestead.decisions>>, { key }: Flag) =>
        decisions.get(key)?.value
    },
    run: <A>(self: Effect.Effect<A, never, Rulestead>) => runtime.runPromise(self)
  }
}

const product = { name: "rulestead", bucket: rulesteadBucket }

export const subjects: ReadonlyArray<Subject> = [
  effect({
    ...product,
    configuration: "enabled, fiber",
    how: "`yield* Rulestead.enabled(…)` (or `value`) in a running fiber.",
    load: (flags) => decisions(node(flags))
  }),
  effect({
    ...product,
    configuration: "enabled, fiber, telemetry",
    how: "The same with `Telemetry` provided and its events followed.",
    load: (flags) => decisions(node(flags).pipe(Layer.provide(observed)))
  })
]
