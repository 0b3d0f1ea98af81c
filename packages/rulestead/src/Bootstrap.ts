/**
 * A snapshot that the application brings along, as a value or in a file: what a node serves until the store has answered,
 * and all it has where there is no store.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type { PlatformError } from "effect/PlatformError"
import * as Schema from "effect/Schema"
import * as InvalidInput from "./InvalidInput.ts"
import { Head, StoredEntry } from "./Snapshot.ts"
import { type Changes, type FeedError, SnapshotFeed } from "./SnapshotFeed.ts"

/**
 * A complete snapshot, as plain JSON. Whether its entries are those of its head is checked by the node that serves it, by
 * the digest, and by the signature if the node has keys.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Bootstrap = Schema.Struct({
  head: Head,
  complete: Schema.Literal(true),
  entries: Schema.Array(StoredEntry)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Bootstrap = typeof Bootstrap.Type

/**
 * The snapshot of an environment now, from the store: to be written to a file when an application is built or deployed.
 *
 * **Example**
 *
 * ```ts
 * import * as Postgres from "@rulestead/postgres/Postgres"
 * import * as Effect from "effect/Effect"
 * import * as Bootstrap from "rulestead/Bootstrap"
 *
 * const text = Effect.map(Bootstrap.ofEnvironment("prod"), Bootstrap.print).pipe(
 *   Effect.provide(Postgres.layerFeed({ url: "postgres://localhost/shop" }))
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofEnvironment = (environment: string): Effect.Effect<Changes, FeedError, SnapshotFeed> =>
  SnapshotFeed.use(({ changesSince }) => changesSince(environment, undefined))

/**
 * @category formatting
 * @since 0.1.0
 */
export const print = (snapshot: Changes): string => JSON.stringify(snapshot)

/**
 * Decodes what {@link print} made.
 *
 * @category decoding
 * @since 0.1.0
 */
export const parse = (text: string): Effect.Effect<Bootstrap, InvalidInput.InvalidInput> =>
  Effect.flatMap(readJson(text), decode)

/**
 * Reads a file that holds what {@link print} made.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { Rulestead } from "rulestead"
 * import * as Bootstrap from "rulestead/Bootstrap"
 *
 * const node = Layer.unwrap(
 *   Effect.map(Bootstrap.read("flags.snapshot.json"), (bootstrap) => Rulestead.layer({ environment: "prod", bootstrap }))
 * )
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const read = (
  path: string
): Effect.Effect<Bootstrap, InvalidInput.InvalidInput | PlatformError, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem.use((files) => files.readFileString(path)), parse)

const readJson = InvalidInput.readJson("bootstrap")

const decode = InvalidInput.decode("bootstrap", Bootstrap)
