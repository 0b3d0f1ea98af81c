// What an application pays before its first decision: importing packages, as built, and their size in a bundle.
import { build } from "esbuild"
import { execFileSync } from "node:child_process"
import { join } from "node:path"
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

const times = (rounds: number): ReadonlyArray<Measurement> => {
  const programs = [
    ...[...own, ...peers].map((name) => ({ title: `importing ${name}`, run: () => importing(name) })),
    { title: "importing @rulestead/node and deciding a first flag", run: () => importing("@rulestead/node", "decide") }
  ]
  const samples = Array.from({ length: rounds }, () => programs.map(({ run }) => run()))
  return programs.map(({ title }, index) => ({
    title,
    unit: "ms",
    value: spread(samples.map((round) => round[index] ?? NaN))
  }))
}

const bundled = async (name: string, external: ReadonlyArray<string> = []): Promise<Uint8Array> => {
  const { outputFiles: [output] } = await build({
    stdin: { contents: `export * from "${name}"`, resolveDir: benchmark },
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    format: "esm",
    conditions: ["source"],
    external: [...external],
    logLevel: "silent"
  })
  if (output === undefined) throw new Error(`${name} made no bundle`)
  return output.contents
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
  about: "Importing each package in a fresh process, and everything it exports in one bundle.",
  measure: async (quick) => {
    execFileSync("npm", ["run", "build"], { cwd: root, stdio: "ignore", shell: process.platform === "win32" })
    return [...times(quick ? 3 : 9), ...await sizes()]
  }
}
