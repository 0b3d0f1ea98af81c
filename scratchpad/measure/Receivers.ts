/** Nodes in processes of their own, which tell when they first decide by a version. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import { fork } from "node:child_process"
import type { Database } from "./Databases.ts"

/** What a process tells: the milliseconds since 1970, to the microsecond, at which each of its nodes saw the event. */
export interface Received {
  readonly event: string
  readonly at: ReadonlyArray<number>
}

/** The event of listening, to publishes and to {@link bareChannel}. */
export const ready = "ready"

/** The event of deciding by a version. */
export const decided = (version: number): string => `version ${version}`

/** The event of hearing a notification on {@link bareChannel}. */
export const heard = (payload: string): string => `heard ${payload}`

export const bareChannel = "bare"

export interface Options {
  readonly processes: number
  /** In each process. */
  readonly nodes: number
}

const program = new URL("receiver.ts", import.meta.url)

/** `receive` waits until all nodes saw an event, and answers when each did. */
export const make = Effect.fnUntraced(function*({ nodeUrl }: Database, { nodes, processes }: Options) {
  const start = Effect.gen(function*() {
    const received = yield* Queue.unbounded<Received>()
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const child = fork(program, [Redacted.value(nodeUrl), String(nodes)])
        child.on("message", (message: Received) => Queue.offerUnsafe(received, message))
        return child
      }),
      (child) => Effect.sync(() => child.kill())
    )
    return received
  })
  const all = yield* Effect.replicateEffect(start, processes)

  const next = (received: Queue.Dequeue<Received>, event: string): Effect.Effect<ReadonlyArray<number>> =>
    Effect.flatMap(Queue.take(received), (one) => one.event === event ? Effect.succeed(one.at) : next(received, event))

  const receive = (event: string) =>
    Effect.forEach(all, (received) => next(received, event), { concurrency: "unbounded" }).pipe(
      Effect.map((at) => at.flat()),
      Effect.timeout("1 minute"),
      Effect.orDie
    )
  yield* receive(ready)
  return { receive }
})
