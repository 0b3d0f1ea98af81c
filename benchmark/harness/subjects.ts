// Finds the subjects: every module in these folders exports some.
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Subject } from "../Subject.ts"

const root = join(import.meta.dirname, "..")

export type Group = "floors" | "rulestead" | "peers"

export interface Entry {
  readonly group: Group
  readonly subject: Subject
  /** `rulestead (evaluator)` */
  readonly title: string
  readonly version: string | undefined
  readonly module: string
  readonly position: number
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version

const titleOf = ({ configuration, kind, name }: Subject): string =>
  `${name} (${configuration}${kind === "async" ? ", async" : ""})`

const groups: ReadonlyArray<Group> = ["floors", "rulestead", "peers"]

const entriesOf = async (group: Group, file: string): Promise<ReadonlyArray<Entry>> => {
  const module = join(root, group, file)
  const { subjects }: { readonly subjects: ReadonlyArray<Subject> } = await import(module)
  return subjects.map((subject, position) => ({
    group,
    subject,
    title: titleOf(subject),
    version: subject.package === undefined ? undefined : versionOf(subject.package),
    module,
    position
  }))
}

export const find = async (): Promise<ReadonlyArray<Entry>> => {
  const files = groups.flatMap((group) =>
    globSync("*.ts", { cwd: join(root, group) }).sort().map((file) => ({ group, file }))
  )
  return (await Promise.all(files.map(({ file, group }) => entriesOf(group, file)))).flat()
}
