// Writes docs/cli.md from the definitions of the commands: node --conditions=source scripts/cli-reference.ts
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as SchemaAST from "effect/SchemaAST"
import { writeFileSync } from "node:fs"
import { Tree } from "../packages/cli/src/commands/completions.ts"
import { Document } from "../packages/cli/src/output/Output.ts"
import { rulestead } from "../packages/cli/src/rulestead.ts"
import { version } from "../packages/cli/src/version.ts"

const introduction = `# The command \`rulestead\`

This page is written from the command itself; \`rulestead COMMAND --help\` says the same.

## Where the flags are

In this order: \`--url\` or \`--directory\`; the environment variable \`RULESTEAD_DIRECTORY\`; \`DATABASE_URL\`; \`directory\` in
\`rulestead.json\`, which \`rulestead init\` writes. The file is looked for in the working directory and above it, and its
paths are relative to it:

\`\`\`json
{ "directory": ".rulestead", "environment": "dev", "manifest": "flags.yaml" }
\`\`\`

The environment is the one of \`--env\`, \`RULESTEAD_ENVIRONMENT\`, or the file; the schema of a database that of \`--schema\`,
\`RULESTEAD_SCHEMA\`, or the file. The audit names \`--actor\`, \`RULESTEAD_ACTOR\`, or the user of the operating system.

An embedded store is for one process at a time. While another one has it, commands end with exit code 3 and say which
process that is. What \`rulestead dev\` has open is changed through the manifest that it follows. A Postgres server can be
used by many processes.

Who has the password of the database can do everything: the command asks no policy. Give people their own database users.

## Exit codes

| code | meaning                                                                                                 |
| ---- | ------------------------------------------------------------------------------------------------------- |
| 0    | done, or nothing to do                                                                                  |
| 2    | something would change or differs: \`--dry-run\`, \`--save-plan\`, \`diff\`, \`compare\`                        |
| 3    | blocked, stale, invalid, not confirmed, refused by a policy, not verified: the same again will not help |
| 1    | anything else                                                                                           |

Interrupted by Ctrl-C, it is 130. A question that is left that way changes nothing; a change that is interrupted is done
whole or not at all, and the audit says which.

## What it prints

With \`--format json\`, the answer is one JSON document on standard output, in the shape that stands under each command
here; \`watch\` and \`dev\` print one to a line. Times are milliseconds since 1970. Errors are one document on standard
error, \`{ "error": { "code", "message", "next", "exit" } }\`, also where the command line itself is wrong (\`usage\`). Codes
are stable; messages may change. New fields may be added; those that are there stay. Tables are for people and may change.
They have colour on a terminal, unless \`NO_COLOR\` is set, and colour never says what the words do not. Where the locale is
not UTF-8, the command adds no sign beyond ASCII.

What takes longer than a second shows on a terminal that it is still there: a bar where it is known how much there is to do
(\`simulate\`, \`status\`, \`generate\`), else the seconds.

A key that does not exist is answered with those that are spelt like it.

## What it asks

On a terminal it asks before what is hard to take back, and everywhere a flag can answer instead: \`--yes\`. In a protected
environment a change needs a reason (\`--reason\`), and the key of what is changed, typed or given with \`--confirm\`; for
\`import\` and \`promote\` that is the key of the environment. \`--dry-run\` needs no answers. Where there is no terminal, and
with \`--format json\`, nobody is asked, and what lacks an answer ends with exit code 3.

No environment comes from a typing mistake. \`import\` and \`dev\` create one that does not exist only with \`--create\`, or
after they have asked; without, also with \`--yes\` and \`--dry-run\`, they end with exit code 1 and name those that there are.
Every other command ends like that anyway.
`

interface Entry {
  readonly path: ReadonlyArray<string>
  readonly command: Command.Command.Any
}

const leaves = (command: Command.Command.Any, path: ReadonlyArray<string>): ReadonlyArray<Entry> => {
  const inner = command.subcommands.flatMap(({ commands }) => commands)
  return inner.length === 0 ? [{ path, command }] : inner.flatMap((sub) => leaves(sub, [...path, sub.name]))
}

/** The help of a command, as its definition gives it. */
const helpOf = Effect.fnUntraced(function*(path: ReadonlyArray<string>) {
  let help: HelpDoc | undefined
  const presenter: CliOutput.Presenter = {
    present: (event) =>
      Effect.sync(() => {
        if (event._tag === "Help") help = event.helpDoc
      })
  }
  yield* Command.runWith(rulestead, { version })([...path.slice(1), "--help"]).pipe(
    Effect.provideService(CliOutput.Presenter, presenter),
    Effect.provideService(Tree, rulestead),
    Effect.provide(NodeServices.layer)
  )
  return help === undefined ? yield* Effect.die(`${path.join(" ")} has no help`) : help
})

const { formatHelpDoc } = CliOutput.defaultFormatter({ colors: false, inheritedFlags: "none", globalFlags: "none" })

/** How deep a shape is told; what is deeper is \`…\`. */
const depth = 4

/** The shape of a JSON document, in the notation of TypeScript. */
const shape = (ast: SchemaAST.AST, left: number): string => {
  switch (ast._tag) {
    case "Objects": {
      if (ast.propertySignatures.length === 0) return ast.indexSignatures.length === 0 ? "{}" : "{ [name]: … }"
      if (left === 0) return "{ … }"
      const fields = ast.propertySignatures.map(({ name, type }) =>
        `${String(name)}${SchemaAST.isOptional(type) ? "?" : ""}: ${shape(type, left - 1)}`
      )
      return `{ ${fields.join(", ")} }`
    }
    case "Arrays": {
      const item = ast.rest[0] ?? ast.elements[0]
      return item === undefined ? "[]" : `[${shape(item, left)}]`
    }
    case "Union": {
      const alternatives = [...new Set(ast.types.map((type) => shape(type, left)))]
      return alternatives.length > 6
        ? alternatives[0]?.startsWith("{") === true ? "{ … }" : "string"
        : alternatives.join(" | ")
    }
    case "Literal":
      return JSON.stringify(ast.literal)
    case "String":
      return "string"
    case "Number":
      return "number"
    case "Boolean":
      return "boolean"
    case "Null":
      return "null"
    case "Suspend":
      return "json"
    default:
      return "json"
  }
}

/** The fields of a document on lines of their own. */
const document = (ast: SchemaAST.AST): string => {
  if (ast._tag !== "Objects") return shape(ast, depth)
  const lines = ast.propertySignatures.map(({ name, type }) =>
    `  ${String(name)}${SchemaAST.isOptional(type) ? "?" : ""}: ${shape(type, depth - 1)}`
  )
  return `{\n${lines.join(",\n")}\n}`
}

/** Answers the sections of a page; what prints the same as a command before it says so. */
const sections = () => {
  const first = new Map<unknown, string>()
  return Effect.fnUntraced(function*({ command, path }: Entry) {
    const name = path.join(" ")
    const help = yield* helpOf(path)
    const printed = Context.getOrUndefined(command.annotations, Document)
    const before = first.get(printed)
    if (printed !== undefined && before === undefined) first.set(printed, name)
    const json = printed === undefined
      ? []
      : before === undefined
      ? [`JSON:\n\n\`\`\`text\n${document(SchemaAST.toEncoded(printed.ast))}\n\`\`\``]
      : [`JSON: as \`${before}\`.`]
    return [`### ${name}`, `\`\`\`text\n${formatHelpDoc(help).trimEnd()}\n\`\`\``, ...json].join("\n\n")
  })
}

/** The whole page. */
export const reference = Effect.gen(function*() {
  const section = sections()
  const groups = yield* Effect.forEach(rulestead.subcommands, ({ commands, group }) =>
    Effect.map(
      Effect.forEach(commands.flatMap((command) => leaves(command, ["rulestead", command.name])), section),
      (sections) => [`## ${group ?? "Other"}`, ...sections].join("\n\n")
    ))
  const shared = formatHelpDoc(yield* helpOf(["rulestead"]))
  return `${introduction}\n## Flags of every command\n\n\`\`\`text\n${flagsOf(shared)}\n\`\`\`\n\n${
    groups.join("\n\n")
  }\n`
})

const flagsOf = (help: string): string => {
  const [, flags = ""] = /^FLAGS\n([^]*?)\n\n/m.exec(help) ?? []
  return flags.split("\n").map((line) => line.trim()).join("\n")
}

if (import.meta.main) {
  const page = await Effect.runPromise(reference)
  writeFileSync(new URL("../docs/cli.md", import.meta.url), page)
}
