// Type-checks every `ts` block of the Markdown files as a module of its own, against the sources of the packages.
import { spawnSync } from "node:child_process"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const documents = ["README.md", "packages/*/README.md", "docs/**/*.md"]
const block = /^([ \t]*)```ts\b.*\n([^]*?)^\1```/gm

const root = join(import.meta.dirname, "..")
const target = join(root, ".tmp/docs")

rmSync(target, { recursive: true, force: true })

let count = 0
for (const document of globSync(documents, { cwd: root })) {
  const markdown = readFileSync(join(root, document), "utf8")
  for (const match of markdown.matchAll(block)) {
    const line = markdown.slice(0, match.index).split("\n").length
    const file = join(target, document, `block-${line}.ts`)
    mkdirSync(dirname(file), { recursive: true })
    // Blank lines in front make the compiler report the line numbers of the document.
    writeFileSync(file, "\n".repeat(line) + match[2])
    count++
  }
}

if (count > 0) {
  const compiler = join(import.meta.dirname, "effect-tsc.ts")
  const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.docs.json"], {
    cwd: root,
    stdio: "inherit"
  })
  process.exitCode = status ?? 1
}
if (!process.exitCode) console.log(`${count} code blocks of the documents type-check`)
