import type * as PgClient from "@effect/sql-pg/PgClient"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { SqlError } from "effect/sql/SqlError"
import type { Identifier } from "effect/sql/Statement"
import type { StoreUnavailable } from "rulestead/StoreError"

export type Answer<A> = Effect.Effect<A, StoreUnavailable>

/** Access to the rows of one schema. */
export interface Rows {
  readonly sql: PgClient.PgClient
  readonly schema: Identifier
  /** Bounds the time of a statement, and says in the store's terms why it failed: `operation` is what was attempted. */
  readonly answer: <A>(operation: string, statement: Effect.Effect<A, SqlError | Schema.SchemaError>) => Answer<A>
}
