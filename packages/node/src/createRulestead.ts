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
import { refuse, type Violation } from "rulestead/InvalidInput"
import { Rulestead } from "rulestead/Rulestead"
import type * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import type { Options as CacheOptions } from "rulestead/SnapshotCache"
import * as SnapshotSigning from "rulestead/SnapshotSigning"
import { Telemetry } from "rulestead/Telemetry"
import { type Options as UsageOptions, UsageReporter } from "rulestead/UsageReporter"
import { loaded } from "./internal/loaded.ts"
import * as RulesteadClient from "./RulesteadClient.ts"
import * as Source from "./Source.ts"

/**
 * The environment, where its flags come from (one of `url`, `directory`, `manifest`), and how to keep them current; see
 * `SnapshotCache.Options`.
 *
 * - `backup`: keeps the last good snapshot on disk; off unless given.
 * - `bootstrapFile`: a file that holds a snapshot (see `rulestead/Bootstrap`), served until there is a better one. Where it
 *   cannot be read, the client starts without, and says so in the log. Not together with `bootstrap`, the same as a value.
 * - `sign`: signs what this client applies; see `SnapshotSigning`. What is signed can be applied to with a key only. To
 *   serve nothing but what is signed is the option `verify` of the cache.
 * - `logLevel`: what is worth a line on standard error, default `Warn`.
 * - `observer`: is told of every decision; see `rulestead/DecisionObserver`.
 * - `usage`: tells the store which answers are served, so that people see which flags are still needed; `true`, or the
 *   options of `rulestead/UsageReporter`. Off unless given: it writes to the store.
 *
 * @category models
 * @since 0.1.0
 */
export type CreateOptions = Source.Source & CacheOptions & {
  readonly backup?: SnapshotBackupDisk.Options | undefined
  readonly bootstrapFile?: string | undefined
  readonly sign?: SnapshotSigning.Options | undefined
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
    split(options)
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

const nodeOf = (cache: CacheOptions, bootstrapFile: string | undefined) =>
  bootstrapFile === undefined
    ? Rulestead.layer(cache)
    : Layer.unwrap(Effect.map(readBootstrap(bootstrapFile), (bootstrap) => Rulestead.layer({ ...cache, bootstrap })))

const readBootstrap = (file: string) =>
  Effect.flatMap(Effect.promise(() => import("./internal/disk.ts")), (Disk) => Disk.readBootstrap(file))

const reporter = (usage: UsageOptions, { background }: CacheOptions) => UsageReporter.layer({ ...usage, background })

const watching = (level: LogLevel.LogLevel) =>
  Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
    Layer.succeed(References.MinimumLogLevel, level),
    Layer.sync(Metric.MetricRegistry, () => new Map()),
    Telemetry.layer()
  )

const disk = (options: SnapshotBackupDisk.Options) =>
  loaded(() => import("./internal/disk.ts"), (Disk) => Disk.backup(options))

/** Which options are whose. What is nobody's goes to the cache, which refuses it. */
const split = Effect.fnUntraced(function*(given: CreateOptions) {
  const { backup, bootstrapFile, logLevel, observer, sign, usage, ...options } = given
  const own = { backup, bootstrapFile, logLevel, observer, sign, usage }
  const refused = refuse("options", given, [...contradictions(given)])
  if (refused !== undefined) return yield* refused
  if (options.url !== undefined) {
    const { directory: _, manifest: __, migrate, postgres, url, ...cache } = options
    return { ...own, cache, source: { migrate, postgres, url } satisfies Source.Source }
  }
  if (options.directory !== undefined) {
    const { directory, embedded, manifest: _, url: __, ...cache } = options
    return { ...own, cache, source: { directory, embedded } satisfies Source.Source }
  }
  const { directory: _, manifest, url: __, ...cache } = options
  return { ...own, cache, source: { manifest } satisfies Source.Source }
})

const contradictions = function*(options: object): Iterable<Violation> {
  const given = ["url", "directory", "manifest"].filter((name) => Object.hasOwn(options, name))
  if (given.length !== 1) {
    yield { path: [], rule: "source", allowed: "exactly one of url, directory and manifest" }
  }
  if (Object.hasOwn(options, "bootstrap") && Object.hasOwn(options, "bootstrapFile")) {
    yield { path: ["bootstrapFile"], rule: "bootstrap", allowed: "a bootstrap as a value or as a file, not both" }
  }
}
