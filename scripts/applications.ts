// Installs the packed packages, with npm and from its registry, in the applications of examples/apps, and runs them.
import assert from "node:assert/strict"
import { cpSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Runs a command in a directory and answers what it printed; throws when it fails. */
export type Run = (cwd: string, command: string, ...args: ReadonlyArray<string>) => string

/** The packages by name, as npm wants them: `file:...`. */
export type Tarballs = Readonly<Record<string, string>>

interface Project {
  readonly directory: string
  readonly dependencies: Readonly<Record<string, string>>
  /** The programs, by folder of examples/apps. */
  readonly programs: ReadonlyArray<string>
}

const root = join(import.meta.dirname, "..")

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version

/** What the repository has, in the version it has. */
const ours = (...names: ReadonlyArray<string>) => Object.fromEntries(names.map((name) => [name, versionOf(name)]))

const packed = (tarballs: Tarballs, ...names: ReadonlyArray<string>) =>
  Object.fromEntries(names.map((name) => [`@rulestead/${name}`, tarballs[`@rulestead/${name}`] ?? ""]))

/** Beside each other in one application: an Effect program, an ECMAScript module, a CommonJS module. */
const current = (tarballs: Tarballs): Project => ({
  directory: "current",
  dependencies: { ...ours("effect", "@types/node"), ...tarballs },
  programs: ["effect/main.ts", "esm/main.mjs", "commonjs/main.cjs"]
})

/** An application whose own Effect is older than ours. */
const older = (tarballs: Tarballs): Project => ({
  directory: "effect-3",
  dependencies: {
    ...ours("@openfeature/core", "@openfeature/server-sdk", "@opentelemetry/api", "@opentelemetry/api-logs"),
    ...ours("express", "@types/express", "@types/node"),
    ...packed(tarballs, "node", "http", "openfeature", "opentelemetry"),
    effect: "3.22.4"
  },
  programs: ["effect-3/main.ts", "effect-3/express.ts", "effect-3/openfeature.ts"]
})

/** Values of Effect pass between an application and the packages, so there must be one Effect. */
const assertOneEffect = (application: string): void => {
  const others = globSync("node_modules/**/node_modules/effect/package.json", { cwd: application })
  assert.deepEqual(others, [], "the application has another Effect than the packages")
}

const install = (run: Run, at: string, { dependencies, directory, programs }: Project, tarballs: Tarballs): string => {
  const application = join(at, directory)
  for (const program of programs) cpSync(join(root, "examples/apps", program), join(application, program))
  const manifest = { private: true, type: "module", dependencies, overrides: tarballs }
  writeFileSync(join(application, "package.json"), JSON.stringify(manifest, null, 2))
  run(application, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts")
  return application
}

const typeCheck = (run: Run, application: string, program: string): void => {
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "ES2024", "--types", "node"]
  run(application, "tsc", ...flags, "--module", "NodeNext", program)
  run(application, "tsc", ...flags, "--module", "Preserve", "--moduleResolution", "Bundler", program)
}

/** Answers the programs that ran. */
export const runApplications = (run: Run, at: string, tarballs: Tarballs) =>
  [current(tarballs), older(tarballs)].flatMap((project) => {
    const application = install(run, at, project, tarballs)
    if (project.directory === "current") assertOneEffect(application)
    for (const program of project.programs) {
      if (program.endsWith(".ts")) typeCheck(run, application, program)
      const printed = run(application, process.execPath, program)
      assert.match(printed, /staff: new checkout\r?\nfree: old checkout/, `${program} printed ${printed}`)
    }
    return project.programs
  })
