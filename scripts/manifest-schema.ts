// Writes the JSON Schema of manifests, which is generated from their schema, into the package.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Manifest from "rulestead/Manifest"

const file = join(import.meta.dirname, "../packages/rulestead/manifest.schema.json")

writeFileSync(file, `${JSON.stringify(Manifest.jsonSchema(), null, 2)}\n`)
