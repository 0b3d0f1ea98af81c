// Bundles the command, so that it starts fast: what a command does not need is in chunks that it does not load.
import { build as bundle } from "esbuild"
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { oldest } from "../packages/rulestead/src/NodeVersion.ts"

const directory = join(import.meta.dirname, "../packages/cli")

/** What is installed with the package and not bundled: it comes with files of its own. */
const external: ReadonlyArray<string> = Object.keys(
  JSON.parse(readFileSync(join(directory, "package.json"), "utf8")).dependencies
)

const [major, minor] = oldest.split(".")

/** Runs before anything that an old Node.js would not understand; what was compiled is kept for the next start. */
const entry = `#!/usr/bin/env node
import * as module from "node:module"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < ${major} || (major === ${major} && minor < ${minor})) {
  console.error("rulestead needs Node.js ${major}.${minor} or newer, and this is " + process.versions.node + ".")
  process.exit(1)
}
module.enableCompileCache()
await import("./chunks/main.js")
`

/** Writes the command into the folder `to`: `rulestead.js`, and the chunks that it loads. */
export const build = async (to: string): Promise<void> => {
  rmSync(join(to, "chunks"), { recursive: true, force: true })
  const { metafile } = await bundle({
    entryPoints: [join(directory, "src/main.ts")],
    outdir: join(to, "chunks"),
    conditions: ["source"],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: `node${oldest}`,
    minify: true,
    keepNames: true,
    legalComments: "none",
    metafile: true,
    // Some dependencies are CommonJS inside and ask for modules of Node.js.
    banner: {
      js:
        `import { createRequire as $createRequire } from "node:module"; const require = $createRequire(import.meta.url);`
    },
    external: [...external],
    logLevel: "warning"
  })
  writeFileSync(join(to, "rulestead.js"), entry, { mode: 0o755 })
  writeFileSync(join(to, "licenses.txt"), licensesOf(Object.keys(metafile.inputs)))
}

/** The licences of the packages whose code is in the bundle. */
const licensesOf = (inputs: ReadonlyArray<string>): string => {
  const folders = new Set(
    inputs.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(resolve(file))?.[1] ?? [])
  )
  return [...folders].sort().map((folder) => {
    const { license, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const texts = globSync("LICEN[CS]E*", { cwd: folder }).map((file) =>
      readFileSync(join(folder, file), "utf8").trim()
    )
    return [`${name} ${version} (${license})`, ...texts].join("\n\n")
  }).join("\n\n----\n\n")
}

if (import.meta.main) await build(join(directory, "dist"))
