import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "vitest"
import * as Table from "./faults/support/Table.ts"

it("docs/fault-matrix.md has the rows that the tests have", () => {
  const document = readFileSync(join(import.meta.dirname, "../docs/fault-matrix.md"), "utf8")
  assert.strictEqual(document, Table.insert(document), "run: npm run faults")
})
