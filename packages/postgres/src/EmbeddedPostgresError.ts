/**
 * Why an embedded Postgres did not open.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The data was written by another major version of Postgres, which this one cannot read. It was not touched. Dump it
 * with the version that wrote it, and load it into a new directory.
 *
 * @category errors
 * @since 0.1.0
 */
export class IncompatibleVersion extends Schema.TaggedError<IncompatibleVersion>()("IncompatibleVersion", {
  /** The major version that wrote the data, as in its `PG_VERSION`. */
  found: Schema.String,
  /** The major version that this package runs. */
  supported: Schema.String
}) {
  override get message(): string {
    return `its data was written by Postgres ${this.found}, and only ${this.supported} is supported`
  }
}

/**
 * The directory holds something else than an embedded store. It was not touched.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotAStore extends Schema.TaggedError<NotAStore>()("NotAStore", {}) {
  override get message(): string {
    return "it holds something else than a store"
  }
}

/**
 * Postgres refused the data or could not run. `log` has what it said last.
 *
 * @category errors
 * @since 0.1.0
 */
export class StartFailed extends Schema.TaggedError<StartFailed>()("StartFailed", {
  log: Schema.Array(Schema.String),
  cause: Schema.Defect()
}) {
  override get message(): string {
    return ["Postgres could not start", ...this.log].join("\n")
  }
}

/**
 * An embedded Postgres did not open. `reason` tells why; `Effect.catchReason` selects one.
 *
 * @category errors
 * @since 0.1.0
 */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  /** The store's directory; empty for one in memory. */
  directory: Schema.String,
  reason: Schema.Union([IncompatibleVersion, NotAStore, StartFailed])
}) {
  override get message(): string {
    return `The embedded store ${this.directory} did not open: ${this.reason.message}`
  }
}
