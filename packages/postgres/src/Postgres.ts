/**
 * Stores on a Postgres server, 15 or newer.
 *
 * The tables are in a schema of their own, which {@link migrate} creates and brings up to date; nothing else in the database
 * is touched, and no extension is needed. Applications that only decide need {@link layerFeed} and no right but to read.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Evidence } from "rulestead/Evidence"
import type { InvalidInput } from "rulestead/InvalidInput"
import type { Publisher } from "rulestead/Publisher"
import type { SnapshotFeed } from "rulestead/SnapshotFeed"
import type { Store } from "rulestead/Store"
import type { StoreUnavailable } from "rulestead/StoreError"
import * as Address from "./internal/address.ts"
import * as Client from "./internal/client.ts"
import type { Database } from "./internal/database.ts"
import * as Migrator from "./internal/migrator.ts"
import * as SchemaVersion from "./internal/schemaVersion.ts"
import * as Settings from "./internal/settings.ts"
import * as Stores from "./internal/stores.ts"
import type { SchemaTooNew } from "./SchemaTooNew.ts"

/**
 * How a server proves who it is. Its certificate is always verified: that it is signed by somebody who is trusted, and that
 * it is for this server.
 *
 * - `ca`: the certificates that are trusted, in PEM, instead of those that come with Node.js. One that a server signed
 *   itself is trusted if it is here.
 * - `servername`: for whom the certificate has to be, where that is not the host of the URL.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ssl {
  readonly ca?: string | ReadonlyArray<string> | undefined
  readonly servername?: string | undefined
}

/**
 * - `url`: as `postgres://user:password@host:5432/database?sslmode=verify-full`. Its parameters may be `host`, `port`,
 *   `user`, `password`, `dbname`, `application_name`, `options`, `connect_timeout` (seconds), `sslmode` and `sslrootcert`;
 *   others are refused.
 * - `ssl`: whether to encrypt, default what `sslmode` says, and not where it says nothing. With it, as with the modes
 *   `require`, `verify-ca` and `verify-full` alike, nothing is sent unless the server has proved who it is; see {@link Ssl}.
 * - `schema`: where the tables are, default `rulestead`: up to 63 letters, digits and `_`.
 * - `retention`: how many versions behind the head of a snapshot are remembered, default 1000. A node that holds an older
 *   one is answered with all there is.
 * - `maxConnections`: default 10, at least 2, because all who listen for announcements keep one. The others are opened when
 *   something is asked, and closed a moment after the answer.
 * - `connectTimeout`: default what `connect_timeout` in the URL says, or 3 seconds.
 * - `statementTimeout`, `lockTimeout`: how long the server works on a statement, and waits for a lock; default 5 and 3
 *   seconds.
 * - `timeout`: how long a command or a fetch takes at most, default 10 seconds. It holds against a server that accepts
 *   connections and does not answer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly url: Redacted.Redacted | string
  readonly ssl?: boolean | Ssl | undefined
  readonly schema?: string | undefined
  readonly retention?: number | undefined
  readonly maxConnections?: number | undefined
  readonly connectTimeout?: Duration.Input | undefined
  readonly statementTimeout?: Duration.Input | undefined
  readonly lockTimeout?: Duration.Input | undefined
  readonly timeout?: Duration.Input | undefined
}

/**
 * Everything that a program needs to author, publish and decide.
 *
 * It connects when it is first asked, so building it does not fail when the server is away; wrong options do fail. It does
 * not migrate: until somebody did, commands and fetches fail as `incompatible`.
 *
 * **Example**
 *
 * ```ts
 * import * as Postgres from "@rulestead/postgres/Postgres"
 * import * as Effect from "effect/Effect"
 * import { Store } from "rulestead/Store"
 *
 * const environments = Store.use((store) => store.environments).pipe(
 *   Effect.provide(Postgres.layer({ url: "postgres://localhost/shop" }))
 * )
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<Store | Publisher | SnapshotFeed | Evidence, InvalidInput> =>
  Layer.unwrap(Effect.map(connect(options), Stores.layer))

/**
 * As {@link layer}, and migrates first: for development, and where the application may change its tables.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMigrated = (
  options: Options
): Layer.Layer<Store | Publisher | SnapshotFeed | Evidence, InvalidInput | SchemaTooNew | StoreUnavailable> =>
  Layer.unwrap(Effect.as(migrate(options), layer(options)))

/**
 * What a node needs that only decides. It reads the tables `migrations`, `snapshot_heads` and `snapshot_entries`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerFeed = (options: Options): Layer.Layer<SnapshotFeed, InvalidInput> =>
  Layer.unwrap(Effect.map(connect(options), Stores.layerFeed))

/**
 * As {@link layer}, with the options of {@link config}.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerConfig: Layer.Layer<Store | Publisher | SnapshotFeed | Evidence, InvalidInput | Config.ConfigError> =
  Layer
    .unwrap(
      Effect.suspend(() => Effect.map(config, layer))
    )

/**
 * Options from the environment: `DATABASE_URL`, and, if they are set, `RULESTEAD_SCHEMA`, `RULESTEAD_RETENTION`,
 * `RULESTEAD_MAX_CONNECTIONS` and `RULESTEAD_TIMEOUT` (as `10 seconds`).
 *
 * @category configuration
 * @since 0.1.0
 */
export const config: Config.Config<Options> = Config.all({
  url: Config.Redacted("DATABASE_URL"),
  schema: Config.option(Config.String("RULESTEAD_SCHEMA")),
  retention: Config.option(Config.Int("RULESTEAD_RETENTION")),
  maxConnections: Config.option(Config.Int("RULESTEAD_MAX_CONNECTIONS")),
  timeout: Config.option(Config.Duration("RULESTEAD_TIMEOUT"))
}).pipe(
  Config.map(({ maxConnections, retention, schema, timeout, url }) => ({
    url,
    schema: Option.getOrUndefined(schema),
    retention: Option.getOrUndefined(retention),
    maxConnections: Option.getOrUndefined(maxConnections),
    timeout: Option.getOrUndefined(timeout)
  }))
)

/**
 * The versions of the schema before (0: there was none) and after migrating.
 *
 * @category models
 * @since 0.1.0
 */
export interface Migrated {
  readonly from: number
  readonly to: number
}

/**
 * Creates the schema, or brings it up to date: all that is missing in one transaction, or nothing. Any number of nodes may do
 * it at once; where nothing is missing, nothing changes, and neither does it in a newer schema that this code may write.
 * `timeout` is one minute by default here.
 *
 * @category migrations
 * @since 0.1.0
 */
export const migrate: (
  options: Options
) => Effect.Effect<Migrated, InvalidInput | SchemaTooNew | StoreUnavailable> = Effect.fn("Postgres.migrate")(
  function*(options) {
    const database = yield* connect({ ...options, timeout: options.timeout ?? "1 minute", maxConnections: 2 })
    return yield* Migrator.migrate(database)
  },
  Effect.scoped
)

/**
 * The version of the schema in the database (0: there is none), and the one that this code migrates to. Nothing is
 * changed.
 *
 * @category migrations
 * @since 0.1.0
 */
export const schemaVersion: (
  options: Options
) => Effect.Effect<{ readonly database: number; readonly code: number }, InvalidInput | StoreUnavailable> = Effect.fn(
  "Postgres.schemaVersion"
)(
  function*(options) {
    const database = yield* connect({ ...options, maxConnections: 2 })
    return yield* SchemaVersion.read(database)
  },
  Effect.scoped
)

const connect = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Database & Settings.Settings, InvalidInput, Scope.Scope> {
  const { lockTimeout = "3 seconds", maxConnections = 10, ssl, statementTimeout = "5 seconds" } = options
  const url = Redacted.isRedacted(options.url) ? options.url : Redacted.make(options.url, { label: "DATABASE_URL" })
  const given = yield* Address.read(Redacted.value(url))
  const settings = yield* Settings.resolve({
    subject: "Postgres options",
    options,
    shown: given.url === undefined ? options : { ...options, url: Object.fromEntries(given.url.searchParams) },
    known,
    defaults: { timeout: "10 seconds" },
    violations: [
      ...Address.violations(given, ssl),
      ...Settings.positive("maxConnections", maxConnections, 2),
      ...Settings.duration("connectTimeout", options.connectTimeout ?? "3 seconds"),
      ...Settings.duration("statementTimeout", statementTimeout),
      ...Settings.duration("lockTimeout", lockTimeout)
    ]
  })
  const address = Address.make(new URL(Redacted.value(url)), given, ssl)
  const sql = yield* Client.make({
    url,
    address,
    maxConnections,
    connectTimeout: options.connectTimeout ?? address.connectTimeout,
    startupParameters: {
      default_transaction_isolation: "read committed",
      // Everything is looked up by key: planning again for other values finds nothing better.
      plan_cache_mode: "force_generic_plan",
      statement_timeout: milliseconds(statementTimeout),
      lock_timeout: milliseconds(lockTimeout),
      idle_in_transaction_session_timeout: milliseconds(settings.timeout)
    }
  })
  return { sql, ...settings }
})

const known = {
  url: true,
  ssl: true,
  schema: true,
  retention: true,
  maxConnections: true,
  connectTimeout: true,
  statementTimeout: true,
  lockTimeout: true,
  timeout: true
} satisfies Record<keyof Options, true>

const milliseconds = (duration: Duration.Input): string => `${Math.ceil(Duration.toMillis(duration))}`
