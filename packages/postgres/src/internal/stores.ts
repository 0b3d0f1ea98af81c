import * as Layer from "effect/Layer"
import { Publisher } from "rulestead/Publisher"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import { Store } from "rulestead/Store"
import { StoreBackend } from "rulestead/StoreBackend"
import * as Backend from "./backend.ts"
import type { Database } from "./database.ts"
import * as Feed from "./feed.ts"

export const layer = (options: Backend.Options): Layer.Layer<Store | Publisher | SnapshotFeed> =>
  Layer.merge(Store.layer, Publisher.layer).pipe(
    Layer.provide(Layer.sync(StoreBackend, () => Backend.make(options))),
    Layer.merge(layerFeed(options))
  )

export const layerFeed = (database: Database): Layer.Layer<SnapshotFeed> =>
  Layer.effect(SnapshotFeed, Feed.make(database))
