/**
 * Starting a client.
 *
 * @since 0.1.0
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as References from "effect/References"
import { refuse, type Violation } from "rulestead/InvalidInput"
import { Rulestead } from "rulestead/Rulestead"
import * as SnapshotBackupDisk from "rulestead/SnapshotBackupDisk"
import type { Options as CacheOptions } from "rulestead/SnapshotCache"
import * as RulesteadClient from "./RulesteadClient.ts"
import * as Source from "./Source.ts"

/**
 * The environment, where its flags come from (one of `url`, `directory`, `manifest`), and how to keep them current; see
 * `SnapshotCache.Options`.
 *
 * - `backup`: keeps the last good snapshot on disk; off unless given.
 * - `logLevel`: what is worth a line on standard error, default `Warn`.
 *
 * @category models
 * @since 0.1.0
 */
export type CreateOptions = Source.Source & CacheOptions & {
  readonly backup?: SnapshotBackupDisk.Options | undefined
  readonly logLevel?: LogLevel.LogLevel | undefined
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
  const { backup, cache, logLevel, source } = await Effect.runPromise(split(options))
  const node = Rulestead.layer(cache).pipe(Layer.provideMerge(Source.layer(source, cache.environment)))
  const backedUp = backup === undefined ? node : Layer.provide(node, disk(backup))
  return RulesteadClient.make(
    ManagedRuntime.make(Layer.provideMerge(backedUp, logging(logLevel ?? "Warn"))),
    cache.environment
  )
}

const logging = (level: LogLevel.LogLevel) =>
  Layer.merge(
    Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
    Layer.succeed(References.MinimumLogLevel, level)
  )

const disk = (options: SnapshotBackupDisk.Options) =>
  SnapshotBackupDisk.layer(options).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))

/** Which options are whose. What is nobody's goes to the cache, which refuses it. */
const split = Effect.fnUntraced(function*({ backup, logLevel, ...options }: CreateOptions) {
  const refused = refuse("options", options, [...sources(options)])
  if (refused !== undefined) return yield* refused
  if (options.url !== undefined) {
    const { directory: _, manifest: __, migrate, postgres, url, ...cache } = options
    return { backup, cache, logLevel, source: { migrate, postgres, url } satisfies Source.Source }
  }
  if (options.directory !== undefined) {
    const { directory, embedded, manifest: _, url: __, ...cache } = options
    return { backup, cache, logLevel, source: { directory, embedded } satisfies Source.Source }
  }
  const { directory: _, manifest, url: __, ...cache } = options
  return { backup, cache, logLevel, source: { manifest } satisfies Source.Source }
})

const sources = function*(options: object): Iterable<Violation> {
  const given = ["url", "directory", "manifest"].filter((name) => Object.hasOwn(options, name))
  if (given.length !== 1) {
    yield { path: [], rule: "source", allowed: "exactly one of url, directory and manifest" }
  }
}
