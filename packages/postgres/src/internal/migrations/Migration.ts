import type { SqlClient } from "effect/sql/SqlClient"
import type { Identifier, Statement } from "effect/sql/Statement"

/** The statements that take the schema from one version to the next. They run in order, in one transaction. */
export type Migration = (sql: SqlClient, schema: Identifier) => ReadonlyArray<Statement<unknown>>
