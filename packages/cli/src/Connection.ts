/** The store that a command works on, opened when its handler starts and closed when it has ended. */
import type { DirectoryLocked, DirectoryUnusable } from "@rulestead/postgres/DirectoryLock"
import type { EmbeddedPostgresError } from "@rulestead/postgres/EmbeddedPostgresError"
import type { SchemaTooNew } from "@rulestead/postgres/SchemaTooNew"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Current } from "rulestead/Actor"
import type { Evidence } from "rulestead/Evidence"
import type { InvalidInput } from "rulestead/InvalidInput"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import type { Store } from "rulestead/Store"
import type { StoreUnavailable } from "rulestead/StoreError"
import * as Nearby from "./Nearby.ts"
import * as Progress from "./output/progress.ts"
import * as Settings from "./Settings.ts"

export type Services = Store | Publisher | SnapshotFeed | Evidence

export type OpenError =
  | DirectoryLocked
  | DirectoryUnusable
  | EmbeddedPostgresError
  | InvalidInput
  | SchemaTooNew
  | StoreUnavailable

/** How stores are opened. The drivers are heavy, and loaded only here. */
export const Opener = Context.Reference<
  (settings: Settings.StoreSettings) => Effect.Effect<Layer.Layer<Services, OpenError>>
>("rulestead/cli/Opener", {
  defaultValue: () => (settings) =>
    settings._tag === "Server"
      ? Effect.map(
        Effect.promise(() => import("@rulestead/postgres/Postgres")),
        ({ layer }) => layer({ url: settings.url, schema: settings.schema, maxConnections: 4 })
      )
      : Effect.map(
        Effect.promise(() => import("@rulestead/postgres/Embedded")),
        ({ layer }) => layer({ directory: settings.directory, schema: settings.schema })
      )
})

/**
 * The services of the store that was chosen; what is written is written as the actor that was chosen, and signed if
 * `RULESTEAD_SIGNING_KEY` is set.
 */
export const layer = Layer.unwrap(Effect.gen(function*() {
  const open = yield* Opener
  const actor = yield* Settings.actor
  const store = Layer.provide(yield* open(yield* Settings.store), SnapshotSigning.layerConfig)
  const opened = Layer.effectContext(Progress.show("Opening the store", () => Layer.build(store)))
  return Layer.merge(Layer.provideMerge(Nearby.looking, opened), Layer.succeed(Current, actor))
}))
