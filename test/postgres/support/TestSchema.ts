/** A schema of a test's own, in the database of the test file. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import { randomUUID } from "node:crypto"
import { TestDatabase } from "../../support/TestDatabase.ts"

/** Options that lead to a schema that does not exist yet. */
export const absent = Effect.map(TestDatabase, ({ url }) => ({
  url,
  schema: `Test_${randomUUID().replaceAll("-", "")}`
}))

/** Options that lead to a schema that is up to date. */
export const migrated = Effect.tap(absent, Postgres.migrate)
