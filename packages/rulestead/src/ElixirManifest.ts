/**
 * Manifests that Elixir Rulestead exported (`mix rulestead.export`), so that a team can bring its flags over with every
 * user in the same bucket.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Finding } from "./Finding.ts"
import { fieldOf } from "./internal/document.ts"
import { convert } from "./internal/elixir/convert.ts"
import { type InvalidInput, readJson, refuse, type Violation } from "./InvalidInput.ts"
import type { Manifest } from "./Manifest.ts"

/**
 * - `audiences`: the rows of Elixir's table `audiences` as JSON, each with `key`, `definition` and, if there are any,
 *   `description` and `archived_at`. Its export leaves them out.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly audiences?: ReadonlyArray<unknown> | undefined
}

/**
 * - `environment`: the key of the environment that was exported.
 * - `findings`: an error for every flag that is not in `manifest`, because its decisions could not be the same; a warning
 *   for whatever else could not be carried over. Paths are those of Elixir's document.
 *
 * @category models
 * @since 0.1.0
 */
export interface Converted {
  readonly manifest: Manifest
  readonly environment: string
  readonly findings: ReadonlyArray<Finding>
}

/**
 * Turns an exported document into a manifest. Flag keys, rule keys, salts, percentages, weights and their order stay what
 * they are, and with them every bucket. A flag that would decide otherwise is left out, with an error that says why.
 *
 * - Audiences are not in the export: pass them along, or flags that use them are left out.
 * - A flag that is not live there is not live here, its rules become the draft.
 * - Contexts are spelt in another way: `targeting_key` is `targetingKey`, and what a rollout by account takes from the
 *   attributes `account_key` or `account_id` there is the field `accountKey` here.
 *
 * Fails with `InvalidInput` when the document is no such export.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { readFileSync } from "node:fs"
 * import * as ElixirManifest from "rulestead/ElixirManifest"
 * import * as Manifest from "rulestead/Manifest"
 *
 * const program = Effect.gen(function*() {
 *   const audiences = JSON.parse(readFileSync("audiences.json", "utf8"))
 *   const { findings, manifest } = yield* ElixirManifest.parse(readFileSync("export.json", "utf8"), { audiences })
 *   for (const { fix, message, path } of findings) yield* Effect.log(`${path}: ${message}; ${fix}`)
 *   yield* Manifest.apply(manifest, { environment: "prod", reason: "moved from Elixir" })
 * })
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (input: unknown, options: Options = {}): Effect.Effect<Converted, InvalidInput> =>
  Effect.gen(function*() {
    const refused = refuse(subject, input, envelope(input))
    if (refused !== undefined) return yield* refused
    return {
      environment: String(fieldOf(input, "environment_key")),
      ...(yield* convert(input, options.audiences ?? []))
    }
  })

const subject = "Elixir manifest"

const kind = "rulestead_environment_manifest"

const envelope = (input: unknown): ReadonlyArray<Violation> => [
  ...(fieldOf(input, "kind") === kind ? [] : [{ path: ["kind"], rule: "kind", allowed: `"${kind}"` }]),
  ...(fieldOf(input, "schema_version") === 1 ? [] : [{ path: ["schema_version"], rule: "version", allowed: "1" }]),
  ...(typeof fieldOf(input, "environment_key") === "string"
    ? []
    : [{ path: ["environment_key"], rule: "type", allowed: "a string" }]),
  ...(Array.isArray(fieldOf(input, "flags")) ? [] : [{ path: ["flags"], rule: "type", allowed: "an array" }])
]

/**
 * As {@link decode}, from the JSON text.
 *
 * @category decoding
 * @since 0.1.0
 */
export const parse = (json: string, options?: Options): Effect.Effect<Converted, InvalidInput> =>
  Effect.flatMap(fromJson(json), (input) => decode(input, options))

const fromJson = readJson(subject)
