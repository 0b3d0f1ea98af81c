// Type-checks every `ts` block of the Markdown files as a module of its own, against the sources of the packages, and
// looks for what their links point at.
import { spawnSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const documents = ["README.md", "packages/*/README.md", "docs/**/*.md"]
const block = /^([ \t]*)```ts\b.*\n([^]*?)^\1```/gm

const link = /\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g

const root = join(import.meta.dirname, "..")
const target = join(root, ".tmp/docs")

const anchorsOf = (markdown: string): ReadonlySet<string> =>
  new Set(
    [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
    )
  )

const isBroken = (document: string, path: string, anchor: string | undefined): boolean => {
  const file = path === "" ? join(root, document) : join(root, dirname(document), path)
  if (!existsSync(file)) return true
  return anchor !== undefined && file.endsWith(".md") && !anchorsOf(readFileSync(file, "utf8")).has(anchor)
}

rmSync(target, { recursive: true, force: true })

let count = 0
for (const document of globSync(documents, { cwd: root })) {
  const markdown = readFileSync(join(root, document), "utf8")
  for (const [text, path = "", anchor] of markdown.matchAll(link)) {
    if (isBroken(document, path, anchor)) {
      console.error(`${document}: the link ${text.slice(1)} leads nowhere`)
      process.exitCode = 1
    }
  }
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
  if (status !== 0) process.exitCode = status ?? 1
}
if (!process.exitCode) console.log(`${count} code blocks of the documents type-check`)
