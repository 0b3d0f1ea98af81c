import type * as PgClient from "@effect/sql-pg/PgClient"
import type * as Duration from "effect/Duration"

/** Where the tables are, and how long to wait for them. */
export interface Database {
  readonly sql: PgClient.PgClient
  readonly schema: string
  /** The longest that a command or a fetch may take as a whole. */
  readonly timeout: Duration.Input
}
