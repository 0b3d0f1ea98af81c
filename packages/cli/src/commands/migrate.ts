import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Changes } from "../Failure.ts"
import * as Migration from "../Migration.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"

const Report = Schema.Struct({
  dryRun: Schema.Boolean,
  from: Schema.NullOr(Schema.Natural),
  to: Schema.NullOr(Schema.Natural)
})

export const migrate = Command.make(
  "migrate",
  {
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Say from which version to which, and change nothing (exit code 2 if something would)"),
      Flag.withDefault(false)
    )
  },
  Effect.fnUntraced(function*({ dryRun }) {
    const versions = yield* Progress.show("Migrating", () => dryRun ? Migration.plan : Migration.run)
    yield* Output.show(Report, { dryRun, ...versions }, () => describe(dryRun, versions))
    if (dryRun && versions.from !== versions.to) return yield* new Changes()
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Create the tables, or bring them up to date: all that is missing in one transaction, or nothing. Run it before"
      + " new code is deployed."
  ),
  Command.withShortDescription("Create the tables, or bring them up to date."),
  Command.withExamples([
    { command: "rulestead migrate --dry-run" },
    { command: "DATABASE_URL=postgres://localhost/shop rulestead migrate" }
  ])
)

const describe = (dryRun: boolean, { from, to }: Migration.Versions): string => {
  if (from === to) {
    return to === null
      ? "The embedded store is up to date."
      : `The tables are up to date: version ${to}.`
  }
  return `${dryRun ? "would migrate" : "migrated"} from version ${from} to version ${to}`
}
