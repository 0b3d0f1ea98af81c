/**
 * Where a client gets its flags from.
 *
 * @since 0.1.0
 */
import * as Embedded from "@rulestead/postgres/Embedded"
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Evidence } from "rulestead/Evidence"
import * as Manifest from "rulestead/Manifest"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import type { Store } from "rulestead/Store"
import * as StoreMemory from "rulestead/StoreMemory"

/**
 * Flags of a Postgres server. The tables must be there: pass `migrate: true`, or migrate when you deploy. The other
 * settings are those of `Postgres.Options`.
 *
 * @category models
 * @since 0.1.0
 */
export interface ServerSource {
  readonly url: string
  readonly migrate?: boolean | undefined
  readonly postgres?: Omit<Postgres.Options, "url"> | undefined
  readonly directory?: undefined
  readonly manifest?: undefined
}

/**
 * Flags of an embedded store in a directory of this process alone.
 *
 * @category models
 * @since 0.1.0
 */
export interface DirectorySource {
  readonly directory: string
  readonly embedded?: Omit<Embedded.Options, "directory"> | undefined
  readonly url?: undefined
  readonly manifest?: undefined
}

/**
 * Flags that the application brings along, kept in memory: for the first minute, for tests and for scripts.
 *
 * @category models
 * @since 0.1.0
 */
export interface ManifestSource {
  readonly manifest: Manifest.Input
  readonly url?: undefined
  readonly directory?: undefined
}

/**
 * Exactly one of `url`, `directory` and `manifest`.
 *
 * @category models
 * @since 0.1.0
 */
export type Source = ServerSource | DirectorySource | ManifestSource

/**
 * How opening a source can fail.
 *
 * @category errors
 * @since 0.1.0
 */
export type SourceError =
  | Layer.Error<ReturnType<typeof server>>
  | Layer.Error<ReturnType<typeof Embedded.layer>>
  | Layer.Error<ReturnType<typeof memory>>

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  source: Source,
  environment: string
): Layer.Layer<Store | Publisher | SnapshotFeed | Evidence, SourceError> => {
  if (source.url !== undefined) return server(source)
  if (source.directory !== undefined) return Embedded.layer({ ...source.embedded, directory: source.directory })
  return memory(source.manifest, environment)
}

const server = ({ migrate, postgres, url }: ServerSource): ReturnType<typeof Postgres.layerMigrated> => {
  const options = { ...postgres, url }
  return migrate === true ? Postgres.layerMigrated(options) : Postgres.layer(options)
}

const memory = (manifest: Manifest.Input, environment: string) =>
  Layer.effectContext(
    Effect.tap(
      Effect.context<Store | Publisher | SnapshotFeed | Evidence>(),
      () => Manifest.apply(manifest, { environment })
    )
  ).pipe(Layer.provide(StoreMemory.layer()))
