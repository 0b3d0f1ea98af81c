/** Manifests in files. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Manifest from "rulestead/Manifest"
import { Failure } from "./Failure.ts"
import * as Input from "./Input.ts"

/** A manifest in JSON or YAML; `-` is standard input. */
export const read = (path: string) =>
  Input.document(path, (value) => isElixir(value) ? Effect.fail(elixir(path)) : Manifest.decode(value))

const isElixir = Schema.is(Schema.Struct({ kind: Schema.Literal("rulestead_environment_manifest") }))

const elixir = (path: string) =>
  new Failure({
    code: "elixir",
    exit: "refused",
    message: `${path} is an export of Elixir Rulestead`,
    next: `Make a manifest of it first: rulestead convert ${path} flags.yaml`
  })

export type Notation = "json" | "yaml"

/** The notation that a file's name asks for. */
export const notationOf = (path: string): Notation => /\.ya?ml$/i.test(path) ? "yaml" : "json"

export const print = Effect.fnUntraced(function*(manifest: Manifest.Manifest, notation: Notation) {
  if (notation === "json") return Manifest.print(manifest)
  const yaml = yield* Effect.promise(() => import("rulestead/ManifestYaml"))
  return yaml.print(manifest)
})
