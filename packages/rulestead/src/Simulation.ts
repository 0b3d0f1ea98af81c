/**
 * What a change would do, found out before it is published: the same contexts decided by what is and by what would be.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EvaluationContext } from "./EvaluationContext.ts"
import type { Explanation } from "./Explanation.ts"
import { compare } from "./internal/manifest/compiling.ts"
import * as Slices from "./internal/slices.ts"
import type { Manifest } from "./Manifest.ts"
import type { Value } from "./Value.ts"

/**
 * - `before`, `after`: what is and what would be, as exported, planned (`Plan.preview`) or drafted
 *   (`Manifest.publishDrafts`).
 * - `contexts`: whom to decide for; read once, and forgotten as soon as they are counted.
 * - `flags`: the keys of those to look at; left out, all that can decide differently.
 * - `examples`: how many changes of each flag to explain, default 5.
 * - `reveal`: whether explanations show facts, identities and the values compared with; default `false`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  readonly before: Manifest
  readonly after: Manifest
  readonly contexts: Stream.Stream<EvaluationContext, E, R>
  readonly flags?: ReadonlyArray<string> | undefined
  readonly examples?: number | undefined
  readonly reveal?: boolean | undefined
}

/**
 * What was served, to how many contexts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Served {
  readonly value: Value
  readonly variant: string | null
  readonly enabled: boolean
  readonly count: number
}

/**
 * How many contexts went from one answer to another; `null` is no answer, of a flag that is not live.
 *
 * @category models
 * @since 0.1.0
 */
export interface Move {
  readonly from: Omit<Served, "count"> | null
  readonly to: Omit<Served, "count"> | null
  readonly count: number
}

/**
 * One context that is answered otherwise, by its number, from 0, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Example {
  readonly index: number
  readonly before: Explanation | null
  readonly after: Explanation | null
}

/**
 * - `changed`: how many contexts get another value, another variant, or on for off.
 * - `before`, `after`: who got what, by count, the most first; empty where the flag is not live.
 * - `moves`: by count, the most first.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlagSummary {
  readonly flag: string
  readonly changed: number
  readonly before: ReadonlyArray<Served>
  readonly after: ReadonlyArray<Served>
  readonly moves: ReadonlyArray<Move>
  readonly examples: ReadonlyArray<Example>
}

/**
 * - `contexts`: how many there were.
 * - `flags`: those that were looked at, by key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Summary {
  readonly contexts: number
  readonly flags: ReadonlyArray<FlagSummary>
}

/**
 * Decides every context twice, and says who changes from what to what. It reads and writes nothing else, takes turns with
 * whatever else the process does, and holds no more than the counts and the examples, however many contexts there are.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Stream from "effect/Stream"
 * import * as Manifest from "rulestead/Manifest"
 * import * as Simulation from "rulestead/Simulation"
 *
 * const program = Effect.gen(function*() {
 *   const before = yield* Manifest.ofEnvironment("prod", { drafts: true })
 *   const { flags } = yield* Simulation.run({
 *     before,
 *     after: Manifest.publishDrafts(before, ["checkout"]),
 *     contexts: Stream.make({ targetingKey: "user-1" }, { targetingKey: "user-2" })
 *   })
 *   return flags.map(({ changed, flag }) => `${flag}: ${changed} of 2 change`)
 * })
 * ```
 *
 * @category simulating
 * @since 0.1.0
 */
export const run: <E = never, R = never>(options: Options<E, R>) => Effect.Effect<Summary, E, R> = Effect.fnUntraced(
  function*<E, R>({ after, before, contexts, examples = 5, flags, reveal = false }: Options<E, R>) {
    const comparisons = yield* compare(before, after, flags, { examples, reveal })
    let count = 0
    yield* Stream.runForEachArray(contexts, (some) =>
      Slices.forEach(some, (context) => {
        for (const comparison of comparisons) comparison.add(context, count)
        count++
        return undefined
      }))
    return { contexts: count, flags: comparisons.map((comparison) => comparison.summary()) }
  }
)
