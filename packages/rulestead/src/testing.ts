/**
 * Flags under test: decided beforehand, or by the real evaluator over flags in memory. No database, no network, and no
 * waiting: time is the test's, as `Clock` says.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Reason } from "./Decision.ts"
import * as Decisions from "./internal/decisions.ts"
import * as Service from "./internal/service.ts"
import { Forced } from "./internal/testing/decidedFlag.ts"
import { overridden } from "./internal/testing/overridden.ts"
import { Recorder, Unexpected } from "./internal/testing/recorder.ts"
import * as InvalidInput from "./InvalidInput.ts"
import * as Manifest from "./Manifest.ts"
import type { Publisher } from "./Publisher.ts"
import { Rulestead } from "./Rulestead.ts"
import { type Options as CacheOptions, SnapshotCache } from "./SnapshotCache.ts"
import type { SnapshotFeed } from "./SnapshotFeed.ts"
import type { Store } from "./Store.ts"
import * as StoreMemory from "./StoreMemory.ts"
import type { Value } from "./Value.ts"
import type { ErrorCode } from "./Vocabulary.ts"

/**
 * What a flag is to be decided as: its value, or more than that, as {@link forced} says.
 *
 * @category models
 * @since 0.1.0
 */
export type Decided = Value | Forced

/**
 * What each flag is to be decided as, by key.
 *
 * @category models
 * @since 0.1.0
 */
export interface Flags {
  readonly [flag: string]: Decided
}

/**
 * One question, and what the answer was: the reason of the decision, or why there was none.
 *
 * @category models
 * @since 0.1.0
 */
export interface Asked {
  readonly flag: string
  readonly reason: Reason | ErrorCode
  readonly variant: string | null
}

/**
 * - `unexpected` (`fail`): what to do about a question that the test did not foresee: for a flag that there is not, for a
 *   value of another type than the flag's, and by a definition that the flag does not fit. `fail` throws
 *   {@link Unexpected}, in an effect as a defect; `default` answers as in production.
 * - `flags`: flags that are decided beforehand, beside those of the manifest or in their place.
 * - the others: see `SnapshotCache.Options`; the environment is `test`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options extends Partial<CacheOptions> {
  readonly unexpected?: "fail" | "default" | undefined
  readonly flags?: Flags | undefined
  /** @internal */
  readonly scoped?: (() => Flags) | undefined
}

export {
  /**
   * A question that the test did not foresee.
   *
   * @category errors
   * @since 0.1.0
   */
  Unexpected
}

/**
 * A decision with its variant, and its reason if it is not to be `rule_match`.
 *
 * **Example**
 *
 * ```ts
 * import * as Testing from "rulestead/testing"
 *
 * const TestFlags = Testing.layer({
 *   "new-checkout": true,
 *   banner: Testing.forced("Sale!", { variant: "loud" }),
 *   search: Testing.forced(false, { reason: "killed" })
 * })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const forced = (
  value: Value,
  by: { readonly variant?: string | undefined; readonly reason?: Reason | undefined } = {}
): Decided => new Forced(value, by.variant ?? null, by.reason ?? "rule_match")

/**
 * What a test does with its flags, beside asking for them.
 *
 * - `set`: decides a flag, for everybody from now on; also for services that took `Rulestead` before.
 * - `reset`: takes all of that back, and forgets what was asked.
 * - `asked`: what was asked so far, in order. Not `explain` and `decisions`.
 *
 * @category services
 * @since 0.1.0
 */
export class TestFlags extends Context.Service<TestFlags, {
  readonly set: (flag: string, decided: Decided) => Effect.Effect<void>
  readonly reset: Effect.Effect<void>
  readonly asked: Effect.Effect<ReadonlyArray<Asked>>
  /** @internal */
  readonly with: (flag: string, decided: Decided) => Context.Context<Rulestead | TestFlags>
}>()("rulestead/testing/TestFlags") {}

/**
 * Flags that are decided as the test says, whatever the context.
 *
 * **Example**
 *
 * ```ts
 * import { assert, it } from "@effect/vitest"
 * import * as Effect from "effect/Effect"
 * import { Rulestead } from "rulestead"
 * import * as Testing from "rulestead/testing"
 *
 * it.effect("shows the new checkout", () =>
 *   Effect.gen(function*() {
 *     assert.isTrue(yield* Rulestead.enabled("new-checkout", {}))
 *   }).pipe(Effect.provide(Testing.layer({ "new-checkout": true }))))
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  flags: Flags,
  options: Options = {}
): Layer.Layer<Rulestead | SnapshotCache | TestFlags | Store | Publisher | SnapshotFeed> =>
  layerManifest({ schemaVersion: 1, flags: [] }, { ...options, flags })

/**
 * The flags of a manifest, published in a store in memory and decided by a real node. `Store` and `Publisher` change
 * them; `Rulestead.refresh` then looks at once.
 *
 * A manifest or an option that is refused makes the layer die.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerManifest = (
  manifest: Manifest.Input,
  { flags = {}, scoped = () => ({}), unexpected = "fail", ...given }: Options = {}
): Layer.Layer<Rulestead | SnapshotCache | TestFlags | Store | Publisher | SnapshotFeed> => {
  const options: CacheOptions = { environment: "test", ...given }
  const published = Layer.effectDiscard(Manifest.apply(manifest, { environment: options.environment })).pipe(
    Layer.provideMerge(StoreMemory.layer())
  )
  return Layer.effectContext(make(flags, scoped, unexpected)).pipe(
    Layer.provideMerge(SnapshotCache.layer(options)),
    Layer.provideMerge(published),
    Layer.orDie
  )
}

/**
 * Decides a flag for as long as an effect runs, and for nobody else: tests that run at the same time do not meet. A
 * service that took `Rulestead` before, and not from the context of that effect, does not see it; see `TestFlags.set`.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Rulestead } from "rulestead"
 * import * as Testing from "rulestead/testing"
 *
 * const price = Effect.map(Rulestead.enabled("sale"), (isSale) => isSale ? 8 : 10)
 *
 * const both = Effect.all([price, price.pipe(Testing.withFlag("sale", true))]) // [10, 8]
 *
 * const program = Effect.provide(both, Testing.layer({ sale: false }))
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const withFlag =
  (flag: string, decided: Decided) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, Rulestead | TestFlags> | TestFlags> =>
    Effect.flatMap(TestFlags, (flags) => Effect.provide(self, flags.with(flag, decided)))

const decodeUnexpected = InvalidInput.decode(
  "options",
  Schema.Struct({ unexpected: Schema.Literals(["fail", "default"]) })
)

const make = Effect.fnUntraced(function*(flags: Flags, scoped: () => Flags, unexpected: "fail" | "default") {
  yield* decodeUnexpected({ unexpected })
  const recorder = new Recorder(unexpected)
  const cache = yield* SnapshotCache
  const services = yield* Effect.context()
  const base = Object.entries(flags)
  const set = new Map<string, Decided>()

  const withFlags = (own: Flags): Context.Context<Rulestead | TestFlags> => {
    const decided = () => new Map([...base, ...set, ...Object.entries(scoped()), ...Object.entries(own)])
    const unsafe = Decisions.make({ ...cache, ...overridden(cache, decided) }, recorder.observer)
    return Context.make(Rulestead, Service.make(cache, unsafe, services)).pipe(
      Context.add(TestFlags, {
        set: (flag, decided) => Effect.sync(() => void set.set(flag, decided)),
        reset: Effect.sync(() => {
          set.clear()
          recorder.forget()
        }),
        asked: Effect.sync(() => recorder.asked),
        with: (flag, decided) => withFlags({ ...own, [flag]: decided })
      })
    )
  }
  return withFlags({})
})
