import * as Layer from "effect/Layer"
import { Evidence } from "rulestead/Evidence"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { StoreBackend } from "rulestead/StoreBackend"
import * as Access from "./access.ts"
import * as Backend from "./backend.ts"
import type { Database } from "./database.ts"
import * as EvidenceRows from "./evidence.ts"
import * as Feed from "./feed.ts"

export const layer = (options: Backend.Options): Layer.Layer<Store | Publisher | SnapshotFeed | Evidence> =>
  // Fresh, because these are the same layers for every store, and would be shared with one that is around it.
  Layer.fresh(Layer.merge(Store.layer, Publisher.layer)).pipe(
    Layer.provide(StoreBackend.layer(() => Backend.make(options))),
    Layer.merge(layerFeed(options)),
    Layer.merge(Layer.sync(Evidence, () => EvidenceRows.make(Access.make(options))))
  )

export const layerFeed = (database: Database): Layer.Layer<SnapshotFeed> =>
  Layer.effect(SnapshotFeed, Feed.make(database))
