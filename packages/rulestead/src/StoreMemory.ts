/**
 * A store in the memory of the process: for tests, for examples, and for applications that author what they serve.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { Evidence } from "./Evidence.ts"
import { observeBackend } from "./internal/commandTelemetry.ts"
import * as Backend from "./internal/memory/backend.ts"
import * as EvidenceRows from "./internal/memory/evidence.ts"
import * as Feed from "./internal/memory/feed.ts"
import * as Tables from "./internal/memory/tables.ts"
import * as Transactions from "./internal/memory/transactions.ts"
import { Publisher } from "./Publisher.ts"
import { SnapshotFeed } from "./SnapshotFeed.ts"
import { Store } from "./Store.ts"
import { StoreBackend } from "./StoreBackend.ts"

/**
 * - `retention`: how many versions of a snapshot are remembered, default 1000. Whoever holds an older one is answered
 *   with all there is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly retention?: number | undefined
}

/**
 * An empty store of its own, with an epoch of its own. Transactions run one after another, and a commit costs what
 * it changes. Build it once and share it: every layer made here is another store.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { Store } from "rulestead/Store"
 * import * as StoreMemory from "rulestead/StoreMemory"
 *
 * const created = Store.use((store) => store.createEnvironment({ key: "prod", name: "Production" })).pipe(
 *   Effect.provide(StoreMemory.layer())
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options?: Options): Layer.Layer<Store | Publisher | SnapshotFeed | Evidence> =>
  // Fresh, because these are the same layers for every store, and would be shared with one that is around it.
  Layer.fresh(Layer.merge(Store.layer, Publisher.layer)).pipe(Layer.provideMerge(layerBackend(options)))

/**
 * As {@link layer}, without the commands: what they stand on, and the read side.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerBackend = (options?: Options): Layer.Layer<StoreBackend | SnapshotFeed | Evidence> =>
  Layer.effectContext(make(options?.retention ?? 1000))

const make = Effect.fnUntraced(function*(retention: number) {
  const epoch = `memory-${yield* Random.nextInt}`
  const transactions = yield* Transactions.make(epoch, Tables.empty, Feed.announce)
  const backend = yield* observeBackend(Backend.make(transactions, { epoch, retention }))
  return Context.make(StoreBackend, backend).pipe(
    Context.add(SnapshotFeed, Feed.make(transactions.committed, retention)),
    Context.add(Evidence, EvidenceRows.make(transactions.committed))
  )
})
