/** Changes, as nodes see them. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Rulestead } from "rulestead/Rulestead"
import type { Change } from "rulestead/SnapshotCache"
import * as Decider from "../Decider.ts"
import { Provenance } from "../output/documents.ts"
import * as Output from "../output/Output.ts"
import type { Style } from "../output/style.ts"
import * as Parameters from "../parameters.ts"
import * as Settings from "../Settings.ts"

const Seen = Schema.Struct({
  at: Schema.Finite,
  ...Provenance.fields,
  changed: Schema.Array(Schema.String),
  removed: Schema.Array(Schema.String)
})

export const watch = Command.make(
  "watch",
  {
    env: Parameters.environment,
    count: Flag.Int("count").pipe(
      Flag.withDescription("End after so many changes (default: go on until interrupted)"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function*({ count, env }) {
    const environment = yield* Settings.environment(env)
    yield* Effect.gen(function*() {
      const rulestead = yield* Rulestead
      const { epoch, source, stale, version } = yield* rulestead.health
      yield* see({ environment, epoch, source, stale, version, changed: [], removed: [] })
      const changes = Option.isSome(count) ? Stream.take(rulestead.changes, count.value) : rulestead.changes
      yield* Stream.runForEach(changes, see)
    }).pipe(Effect.provide(Decider.overStore(environment)))
  })
).pipe(
  Output.prints(Seen),
  Command.withDescription(
    "Show what changes in an environment, as it changes, until interrupted. With --format json, one document to a line."
  ),
  Command.withShortDescription("Show what changes in an environment, as it changes."),
  Command.withExamples([
    { command: "rulestead watch --env prod" },
    { command: "rulestead watch --env prod --format json --count 1", description: "Wait for the next change" }
  ])
)

const see = Effect.fnUntraced(function*(change: Change) {
  const at = yield* Clock.currentTimeMillis
  yield* Output.showLine(Seen, { at, ...change }, ({ style }) => line(at, change, style))
})

const line = (at: number, { changed, removed, source, stale, version }: Change, style: Style): string =>
  [
    style.dim(Output.time(at)),
    `snapshot ${version} (${source}${stale ? style.warning(", stale") : ""})`,
    ...(changed.length === 0 ? [] : [`changed ${changed.join(", ")}`]),
    ...(removed.length === 0 ? [] : [`removed ${removed.join(", ")}`])
  ].join("  ")
