/** Which flags have done their work. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Evidence from "rulestead/Evidence"
import * as LifecycleReport from "rulestead/LifecycleReport"
import * as Connection from "../Connection.ts"
import { StoredFlag } from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"

const states = ["archived", "unpublished", "stale", "potentially_stale", "active"] as const

const readinesses = ["keep_active", "needs_review", "archive_candidate"] as const

const Reference = Schema.Struct({ ...Evidence.Reference.fields, source: Schema.String })

const Assessment = Schema.Struct({
  flag: StoredFlag,
  environment: Schema.String,
  state: Schema.Literals(states),
  publishedAt: Schema.NullOr(Schema.Finite),
  evaluation: Schema.Struct({
    status: Schema.String,
    lastAt: Schema.NullOr(Schema.Finite),
    answers: Schema.Array(Evidence.Usage)
  }),
  references: Schema.Struct({
    status: Schema.String,
    scannedAt: Schema.NullOr(Schema.Finite),
    places: Schema.Array(Reference)
  }),
  reasons: Schema.Array(Schema.String),
  blockers: Schema.Array(Schema.String),
  unknowns: Schema.Array(Schema.String),
  evidence: Schema.Literals(["strong", "partial", "weak"]),
  readiness: Schema.Literals(readinesses),
  actions: Schema.Array(Schema.String)
})

const Report = Schema.Struct({ environment: Schema.String, assessments: Schema.Array(Assessment) })

export const lifecycle = Command.make(
  "lifecycle",
  {
    env: Parameters.environment,
    state: Flag.Literals("state", states).pipe(
      Flag.withDescription("Only flags in this state; may be repeated"),
      Flag.atLeast(0)
    ),
    readiness: Flag.Literals("readiness", readinesses).pipe(
      Flag.withDescription("Only flags that are this ready to be archived; may be repeated"),
      Flag.atLeast(0)
    ),
    owner: Parameters.ownedBy,
    tag: Parameters.tagged,
    archived: Flag.Boolean("archived").pipe(Flag.withDescription("Archived flags, too"), Flag.withDefault(false)),
    after: Parameters.after,
    limit: Parameters.limit
  },
  Effect.fnUntraced(function*({ after, archived, env, limit, owner, readiness, state, tag }) {
    const environment = yield* Settings.environment(env)
    const page = yield* Progress.show("Assessing", () =>
      LifecycleReport.make({
        environment,
        after: Option.getOrUndefined(after),
        limit,
        archived,
        owner: Option.getOrUndefined(owner),
        tags: tag
      }))
    const assessments = page.filter((assessment) =>
      (state.length === 0 || state.includes(assessment.state)) &&
      (readiness.length === 0 || readiness.includes(assessment.readiness))
    )
    yield* Output.show(Report, { environment, assessments }, ({ style, table }) =>
      table(assessments, [
        { header: "FLAG", cell: ({ flag }) => flag.key },
        { header: "STATE", cell: ({ state }) => words(state) },
        {
          header: "READINESS",
          cell: ({ readiness }) => words(readiness),
          paint: (text, { readiness }) => readiness === "archive_candidate" ? style.warning(text) : text
        },
        { header: "EVIDENCE", cell: ({ evidence }) => evidence },
        { header: "LAST SERVED", cell: ({ evaluation }) => Output.time(evaluation.lastAt) },
        {
          header: "IN CODE",
          cell: ({ references }) =>
            references.scannedAt === null ? "unknown" : Output.count(references.places.length, "place")
        },
        { header: "BECAUSE", cell: ({ blockers, reasons }) => [...blockers, ...reasons].map(words).join(", ") },
        { header: "NEXT", cell: ({ actions }) => words(actions[0] ?? "") }
      ], "No such flags."))
    if (page.length === limit) yield* Output.remark(`There may be more: --after ${page.at(-1)?.flag.key}`)
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Say which flags have done their work: who is still served what, where code refers to them, and what to do next. It"
      + " is advice; nothing is changed."
  ),
  Command.withShortDescription("Say which flags have done their work."),
  Command.withExamples([
    { command: "rulestead lifecycle --env prod" },
    { command: "rulestead lifecycle --env prod --readiness archive_candidate --owner payments" }
  ]),
  Command.provide(Connection.layer)
)

const words = (name: string): string => name.replaceAll("_", " ")
