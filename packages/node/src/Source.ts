/**
 * Where a client gets its flags from.
 *
 * @since 0.1.0
 */
import type * as Embedded from "@rulestead/postgres/Embedded"
import type * as Postgres from "@rulestead/postgres/Postgres"
import type * as Layer from "effect/Layer"
import type { Evidence } from "rulestead/Evidence"
import type * as Manifest from "rulestead/Manifest"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import type { Store } from "rulestead/Store"
import { loaded } from "./internal/loaded.ts"
import type * as Memory from "./internal/memory.ts"

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
  readonly embedded?: undefined
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
  readonly migrate?: undefined
  readonly postgres?: undefined
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
  readonly migrate?: undefined
  readonly postgres?: undefined
  readonly directory?: undefined
  readonly embedded?: undefined
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
  | Layer.Error<ReturnType<typeof Postgres.layerMigrated>>
  | Layer.Error<ReturnType<typeof Embedded.layer>>
  | Layer.Error<ReturnType<typeof Memory.layer>>

/**
 * Loads no more than the source needs, and that when the layer is built.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  source: Source,
  environment: string
): Layer.Layer<Store | Publisher | SnapshotFeed | Evidence, SourceError> => {
  if (source.url !== undefined) return server(source)
  if (source.directory !== undefined) return embedded(source)
  return loaded(() => import("./internal/memory.ts"), (Memory) => Memory.layer(source.manifest, environment))
}

const server = ({ migrate, postgres, url }: ServerSource): ReturnType<typeof Postgres.layerMigrated> =>
  loaded(
    () => import("@rulestead/postgres/Postgres"),
    ({ layer, layerMigrated }) => (migrate === true ? layerMigrated : layer)({ ...postgres, url })
  )

const embedded = ({ directory, embedded }: DirectorySource) =>
  loaded(() => import("@rulestead/postgres/Embedded"), (Embedded) => Embedded.layer({ ...embedded, directory }))
