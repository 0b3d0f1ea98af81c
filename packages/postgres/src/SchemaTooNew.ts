/**
 * What a program that is older than its database is told.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The database was migrated by newer code, and says that this code must not write there, as it would not understand or
 * keep right what is new. Nothing was changed. Run newer code, or a database of its own. Nodes that only read may go on:
 * that is another question, which the database answers as well.
 *
 * @category errors
 * @since 0.1.0
 */
export class SchemaTooNew extends Schema.TaggedError<SchemaTooNew>()("SchemaTooNew", {
  /** The schema in which the tables are. */
  schema: Schema.String,
  /** How many migrations the database has seen. */
  database: Schema.Natural,
  /** How many migrations this code knows. */
  code: Schema.Natural
}) {
  override get message(): string {
    return `The schema ${this.schema} is at version ${this.database}; this code knows versions up to ${this.code}`
  }
}
