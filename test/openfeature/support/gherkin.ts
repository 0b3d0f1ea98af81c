/** The scenarios of OpenFeature's specification, as far as they are there. */
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from "@cucumber/gherkin"
import { IdGenerator } from "@cucumber/messages"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** Beside the repository, wherever that is. */
export const directory = join(import.meta.dirname, "../../../../shared/conformance/external/openfeature-spec")

export const isThere = existsSync(directory)

export interface Step {
  readonly text: string
  readonly table: ReadonlyArray<ReadonlyArray<string>>
}

export interface Scenario {
  readonly feature: string
  readonly name: string
  readonly tags: ReadonlyArray<string>
  readonly steps: ReadonlyArray<Step>
}

const parse = (file: string): ReadonlyArray<Scenario> => {
  const newId = IdGenerator.incrementing()
  const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher())
  const document = parser.parse(readFileSync(join(directory, file), "utf8"))
  return compile(document, file, newId).map(({ name, steps, tags }) => ({
    feature: file.replace(".feature", ""),
    name,
    tags: tags.map(({ name }) => name),
    steps: steps.map(({ argument, text }) => ({
      text,
      table: argument?.dataTable?.rows.map(({ cells }) => cells.map(({ value }) => value)) ?? []
    }))
  }))
}

export const scenarios: ReadonlyArray<Scenario> = isThere
  ? readdirSync(directory).filter((file) => file.endsWith(".feature")).sort().flatMap(parse)
  : []
