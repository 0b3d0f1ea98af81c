/** Whether what was deployed will serve what was published. */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Health } from "rulestead/Health"
import { Rulestead } from "rulestead/Rulestead"
import { SnapshotFeed } from "rulestead/SnapshotFeed"
import * as ContextFlags from "../contextFlags.ts"
import * as Decider from "../Decider.ts"
import { Failure } from "../Failure.ts"
import * as Migration from "../Migration.ts"
import * as Output from "../output/Output.ts"
import * as Progress from "../output/progress.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"

const Check = Schema.Struct({
  name: Schema.Literals(["schema", "snapshot", "decisions", "refresh", "announcements"]),
  ok: Schema.Boolean,
  detail: Schema.String
})

type Check = typeof Check.Type

const Report = Schema.Struct({ environment: Schema.String, ok: Schema.Boolean, checks: Schema.Array(Check) })

export const verify = Command.make(
  "verify",
  { env: Parameters.environment, ...ContextFlags.flags },
  Effect.fnUntraced(function*(input) {
    const environment = yield* Settings.environment(input.env)
    const context = yield* ContextFlags.make(input)
    const schema = yield* schemaCheck
    const checks = yield* Progress.show(
      `Verifying ${environment}`,
      () =>
        Effect.all([snapshotCheck(environment), decisionsCheck(context), refreshCheck, announcementsCheck]).pipe(
          Effect.provide(Decider.overStore(environment))
        )
    )
    const all: ReadonlyArray<Check> = [...schema, ...checks]
    const ok = all.every((check) => check.ok)
    yield* Output.show(Report, { environment, ok, checks: all }, ({ style, table }) =>
      table(all, [
        { header: "CHECK", cell: ({ name }) => name },
        {
          header: "RESULT",
          cell: (check) => check.ok ? "ok" : "failed",
          paint: (text, check) => check.ok ? style.good(text) : style.bad(text)
        },
        { header: "DETAIL", cell: ({ detail }) => detail }
      ], ""))
    if (ok) return
    return yield* new Failure({
      code: "not_verified",
      exit: "refused",
      message: `${environment} is not as it should be`,
      next: "Look at the checks that failed, and publish nothing until they pass."
    })
  })
).pipe(
  Output.prints(Report),
  Command.withDescription(
    "Check that a node that starts now serves what is published: the version of the tables, the snapshot's digest, a"
      + " decision of every flag, a refresh, and announcements. Exit code 0 if all is well, 3 if not."
  ),
  Command.withShortDescription("Check that a node that starts now serves what is published."),
  Command.withExamples([{ command: "rulestead verify --env prod" }])
)

const schemaCheck = Effect.map(Migration.plan, ({ from, to }): ReadonlyArray<Check> =>
  from === null ? [] : [{
    name: "schema",
    ok: from === to,
    detail: from === to ? `version ${from}` : `version ${from}; this command needs ${to}: rulestead migrate`
  }])

const snapshotCheck = Effect.fnUntraced(function*(environment: string) {
  const feed = yield* SnapshotFeed
  const served = yield* Rulestead.health
  const { head } = yield* feed.changesSince(environment, undefined)
  const ok = served.epoch === head.epoch && served.version === head.version && served.digest === head.digest
  return {
    name: "snapshot" as const,
    ok,
    detail: ok
      ? `version ${head.version}, ${Output.count(served.flags, "flag")}, digest ${head.digest.slice(0, 12)}`
      : `a fresh node serves version ${served.version} (${served.digest}), and the head is ${head.version} (${head.digest})`
  }
})

const decisionsCheck = Effect.fnUntraced(function*(context: Parameters<typeof Rulestead.decisions>[0]) {
  const decisions = [...(yield* Rulestead.decisions(context)).values()]
  const failed = decisions.filter(({ reason, snapshot }) => reason === "error" || snapshot.source !== "live")
  return {
    name: "decisions" as const,
    ok: failed.length === 0,
    detail: failed.length === 0
      ? `${Output.count(decisions.length, "flag")} decided`
      : `not decided from what is live: ${failed.map(({ flag }) => flag).join(", ")}`
  }
})

const refreshCheck = Effect.gen(function*() {
  const refreshed = yield* Effect.result(Rulestead.refresh)
  const { refresh, stale } = yield* Rulestead.health
  const ok = Result.isSuccess(refreshed) && refresh.failures === 0 && !stale
  return {
    name: "refresh" as const,
    ok,
    detail: ok
      ? `${Math.round(refresh.fetchMillis ?? 0)} ms`
      : Result.isFailure(refreshed)
      ? refreshed.failure.message
      : refresh.lastError?.detail ?? "stale"
  }
})

const isListening = ({ listener }: Health): boolean => listener.state === "listening"

/** A listener may need a moment; without one, changes are found by polling. */
const announcementsCheck = Rulestead.health.pipe(
  Effect.repeat({ until: isListening, schedule: Schedule.max([Schedule.spaced("50 millis"), Schedule.recurs(60)]) }),
  Effect.map((health) => ({
    name: "announcements" as const,
    ok: isListening(health),
    detail: isListening(health) ? "heard" : `not heard: ${health.listener.reason ?? health.listener.state}`
  }))
)
