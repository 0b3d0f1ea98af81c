/**
 * What is told of a transaction when it has committed, and only then.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Head } from "../Snapshot.ts"
import type { StoreBackend } from "../StoreBackend.ts"
import * as Monotonic from "./monotonic.ts"

/** `millis`: from the beginning of the transaction to its commit. */
type Telling = (millis: number) => void

/** What waits for the transaction around it. */
const Waiting = Context.Reference<Array<Telling> | undefined>("rulestead/internal/committed/Waiting", {
  defaultValue: () => undefined
})

/** Tells now, or, inside of a transaction, when that has committed. */
export const whenCommitted = (telling: Telling): Effect.Effect<void> =>
  Effect.map(Waiting, (waiting) => {
    if (waiting === undefined) telling(0)
    else waiting.push(telling)
  })

/** A backend that tells of every snapshot that it has committed, with the number of entries that changed. */
export const observe = (
  backend: StoreBackend["Service"],
  published: (head: Head, changed: number, millis: number) => void
): StoreBackend["Service"] => ({
  ...backend,
  transaction: (self) =>
    Effect.flatMap(Waiting, (waiting) =>
      waiting === undefined
        ? outermost((tellings) => backend.transaction(Effect.provideService(self, Waiting, tellings)))
        : inner(backend.transaction(self), waiting)),
  snapshots: {
    ...backend.snapshots,
    commit: (head, entries) =>
      Effect.andThen(
        backend.snapshots.commit(head, entries),
        whenCommitted((millis) => published(head, entries.length, millis))
      )
  }
})

const outermost = <A, E, R>(transaction: (tellings: Array<Telling>) => Effect.Effect<A, E, R>) =>
  Clock.clockWith((clock) => {
    const start = Monotonic.nowUnsafe(clock)
    const tellings: Array<Telling> = []
    return Effect.onExit(transaction(tellings), ({ _tag }) =>
      Effect.sync(() => {
        if (_tag === "Success") tellings.forEach((tell) => tell(Monotonic.nowUnsafe(clock) - start))
      }))
  })

/** Part of another one, with which it takes effect; alone it can only fail. */
const inner = <A, E, R>(transaction: Effect.Effect<A, E, R>, waiting: Array<Telling>) =>
  Effect.suspend(() => {
    const { length } = waiting
    return Effect.onError(transaction, () =>
      Effect.sync(() => {
        waiting.length = length
      }))
  })
