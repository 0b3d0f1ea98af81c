/**
 * A store in memory that a manifest fills.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Evidence } from "rulestead/Evidence"
import * as Manifest from "rulestead/Manifest"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import type { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"

export const layer = (manifest: Manifest.Input, environment: string) =>
  Layer.effectContext(
    Effect.tap(
      Effect.context<Store | Publisher | SnapshotFeed | Evidence>(),
      () => Manifest.apply(manifest, { environment })
    )
  ).pipe(Layer.provide(StoreMemory.layer()))
