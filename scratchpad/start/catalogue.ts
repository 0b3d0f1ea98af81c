/** From a file to what `prod` serves. */
import * as Effect from "effect/Effect"
import { readFile } from "node:fs/promises"
import * as Manifest from "rulestead/Manifest"

export const environment = "prod"

const file = new URL("../../examples/storefront.flags.json", import.meta.url)

/** Refuses a file that is no manifest with everything that is wrong in it. */
export const read = Effect.promise(() => readFile(file, "utf8")).pipe(Effect.flatMap(Manifest.parse))

/** Creates, changes and publishes what differs from the catalogue, and nothing else. */
export const publish = (catalogue: Manifest.Manifest) => Manifest.apply(catalogue, { environment, reason: "npm start" })
