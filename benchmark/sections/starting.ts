// What an application pays before its first decision: importing packages, as built, and their size in a bundle.
import { build, type BuildOptions } from "esbuild"
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { spread } from "../harness/statistics.ts"
import type { Measurement, Section } from "../Measurement.ts"

const benchmark = join(import.meta.dirname, "..")
const root = join(benchmark, "..")

const own = ["effect/Effect", "rulestead/Evaluator", "rulestead", "@rulestead/node"]

const peers = [
  "unleash-client",
  "@launchdarkly/node-server-sdk",
  "@growthbook/growthbook",
  "flagsmith-nodejs",
  "@openfeature/flagd-core",
  "posthog-node",
  "@configcat/sdk",
  "@eppo/node-server-sdk",
  "@openfeature/server-sdk"
]

/** Milliseconds of processor time in a fresh process. */
const importing = (name: string, ...decides: ReadonlyArray<string>): number => {
  const module = join(benchmark, "harness/importing.ts")
  return Number(execFileSync(process.execPath, [module, name, ...decides], { encoding: "utf8", timeout: 60_000 }))
}

const times = (rounds: number, bundledClient: string): ReadonlyArray<Measurement> => {
  const first = "importing @rulestead/node and deciding a first flag"
  const programs = [
    ...[...own, ...peers].map((name) => ({ title: `importing ${name}`, run: () => importing(name) })),
    { title: first, run: () => importing("@rulestead/node", "decide") },
    { title: `${first}, bundled`, run: () => importing(bundledClient, "decide") }
  ]
  const samples = Array.from({ length: rounds }, () => programs.map(({ run }) => run()))
  return programs.map(({ title }, index) => ({
    title,
    unit: "ms",
    value: spread(samples.map((round) => round[index] ?? NaN))
  }))
}

const bundling = (name: string, external: ReadonlyArray<string> = []) => ({
  stdin: { contents: `export * from "${name}"`, resolveDir: benchmark },
  bundle: true,
  minify: true,
  platform: "node",
  format: "esm",
  conditions: ["source"],
  external: [...external],
  logLevel: "silent"
} satisfies BuildOptions)

const bundled = async (name: string, external?: ReadonlyArray<string>): Promise<Uint8Array> => {
  const { outputFiles: [output] } = await build({ ...bundling(name, external), write: false })
  if (output === undefined) throw new Error(`${name} made no bundle`)
  return output.contents
}

/** The client as a function in the cloud is deployed: what only some starts need is in chunks that others do not load. */
const bundledClient = async (directory: string): Promise<string> => {
  await build({
    ...bundling("@rulestead/node", ["@electric-sql/pglite"]),
    splitting: true,
    outdir: directory,
    outExtension: { ".js": ".mjs" }
  })
  return pathToFileURL(join(directory, "stdin.mjs")).href
}

const size = async (
  title: string,
  name: string,
  external?: ReadonlyArray<string>
): Promise<ReadonlyArray<Measurement>> => {
  const code = await bundled(name, external)
  return [
    { title: `${title}, minified`, unit: "KB", value: spread([code.length / 1024]) },
    { title: `${title}, compressed`, unit: "KB", value: spread([gzipSync(code).length / 1024]) }
  ]
}

const sizes = async (): Promise<ReadonlyArray<Measurement>> => {
  const all = await Promise.all([
    size("bundle of rulestead without effect", "rulestead", ["effect"]),
    size("bundle of rulestead", "rulestead"),
    size("bundle of rulestead/Evaluator", "rulestead/Evaluator"),
    ...peers.map((name) => size(`bundle of ${name}`, name))
  ])
  return all.flat()
}

export const section: Section = {
  title: "Starting",
  about:
    "Importing each package in a fresh process, from node_modules or as esbuild bundles it; and everything it exports in one bundle.",
  measure: async (quick) => {
    execFileSync("npm", ["run", "build"], { cwd: root, stdio: "ignore", shell: process.platform === "win32" })
    const directory = mkdtempSync(join(tmpdir(), "rulestead-starting-"))
    try {
      return [...times(quick ? 3 : 9, await bundledClient(directory)), ...await sizes()]
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
}
