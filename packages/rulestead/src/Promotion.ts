/**
 * What one environment does, brought to another.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Change } from "./Change.ts"
import type { Finding } from "./Finding.ts"
import * as Comparing from "./internal/manifest/comparing.ts"
import type { InvalidInput } from "./InvalidInput.ts"
import { EnvironmentKey, FlagKey } from "./Key.ts"
import * as Manifest from "./Manifest.ts"
import type { ReadError, Store } from "./Store.ts"

const Source = Schema.Union([EnvironmentKey, Manifest.Manifest])

const no = Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))

const inferredPromotion = Schema.Struct({
  from: Source,
  flags: Schema.optionalKey(Schema.Array(FlagKey)),
  killSwitches: no,
  shared: no,
  salts: Schema.Literals(["target", "source"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("target" as const)))
})

type InferredPromotion = typeof inferredPromotion

/**
 * The type of {@link Promotion}, under a name, so that types which contain it stay short.
 *
 * @category schemas
 * @since 0.1.0
 */
export interface PromotionSchema extends InferredPromotion {}

/**
 * - `from`: the key of an environment of the same store, or a manifest, as one exported from another store.
 * - `flags`: the keys of those to bring; left out, all that are live in the source.
 * - `killSwitches`: engage and release kill switches, too, as in the source; default `false`.
 * - `shared`: bring what belongs to all environments, too: the flags themselves with their details, and audiences;
 *   default `false`. It matters only for a manifest, because environments of one store share them anyway.
 * - `salts`: whose salts rules have that both sides have. With `target`, the default, nobody there changes buckets; with
 *   `source`, everybody gets the bucket that they have in the source.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Promotion: PromotionSchema = inferredPromotion

/**
 * @category models
 * @since 0.1.0
 */
export type Promotion = typeof Promotion.Type

/**
 * Two environments, side by side.
 *
 * - `changes`: what would make `to` do what `from` does. Flags and audiences that only `to` has are `removed`.
 * - `equal`: the keys of the flags that do the same in both.
 *
 * @category models
 * @since 0.1.0
 */
export interface Comparison {
  readonly changes: ReadonlyArray<Change>
  readonly equal: ReadonlyArray<string>
  readonly findings: ReadonlyArray<Finding>
}

/**
 * Compares what two environments do, each given by its key or as a manifest. Version numbers, times and the order of
 * fields mean nothing; salts do, because they say who is in. Drafts are not compared; that there is one is a finding.
 *
 * @category comparing
 * @since 0.1.0
 */
export const compare: (sides: {
  readonly from: string | Manifest.Manifest
  readonly to: string | Manifest.Manifest
}) => Effect.Effect<Comparison, InvalidInput | ReadError, Store> = Effect.fn("Promotion.compare")(
  function*({ from, to }) {
    return Comparing.compare(yield* Comparing.side(from), yield* Comparing.side(to))
  }
)
