// Writes docs/api from the declarations and doc comments of the built packages; with --check, fails when what is there
// says something else.
import { parse, type ParseResult } from "@babel/parser"
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"

type Statement = ParseResult["program"]["body"][number]

interface Doc {
  readonly text: string
  readonly category: string
}

interface Entry {
  readonly name: string
  readonly doc: Doc
  readonly signature: string
}

interface Page {
  readonly path: string
  readonly specifier: string
  readonly summary: string
  readonly markdown: string
}

const root = join(import.meta.dirname, "..")
const target = "docs/api"

const docOf = (comment: string | undefined): Doc => {
  const lines = (comment ?? "").replace(/^\*/, "").split("\n").map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
  const isTag = (line: string) => /^@(category|since|internal)\b/.test(line)
  const category = lines.find((line) => line.startsWith("@category"))?.replace("@category", "").trim() ?? ""
  const text = lines.filter((line) => !isTag(line)).join("\n").trim().replace(/\{@link ([^}]+)\}/g, "`$1`")
  return { text, category }
}

const lastComment = ({ leadingComments }: Pick<Statement, "leadingComments">): string | undefined =>
  leadingComments?.findLast(({ type, value }) => type === "CommentBlock" && value.startsWith("*"))?.value

const text = (source: string, { end, start }: { readonly start?: number | null; readonly end?: number | null }) =>
  source.slice(start ?? 0, end ?? 0)

const namesOf = (statement: Statement): ReadonlyArray<string> => {
  if (statement.type !== "ExportNamedDeclaration") return []
  const { declaration } = statement
  if (declaration === null || declaration === undefined) return []
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.flatMap(({ id }) => id.type === "Identifier" ? [id.name] : [])
  }
  return "id" in declaration && declaration.id?.type === "Identifier" ? [declaration.id.name] : []
}

/** A class that extends an expression is declared beside a constant of that expression's type, which has its members. */
const baseOf = (source: string, statement: Statement, all: ReadonlyArray<Statement>): string => {
  const base = text(source, statement).match(/\bextends (\w+_base)\b/)?.[1]
  const declared = all.find((other) =>
    other.type === "VariableDeclaration" && text(source, other).startsWith(`declare const ${base}:`)
  )
  return declared === undefined ? "" : `${text(source, declared)}\n`
}

/** What a module passes on from another, and says something about. */
const passedOnBy = (statement: Statement): ReadonlyArray<Entry> => {
  if (statement.type !== "ExportNamedDeclaration" || !statement.source) return []
  const from = statement.source.value
  return statement.specifiers.flatMap((specifier) => {
    const comment = lastComment(specifier)
    if (comment === undefined || specifier.exported.type !== "Identifier") return []
    const { name } = specifier.exported
    return [{ name, doc: docOf(comment), signature: `export { ${name} } from "${from}"` }]
  })
}

const entriesOf = (source: string, statements: ReadonlyArray<Statement>): ReadonlyArray<Entry> => {
  const entries = new Map<string, Entry>()
  for (const statement of statements) {
    for (const entry of passedOnBy(statement)) entries.set(entry.name, entry)
    for (const name of namesOf(statement)) {
      const before = entries.get(name)
      const signature = baseOf(source, statement, statements) + text(source, statement)
      const doc = docOf(lastComment(statement))
      entries.set(
        name,
        before === undefined
          ? { name, doc, signature }
          : {
            ...before,
            signature: `${before.signature}\n${signature}`,
            doc: before.doc.text === "" ? doc : before.doc
          }
      )
    }
  }
  return [...entries.values()]
}

const section = ({ doc, name, signature }: Entry): string =>
  [`### ${name}`, doc.text, `\`\`\`typescript\n${signature}\n\`\`\``].filter((part) => part !== "").join("\n\n")

/** Of the source: the compiler drops the first comment of a module together with the import that follows it. */
const aboutOf = (file: string): string => docOf(readFileSync(file, "utf8").match(/^\/\*(\*.*?)\*\//s)?.[1]).text

const pageOf = (packageName: string, directory: string, module: string): Page | undefined => {
  const source = readFileSync(join(root, directory, "dist", `${module}.d.ts`), "utf8")
  const { program } = parse(source, { sourceType: "module", plugins: [["typescript", { dts: true }]] })
  const entries = entriesOf(source, program.body)
  if (entries.length === 0) return undefined
  const specifier = `${packageName}/${module}`
  const about = aboutOf(join(root, directory, "src", `${module}.ts`))
  const categories = Map.groupBy(entries, ({ doc }) => doc.category)
  const sections = [...categories].map(([category, of]) =>
    [...(category === "" ? [] : [`## ${category}`]), ...of.map(section)].join("\n\n")
  )
  const path = `${basename(directory)}/${module}.md`
  const up = "../".repeat(target.split("/").length + path.split("/").length - 1)
  const origin = `\`${specifier}\` · [source](${up}${directory}/src/${module}.ts)`
  return {
    path,
    specifier,
    summary: about.split(/\n\n|(?<=\.)\s/, 1)[0]?.replaceAll("\n", " ") ?? "",
    markdown: [`# ${module}`, origin, about, ...sections].join("\n\n") + "\n"
  }
}

const pagesOf = (manifestPath: string): ReadonlyArray<Page> => {
  const { bin, name }: { readonly name: string; readonly bin?: unknown } = JSON.parse(
    readFileSync(join(root, manifestPath), "utf8")
  )
  if (bin !== undefined) return []
  const directory = dirname(manifestPath).replaceAll("\\", "/")
  return globSync("**/*.d.ts", { cwd: join(root, directory, "dist") })
    .map((file) => file.replaceAll("\\", "/").slice(0, -".d.ts".length))
    .filter((module) => !module.startsWith("internal/"))
    .sort()
    .flatMap((module) => pageOf(name, directory, module) ?? [])
}

const indexOf = (pages: ReadonlyArray<Page>): string => {
  const head =
    "# API reference\n\nOne page a module, made from the declarations and their comments by `npm run docs:api`."
  const rows = pages.map(({ path, specifier, summary }) => `- [\`${specifier}\`](${path}): ${summary}`)
  return `${head}\n\n${rows.join("\n")}\n`
}

const pages = globSync("packages/*/package.json", { cwd: root }).sort().flatMap(pagesOf)
const files = new Map([["README.md", indexOf(pages)], ...pages.map(({ markdown, path }) => [path, markdown] as const)])

if (process.argv.includes("--check")) {
  const there = globSync("**/*.md", { cwd: join(root, target) }).map((path) => path.replaceAll("\\", "/"))
  const differing = [...new Set([...files.keys(), ...there])].filter((path) =>
    !there.includes(path) || readFileSync(join(root, target, path), "utf8") !== files.get(path)
  )
  if (differing.length > 0) {
    console.error(`${target} is not up to date; run npm run docs:api:\n  ${differing.join("\n  ")}`)
    process.exitCode = 1
  } else console.log(`${pages.length} pages of the API reference are up to date`)
} else {
  rmSync(join(root, target), { recursive: true, force: true })
  for (const [path, markdown] of files) {
    mkdirSync(dirname(join(root, target, path)), { recursive: true })
    writeFileSync(join(root, target, path), markdown)
  }
  console.log(`${pages.length} pages written to ${target}`)
}
