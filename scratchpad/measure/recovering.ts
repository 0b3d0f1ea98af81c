/** How soon after a restart of the server a node serves what is published then, beside the backoff step it was in. */
import * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Health } from "rulestead/Health"
import type { Rulestead } from "rulestead/Rulestead"
import { spread } from "../../benchmark/harness/statistics.ts"
import { Databases } from "./Databases.ts"
import * as Editor from "./Editor.ts"
import { elapsed, type Measurement, milliseconds, ratio } from "./Measurement.ts"
import * as Node from "./Node.ts"

/** Milliseconds. */
const retry = { min: 250, max: 30_000 }

/** The longest pause after so many failures in a row. */
const stepAfter = (failures: number): number => Math.min(retry.max, retry.min * 2 ** (failures - 1))

/** How often the node tries in vain before the server comes back. */
const attempts = 4

/** It tries to listen, or, once a look has failed, to look. */
const failuresOf = ({ listener, refresh }: Health): number => Math.max(listener.failures, refresh.failures)

export const recovering: Measurement = {
  name: "recovering",
  measure: Effect.fnUntraced(
    function*(quick) {
      const { create, server } = yield* Databases
      const { kill, start } = yield* server
      const database = yield* create(100)
      const { edit } = yield* Editor.make(database)
      const restart = Effect.gen(function*() {
        const node = yield* Node.start(Postgres.layerFeed({ url: database.nodeUrl }), { retry })
        yield* until(node, ({ listener }) => listener.state === "listening")
        yield* kill
        yield* until(node, (health) => failuresOf(health) >= attempts)
        yield* start
        const step = stepAfter(failuresOf(node.healthUnsafe()))
        const served = Effect.flatMap(edit, ({ version }) => until(node, (health) => health.version === version))
        return { step, took: yield* elapsed(served) }
      })

      const restarts = yield* Effect.replicateEffect(Effect.scoped(restart), quick ? 3 : 15)
      return [
        ratio(
          "from a restarted server to a new version, against the step of the backoff",
          spread(restarts.map(({ step, took }) => took / step)),
          1
        ),
        milliseconds("from a restarted server to a new version", restarts.map(({ took }) => took))
      ]
    },
    Effect.scoped,
    Effect.orDie
  )
}

const until = ({ health }: Rulestead["Service"], isSo: (health: Health) => boolean) =>
  Effect.timeout(Effect.repeat(health, { until: isSo, schedule: Schedule.spaced("2 millis") }), "1 minute")
