/** Prints the matrix as a table when a run of it has ended, and keeps the table in `docs` if all of it was run and passed. */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Reporter, TestCase, TestModule } from "vitest/node"
import * as Table from "./Table.ts"

const document = join(import.meta.dirname, "../../../docs/fault-matrix.md")

export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const tests = new Map<string, TestCase>()
    for (const module of modules) {
      for (const test of module.children.allTests()) tests.set(test.name, test)
    }
    const rows = Table.rows()
    console.log(`\n${Table.text(rows.map((row) => ({ ...row, outcome: outcomeOf(tests.get(row.name)) })))}`)
    const passed = rows.filter(({ name }) => tests.get(name)?.ok() === true)
    console.log(`\n${passed.length} of ${rows.length} cells passed`)
    if (passed.length !== rows.length) return
    writeFileSync(document, Table.insert(readFileSync(document, "utf8")))
    console.log("docs/fault-matrix.md has the whole table")
  }
}

const outcomeOf = (test: TestCase | undefined): string => {
  if (test === undefined) return "not run"
  if (!test.ok()) return "FAILED"
  const { recovery } = test.meta()
  return recovery === undefined ? "passed" : `recovered in ${(recovery / 1000).toFixed(1)} s`
}
