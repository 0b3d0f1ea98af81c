/**
 * Starting a client.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import { DecisionObserver } from "rulestead/DecisionObserver"
import { Rulestead } from "rulestead/Rulestead"
import type * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import * as SnapshotCache from "rulestead/SnapshotCache"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Telemetry } from "rulestead/Telemetry"
import { type Options as UsageOptions, UsageReporter } from "rulestead/UsageReporter"
import { loaded } from "./internal/loaded.ts"
import { split } from "./internal/options.ts"
import * as RulesteadClient from "./RulesteadClient.ts"
import type { SigningKey } from "./SigningKey.ts"
import * as Source from "./Source.ts"

/**
 * See `SnapshotBackupDisk.Options`. The secret part of `key` may be plain text.
 *
 * @category models
 * @since 0.1.0
 */
export interface BackupOptions extends Omit<SnapshotBackupDisk.Options, "key"> {
  readonly key?: SigningKey | undefined
}

/**
 * - `key`: signs; it needs its secret or private half, which may be plain text.
 * - `previous`: keys whose snapshots are gone on from as well, while one key takes the place of another.
 *
 * @category models
 * @since 0.1.0
 */
export interface SigningOptions {
  readonly key: SigningKey
  readonly previous?: ReadonlyArray<SigningKey> | undefined
}

/**
 * The environment, where its flags come from (one of `url`, `directory`, `manifest`), and how to keep them current; see
 * `SnapshotCache.Options`.
 *
 * An option that is `undefined` counts as left out.
 *
 * - `backup`: keeps the last good snapshot on disk; off unless given.
 * - `bootstrapFile`: a file that holds a snapshot (see `rulestead/Bootstrap`), served until there is a better one. Where it
 *   cannot be read, the client starts without, and says so in the log. Not together with `bootstrap`, the same as a value.
 * - `sign`: signs what this client applies; see `SnapshotSigning`. What is signed can be applied to with a key only. To
 *   serve nothing but what is signed is the option `verify` of the cache.
 * - `logLevel`: what is worth a line on standard error: `All`, `Trace`, `Debug`, `Info`, `Warn` (the default), `Error`,
 *   `Fatal` or `None`.
 * - `observer`: is told of every decision; see `rulestead/DecisionObserver`.
 * - `usage`: tells the store which answers are served, so that people see which flags are still needed; `true`, or the
 *   options of `rulestead/UsageReporter`. Off unless given: it writes to the store.
 *
 * @category models
 * @since 0.1.0
 */
export type CreateOptions = Source.Source & Omit<SnapshotCache.Options, "verify"> & {
  readonly verify?: ReadonlyArray<SigningKey> | undefined
  readonly backup?: BackupOptions | undefined
  readonly bootstrapFile?: string | undefined
  readonly sign?: SigningOptions | undefined
  readonly logLevel?: LogLevel.LogLevel | undefined
  readonly observer?: DecisionObserver["Service"] | undefined
  readonly usage?: boolean | Omit<UsageOptions, "background"> | undefined
}

/**
 * Starts a node and resolves when it has its first snapshot, or after `bootTimeout` (5 seconds) with what there is; see
 * `readiness`. An unreachable server does not make it reject, unless `migrate` needs it; wrong options and a locked
 * directory do, with a typed error.
 *
 * **Example**
 *
 * ```ts
 * import { createRulestead } from "@rulestead/node"
 *
 * await using rulestead = await createRulestead({ environment: "prod", url: "postgres://localhost/shop" })
 * if (rulestead.enabled("checkout-redesign", { targetingKey: "user-123" })) {
 *   console.log("the new checkout")
 * }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const createRulestead = async (options: CreateOptions): Promise<RulesteadClient.RulesteadClient> => {
  const { backup, bootstrapFile, cache, logLevel, observer, sign, source, usage } = await Effect.runPromise(
    Effect.tap(split(options), ({ cache }) => SnapshotCache.check(cache))
  )
  const store = Source.layer(source, cache.environment)
  const signing = sign === undefined ? store : Layer.provide(store, SnapshotSigning.layer(sign))
  const node = nodeOf(cache, bootstrapFile).pipe(Layer.provideMerge(signing))
  const observed = observer === undefined ? node : Layer.provide(node, Layer.succeed(DecisionObserver, observer))
  const backedUp = backup === undefined ? observed : Layer.provide(observed, disk(backup))
  const reporting = usage === undefined || usage === false
    ? backedUp
    : Layer.provideMerge(reporter(usage === true ? {} : usage, cache), backedUp)
  return RulesteadClient.make(
    ManagedRuntime.make(Layer.provideMerge(reporting, watching(logLevel ?? "Warn"))),
    cache.environment
  )
}

const nodeOf = (cache: SnapshotCache.Options, bootstrapFile: string | undefined) =>
  bootstrapFile === undefined
    ? Rulestead.layer(cache)
    : Layer.unwrap(Effect.map(readBootstrap(bootstrapFile), (bootstrap) => Rulestead.layer({ ...cache, bootstrap })))

const readBootstrap = (file: string) =>
  Effect.flatMap(Effect.promise(() => import("./internal/disk.ts")), (Disk) => Disk.readBootstrap(file))

const reporter = (usage: UsageOptions, { background }: SnapshotCache.Options) =>
  UsageReporter.layer({ ...usage, background })

const watching = (level: LogLevel.LogLevel) =>
  Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
    Layer.succeed(References.MinimumLogLevel, level),
    Layer.sync(Metric.MetricRegistry, () => new Map()),
    Telemetry.layer()
  )

const disk = (options: SnapshotBackupDisk.Options) =>
  loaded(() => import("./internal/disk.ts"), (Disk) => Disk.backup(options))
