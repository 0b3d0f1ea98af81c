/**
 * What a program that is older than its database is told.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The database was migrated by newer code, which may keep there what this code would not understand. Nothing was changed.
 * Run newer code, or a database of its own.
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
