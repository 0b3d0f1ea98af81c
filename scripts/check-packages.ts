// Builds and packs the packages, installs the tarballs in an empty application outside the repository, and there
// imports every module from ECMAScript and from CommonJS, type-checks an application that uses them all, and follows the
// source maps.
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { runApplications } from "./applications.ts"

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: string
  readonly publishConfig?: unknown
  readonly exports: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

interface Package {
  readonly manifest: Manifest
  /** What an application may import: `rulestead`, `rulestead/Flag`, … */
  readonly specifiers: ReadonlyArray<string>
  /** What it must not reach: `rulestead/internal/…` */
  readonly internals: ReadonlyArray<string>
  readonly tarball: string
}

const root = join(import.meta.dirname, "..")

process.env.PATH = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter)

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: 120_000,
    shell: process.platform === "win32"
  })
  if (error) throw error
  if (status === 0) return stdout
  console.error(stdout, stderr)
  throw new Error(`failed: ${command} ${args.join(" ")}`)
}

const build = (): void => {
  for (const dist of globSync("packages/*/dist", { cwd: root })) {
    rmSync(join(root, dist), { recursive: true, force: true })
  }
  run(root, "npm", "run", "build")
}

const pack = (directory: string, to: string): Package => {
  const manifest: Manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))
  const [packed] = JSON.parse(run(directory, "npm", "pack", "--json", "--pack-destination", to))
  const isImported = "." in manifest.exports
  const modules = globSync(isImported ? "**/*.js" : [], { cwd: join(directory, "dist") })
    .map((file) => `${manifest.name}/${file.replaceAll("\\", "/").slice(0, -".js".length)}`.replace(/\/index$/, ""))
    .sort()
  const isInternal = (specifier: string) => specifier.startsWith(`${manifest.name}/internal/`)
  return {
    manifest,
    specifiers: modules.filter((specifier) => !isInternal(specifier)),
    internals: modules.filter(isInternal),
    tarball: join(to, packed.filename)
  }
}

const lint = ({ manifest: { name }, specifiers, tarball }: Package): void => {
  const entrypoints = specifiers.map((specifier) => specifier.replace(name, "."))
  run(root, "publint", "run", tarball, "--strict")
  if (entrypoints.length === 0) return
  run(root, "attw", tarball, "--profile", "esm-only", "--no-definitely-typed", "--entrypoints", ...entrypoints)
}

/** Makes a package of the repository's `node_modules` visible to the modules of `directory`. */
const link = (directory: string, name: string): void => {
  const path = join(directory, "node_modules", name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(root, "node_modules", name), path, "junction")
}

/**
 * Lays the packages out as a package manager does: peers at the top, and the dependencies of a package where no other
 * package sees them, so that an undeclared one is not found.
 */
const install = (application: string, packages: ReadonlyArray<Package>): void => {
  const own = new Set(packages.map(({ manifest }) => manifest.name))
  const peers = new Set(packages.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})))
  for (const name of [...peers.difference(own), "@types/node"]) link(application, name)
  for (const { manifest, tarball } of packages) {
    const directory = join(application, "node_modules", manifest.name)
    mkdirSync(directory, { recursive: true })
    run(application, "tar", "-xzf", tarball, "-C", directory, "--strip-components=1")
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (!own.has(name)) link(directory, name)
    }
  }
}

/** What whoever installs a package looks for beside the code. */
const checkPapers = (application: string, { manifest: { license, name, publishConfig } }: Package): void => {
  assert.equal(license, "MIT", `the licence of ${name}`)
  assert.deepEqual(publishConfig, { access: "public", provenance: true }, `the publishConfig of ${name}`)
  for (const file of ["LICENSE", "CHANGELOG.md", "README.md"]) {
    assert(existsSync(join(application, "node_modules", name, file)), `${name} comes without ${file}`)
  }
}

/** Every module and every declaration has a map, which leads to sources that come along. */
const checkMaps = (application: string, { manifest: { name } }: Package): void => {
  const directory = join(application, "node_modules", name, "dist")
  for (const file of globSync("**/*.{js,d.ts}", { cwd: directory })) {
    const path = join(directory, file)
    const [, map = ""] = readFileSync(path, "utf8").match(/^\/\/# sourceMappingURL=(\S+)\s*$/m) ?? []
    assert(map !== "" && existsSync(join(dirname(path), map)), `${name}: dist/${file} has no map`)
    const { sources }: { readonly sources: ReadonlyArray<string> } = JSON.parse(
      readFileSync(join(dirname(path), map), "utf8")
    )
    for (const source of sources) {
      assert(existsSync(join(dirname(path), source)), `${name}: dist/${file} is made of ${source}, which is not there`)
    }
  }
}

const use = (application: string, specifiers: ReadonlyArray<string>): void => {
  const write = (file: string, line: (specifier: string, index: number) => string) =>
    writeFileSync(join(application, file), specifiers.map(line).join("\n"))
  write("use.mjs", (specifier, index) => `export * as M${index} from "${specifier}"`)
  write("use.mts", (specifier, index) => `export * as M${index} from "${specifier}"`)
  write("use.cjs", (specifier) => `require("${specifier}")`)
  run(application, process.execPath, "use.mjs")
  run(application, process.execPath, "use.cjs")
  const flags = ["--noEmit", "--strict", "--target", "ES2024", "--types", "node"]
  run(application, "tsc", ...flags, "--module", "NodeNext", "use.mts")
  run(application, "tsc", ...flags, "--module", "Preserve", "--moduleResolution", "Bundler", "use.mts")
}

const refuseInternals = (application: string, internals: ReadonlyArray<string>): void => {
  const { resolve } = createRequire(join(application, "use.cjs"))
  for (const specifier of internals) {
    assert.throws(() => resolve(specifier), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" }, `${specifier} is exported`)
  }
}

/** Runs the commands of the packages where an application has installed them, over an embedded store. */
const runCommands = (directory: string, packages: ReadonlyArray<Package>): ReadonlyArray<string> =>
  packages.flatMap(({ manifest: { bin = {}, version } }) =>
    Object.keys(bin).map((name) => {
      const command = join(directory, "node_modules/.bin", name)
      assert.equal(run(directory, command, "--version").trim(), `${name} v${version}`)
      run(directory, command, "init")
      run(directory, command, "flag", "create", "packed")
      run(directory, command, "rule", "set", "packed", "everybody", "--value", "true", "--publish")
      assert.match(run(directory, command, "evaluate", "packed"), /^packed: true/)
      return name
    })
  )

// Outside the repository: inside it, an undeclared dependency would be found in the root's node_modules.
const application = mkdtempSync(join(tmpdir(), "rulestead-packages-"))
try {
  build()
  const packages = globSync("packages/*/package.json", { cwd: root })
    .map((manifest) => pack(join(root, dirname(manifest)), application))
  packages.forEach(lint)
  install(application, packages)
  for (const each of packages) checkPapers(application, each)
  for (const each of packages.filter(({ specifiers }) => specifiers.length > 0)) checkMaps(application, each)
  use(application, packages.flatMap(({ specifiers }) => specifiers))
  refuseInternals(application, packages.flatMap(({ internals }) => internals))
  const tarballs = Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  const programs = runApplications(run, application, tarballs)
  const commands = runCommands(join(application, "current"), packages)
  console.log(`${[...programs, ...commands].join(", ")}: installed from the packed packages and run`)
  for (const { manifest, specifiers } of packages.filter(({ specifiers }) => specifiers.length > 0)) {
    console.log(`${manifest.name}: ${specifiers.length} modules import from the packed package`)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(application, { recursive: true, force: true })
}
