/**
 * A store on a Postgres that runs inside this process, with its data in a directory: nothing to install or to operate.
 *
 * It is for development, for tests, and for programs with one process. The engine is PGlite: it shares the main thread,
 * takes about 200 MB of memory, and a few seconds to create its directory.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import type { Evidence } from "rulestead/Evidence"
import type { InvalidInput } from "rulestead/InvalidInput"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import type { Store } from "rulestead/Store"
import type { StoreUnavailable } from "rulestead/StoreError"
import type { DirectoryLocked, DirectoryUnusable } from "./DirectoryLock.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import * as Migrator from "./internal/migrator.ts"
import * as Pglite from "./internal/pglite.ts"
import * as Settings from "./internal/settings.ts"
import * as Stores from "./internal/stores.ts"
import type { SchemaTooNew } from "./SchemaTooNew.ts"

/**
 * - `directory`: where the data is, created when absent. Without one, the data is in memory and ends with the scope.
 * - `schema`: where the tables are, default `rulestead`: up to 63 letters, digits and `_`.
 * - `retention`: how many versions behind the head of a snapshot are remembered, default 1000. Whoever holds an older one
 *   is answered with all there is.
 * - `timeout`: how long a command or a fetch takes at most, default 1 minute.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly directory?: string | undefined
  readonly schema?: string | undefined
  readonly retention?: number | undefined
  readonly timeout?: Duration.Input | undefined
}

/**
 * Opens the directory for this process alone, until the scope closes, and migrates what is in it. Another owner, in this
 * process or another one, is told `DirectoryLocked`.
 *
 * **Example**
 *
 * ```ts
 * import * as Embedded from "@rulestead/postgres/Embedded"
 * import * as Effect from "effect/Effect"
 * import { Store } from "rulestead/Store"
 *
 * const environments = Store.use((store) => store.environments).pipe(
 *   Effect.provide(Embedded.layer({ directory: "./flags" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<
  Store | Publisher | SnapshotFeed | Evidence,
  InvalidInput | DirectoryLocked | DirectoryUnusable | EmbeddedPostgresError | SchemaTooNew | StoreUnavailable
> =>
  Layer.unwrap(Effect.gen(function*() {
    const settings = yield* Settings.resolve({
      subject: "embedded store options",
      options,
      known,
      defaults: { timeout: "1 minute" },
      violations: Settings.unless(isPath(options.directory), "directory", "the path of a directory")
    })
    const sql = yield* Pglite.make({ directory: options.directory }).pipe(
      // The engine fails in its own words; the client connects with its first statement.
      Effect.catchTag("SqlError", Effect.die)
    )
    const database = { sql, ...settings }
    yield* Migrator.migrate(database)
    return Stores.layer(database)
  })).pipe(Layer.provide(Reactivity.layer))

const known = { directory: true, schema: true, retention: true, timeout: true } satisfies Record<keyof Options, true>

const isPath = (directory: unknown): boolean =>
  directory === undefined || (typeof directory === "string" && directory.trim() !== "" && !directory.includes("\0"))
