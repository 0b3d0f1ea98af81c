/** The command itself, and the flags that every one of its commands takes. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"

export const root = Command.make("rulestead").pipe(
  Command.withSharedFlags({
    format: Flag.Literals("format", ["table", "json"]).pipe(
      Flag.withDescription("How to print: a table for people, or JSON for programs"),
      Flag.withDefault("table")
    ),
    url: Flag.Redacted("url").pipe(
      Flag.withMetavar("<postgres-url>"),
      Flag.withDescription("The Postgres server with the flags; others can see it here, so prefer DATABASE_URL"),
      Flag.optional
    ),
    directory: Flag.String("directory").pipe(
      Flag.withMetavar("<directory>"),
      Flag.withDescription("The directory of an embedded store, instead of a server"),
      Flag.optional
    ),
    schema: Flag.String("schema").pipe(
      Flag.withDescription("The database schema with the tables (default: rulestead)"),
      Flag.optional
    ),
    actor: Flag.String("actor").pipe(
      Flag.withDescription("Who the audit says it was (default: the user of the operating system)"),
      Flag.optional
    )
  }),
  Command.withDescription("Author, publish, explain, promote and audit feature flags.")
)
