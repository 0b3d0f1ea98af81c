/** One of several nodes, each in a process of its own. */
import type * as Postgres from "@rulestead/postgres/Postgres"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { strict as assert } from "node:assert"
import { join } from "node:path"
import type * as SnapshotCache from "rulestead/SnapshotCache"
import * as Program from "../../support/Program.ts"

export interface Task {
  readonly postgres: Postgres.Options
  readonly node: SnapshotCache.Options
  /** Of the backup, which all of them share. */
  readonly directory: string
}

export interface Served {
  readonly epoch: string
  readonly version: number
  readonly digest: string
}

/** What a node is at, and the memory it needs once the garbage is collected. */
export interface Look {
  readonly epoch: string | null
  readonly version: number
  readonly digest: string | null
  readonly attempts: number
  readonly heapUsed: number
}

export type Report =
  | { readonly _tag: "Served" } & Served
  | { readonly _tag: "Look" } & Look
  | { readonly _tag: "Wrong"; readonly what: string }

export type Command = "look" | "close"

export interface Member {
  /** Everything it ever served, in order. */
  readonly served: ReadonlyArray<Served>
  /** What it should not have done. */
  readonly wrongs: ReadonlyArray<string>
  readonly look: Effect.Effect<Look>
  /** The process has to end by itself, and to have said nothing on standard error. */
  readonly close: Effect.Effect<void>
}

const file = join(import.meta.dirname, "../fixtures/member.ts")

export const start = Effect.fnUntraced(function*(task: Task): Effect.fn.Return<Member, never, Scope.Scope> {
  const served: Array<Served> = []
  const wrongs: Array<string> = []
  const looks = yield* Queue.unbounded<Look>()
  const onMessage = (report: Report): void => {
    switch (report._tag) {
      case "Served":
        served.push({ epoch: report.epoch, version: report.version, digest: report.digest })
        return
      case "Look":
        Queue.offerUnsafe(looks, report)
        return
      case "Wrong":
        wrongs.push(report.what)
    }
  }
  const { gone, tell } = yield* Program.start<Report, Command>({ file, task, onMessage, flags: ["--expose-gc"] })
  const died = Effect.flatMap(gone, (ending) => Effect.die(new Error(`the process ended: ${JSON.stringify(ending)}`)))
  const nextLook = Effect.raceFirst(Queue.take(looks), died)
  yield* nextLook
  return {
    served,
    wrongs,
    look: Effect.andThen(tell("look"), nextLook),
    close: tell("close").pipe(
      Effect.andThen(gone),
      Effect.map((ending) => assert.deepEqual(ending, { code: 0, signal: null, errors: "" }))
    )
  }
})
