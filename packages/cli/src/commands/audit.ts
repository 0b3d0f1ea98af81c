/** Who did what, when and why. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Audit from "rulestead/Audit"
import { Store } from "rulestead/Store"
import * as Connection from "../Connection.ts"
import { Failure } from "../Failure.ts"
import * as Differences from "../output/differences.ts"
import * as Events from "../output/events.ts"
import * as Output from "../output/Output.ts"
import * as Parameters from "../parameters.ts"

const Listed = Schema.Struct({ events: Schema.Array(Audit.Event) })

const time = (name: string, description: string) =>
  Flag.Date(name).pipe(Flag.withMetavar("<time>"), Flag.withDescription(description), Flag.optional)

const redacted = Flag.Boolean("redacted").pipe(
  Flag.withDescription("Without the values that flags serve and that conditions compare with"),
  Flag.withDefault(false)
)

const milliseconds = (date: Option.Option<Date>): number | undefined =>
  Option.getOrUndefined(Option.map(date, (date) => DateTime.toEpochMillis(DateTime.fromDateUnsafe(date))))

const list = Command.make(
  "list",
  {
    of: Argument.String("key").pipe(
      Argument.withDescription("Of this flag, audience or environment"),
      Argument.optional
    ),
    env: Flag.String("env").pipe(
      Flag.withAlias("e"),
      Flag.withMetavar("<key>"),
      Flag.withDescription("In this environment (default: in all)"),
      Flag.optional
    ),
    by: Flag.String("by").pipe(Flag.withMetavar("<actor>"), Flag.withDescription("By this actor"), Flag.optional),
    action: Flag.Literals("action", Audit.Action.literals).pipe(
      Flag.withDescription("Of this kind; may be repeated"),
      Flag.atLeast(0)
    ),
    result: Flag.Literals("result", Audit.Result.literals).pipe(
      Flag.withDescription("What took effect, or what was denied"),
      Flag.optional
    ),
    since: time("since", "At or after this time, as 2027-01-31 or 2027-01-31T12:00:00Z"),
    until: time("until", "Before this time"),
    before: Flag.Int("before").pipe(
      Flag.withMetavar("<id>"),
      Flag.withDescription("Go on before this event, for long lists"),
      Flag.optional
    ),
    limit: Parameters.limit,
    redacted
  },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    if (Option.isSome(input.env)) yield* store.environment(input.env.value)
    const found = yield* store.audit({
      key: Option.getOrUndefined(input.of),
      environment: Option.getOrUndefined(input.env),
      actor: Option.getOrUndefined(input.by),
      actions: input.action.length === 0 ? undefined : input.action,
      result: Option.getOrUndefined(input.result),
      since: milliseconds(input.since),
      until: milliseconds(input.until),
      before: Option.getOrUndefined(input.before),
      limit: input.limit
    })
    const events = input.redacted ? found.map((event) => Audit.redact(event)) : found
    yield* Output.show(Listed, { events }, ({ style, table }) =>
      table(events, [
        { header: "ID", cell: ({ id }) => String(id) },
        { header: "TIME", cell: ({ at }) => Output.time(at) },
        { header: "ACTOR", cell: ({ actor }) => actor.id },
        {
          header: "ACTION",
          cell: ({ action, result }) => result === "denied" ? `${action} (denied)` : action,
          paint: (text, { result }) => result === "denied" ? style.bad(text) : text
        },
        { header: "WHAT", cell: Events.about },
        { header: "CHANGE", cell: (event) => Differences.lines(event.changes).join("; ") },
        { header: "REASON", cell: ({ reason }) => reason ?? "" }
      ], "Nothing was done."))
    if (found.length === input.limit) yield* Output.remark(`There may be more: --before ${found.at(-1)?.id}`)
  })
).pipe(
  Output.prints(Listed),
  Command.withDescription("List what was done, newest first."),
  Command.withExamples([
    { command: "rulestead audit list new-checkout --env prod" },
    { command: "rulestead audit list --by ada --action kill_switch.engage --since 2027-01-01" }
  ]),
  Command.provide(Connection.layer)
)

const show = Command.make(
  "show",
  { id: Argument.Int("id").pipe(Argument.withDescription("The id of the event")), redacted },
  Effect.fnUntraced(function*(input) {
    const store = yield* Store
    const [found] = yield* store.audit({ before: input.id + 1, limit: 1 })
    if (found === undefined || found.id !== input.id) {
      return yield* new Failure({
        code: "not_found",
        exit: "failed",
        message: `There is no event ${input.id}`,
        next: "To see which there are: rulestead audit list"
      })
    }
    const event = input.redacted ? Audit.redact(found) : found
    yield* Output.show(Audit.Event, event, () =>
      [
        Output.fields([
          ["id", String(event.id)],
          ["time", Output.time(event.at)],
          ["actor", `${event.actor.id} (${event.actor.kind})`],
          ["action", event.action],
          ["result", event.result],
          ["what", Events.about(event)],
          ["reason", event.reason ?? "-"],
          ["correlation", event.correlationId ?? "-"],
          ["before", Output.value(event.before)],
          ["after", Output.value(event.after)]
        ]),
        ...Differences.lines(event.changes)
      ].join("\n"))
  })
).pipe(
  Output.prints(Audit.Event),
  Command.withDescription("Show one event, with what was there before and after."),
  Command.withExamples([{ command: "rulestead audit show 42" }]),
  Command.provide(Connection.layer)
)

export const audit = Command.make("audit").pipe(
  Command.withDescription("The audit: who did what, when and why. It can be added to, and never changed."),
  Command.withShortDescription("Who did what, when and why."),
  Command.withExamples([{ command: "rulestead audit list --env prod" }]),
  Command.withSubcommands([list, show])
)
