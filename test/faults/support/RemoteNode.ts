/** A node in a process of its own, which has to end by itself when the node is closed. */
import type * as Postgres from "@rulestead/postgres/Postgres"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { strict as assert } from "node:assert"
import { join } from "node:path"
import type { Event } from "rulestead/Telemetry"
import * as Program from "../../support/Program.ts"
import { News } from "./News.ts"
import type { Node, Sight } from "./Node.ts"

export interface Task {
  readonly postgres: Postgres.Options
  /** Of its backup. */
  readonly directory: string
}

/** What the process says after the start, after every event, and after the stop. */
export interface Report {
  readonly events: ReadonlyArray<Event>
  readonly sight: Sight
}

export type Command = "refresh" | "close"

const file = join(import.meta.dirname, "../fixtures/node.ts")

export const start = Effect.fnUntraced(function*(task: Task): Effect.fn.Return<Node, never, Scope.Scope> {
  const news = new News()
  const first = yield* Deferred.make<Sight>()
  let sight: Sight | undefined
  const onMessage = (report: Report): void => {
    sight = report.sight
    Deferred.doneUnsafe(first, Effect.succeed(report.sight))
    news.tell(...report.events)
  }
  const { gone, tell } = yield* Program.start<Report, Command>({ file, task, onMessage })
  const died = Effect.flatMap(gone, (ending) => Effect.die(new Error(`the process ended: ${JSON.stringify(ending)}`)))
  const started = yield* Effect.raceFirst(Deferred.await(first), died)
  return {
    news,
    sight: () => sight ?? started,
    refresh: tell("refresh"),
    close: tell("close").pipe(
      Effect.andThen(gone),
      Effect.map((ending) => assert.deepEqual(ending, { code: 0, signal: null, errors: "" }))
    )
  }
})
