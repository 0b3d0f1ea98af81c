/**
 * The transactions that commands run in. What they change in snapshots is staged, and becomes one version of each
 * environment when the outermost ends, so that whoever locks a head waits for nothing but heads, and for those in order.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type * as Audit from "../../Audit.ts"
import type { Together } from "../../Publisher.ts"
import type { Head } from "../../Snapshot.ts"
import type { StoreUnavailable } from "../../StoreError.ts"
import type { Backend } from "./rows.ts"
import * as Snapshots from "./snapshots.ts"

export interface Transactions {
  /** All or nothing. What was denied inside is in the audit in any case. */
  readonly run: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<Together<A>, E | StoreUnavailable, R>
  /** Writes what was denied when the transaction around has ended, whatever became of it. */
  readonly deny: (event: Audit.NewEvent) => Effect.Effect<void, StoreUnavailable>
  readonly stage: (change: Snapshots.Change) => Effect.Effect<void, StoreUnavailable>
  /** Commits what is staged in an environment, and holds the head. */
  readonly settle: (environment: string) => Effect.Effect<Head, StoreUnavailable>
  /** The head with what the command at work has staged; none inside a transaction, which commits when it ends. */
  readonly head: (environment: string) => Effect.Effect<Head | null, StoreUnavailable>
}

/** What is shared by the transactions inside of one. */
interface Outermost {
  readonly denied: Array<Audit.NewEvent>
  /** Another list whenever something is staged or committed, so that the one before can be gone back to. */
  staged: ReadonlyArray<Snapshots.Change>
}

/**
 * The transaction around a command. `turn` is held by the one command or transaction directly inside that is at work: a
 * connection cannot have two.
 */
interface Around {
  readonly outermost: Outermost
  readonly isOutermost: boolean
  readonly turn: Semaphore.Semaphore
}

/** The transactions that a fiber is in, by store. */
const Open = Context.Reference<ReadonlyMap<Backend, Around>>("rulestead/authoring/Open", {
  defaultValue: () => new Map()
})

export const make = (backend: Backend): Transactions => {
  const around = Effect.map(Open, (open) => open.get(backend))

  const inside = <A, E, R>(self: Effect.Effect<A, E, R>, outermost: Outermost, isOutermost: boolean) =>
    Effect.flatMap(Open, (open) => {
      const around: Around = { outermost, isOutermost, turn: Semaphore.makeUnsafe(1) }
      return Effect.provideService(self, Open, new Map([...open, [backend, around]]))
    })

  const outer = <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const outermost: Outermost = { denied: [], staged: [] }
      const { denied } = outermost
      const write = Effect.suspend(() => Effect.forEach(denied, (event) => backend.audit.append(event)))
      const whole = Effect.gen(function*() {
        const value = yield* inside(self, outermost, true)
        const environments = new Set(outermost.staged.map(({ environment }) => environment))
        const heads = yield* Effect.forEach([...environments].sort(), (environment) => commit(environment, outermost))
        yield* write
        return { value, heads }
      })
      return Effect.onExit(
        backend.transaction(whole),
        (exit) => Exit.isFailure(exit) && denied.length > 0 ? backend.transaction(write) : Effect.void
      )
    })

  /** No interrupt comes between the backend's taking it back, or not, and the same with what it staged. */
  const inner = <A, E, R>(self: Effect.Effect<A, E, R>, { outermost, turn }: Around) =>
    turn.withPermit(Effect.uninterruptibleMask((restore) => {
      const { staged } = outermost
      const undo = Effect.sync(() => {
        outermost.staged = staged
      })
      return backend.transaction(restore(inside(self, outermost, false))).pipe(
        Effect.onError(() => undo),
        Effect.map((value) => ({ value, heads: [] }))
      )
    }))

  const commit = (environment: string, outermost: Outermost) =>
    Effect.suspend(() => {
      const { staged } = outermost
      outermost.staged = staged.filter((change) => change.environment !== environment)
      return Snapshots.commit(backend, environment, staged.filter((change) => change.environment === environment))
    })

  const run: Transactions["run"] = (self) =>
    Effect.flatMap(around, (around) => around === undefined ? outer(self) : inner(self, around))

  /** Where no transaction is around, it is one of its own. */
  const within = <A>(use: (around: Around) => Effect.Effect<A, StoreUnavailable>): Effect.Effect<A, StoreUnavailable> =>
    Effect.flatMap(
      around,
      (around) => around === undefined ? Effect.map(run(within(use)), ({ value }) => value) : use(around)
    )

  return {
    run,
    deny: (event) =>
      within(({ outermost }) =>
        Effect.sync(() => {
          outermost.denied.push(event)
        })
      ),
    stage: (change) =>
      within(({ outermost }) =>
        Effect.sync(() => {
          outermost.staged = [...outermost.staged, change]
        })
      ),
    settle: (environment) => within(({ outermost }) => commit(environment, outermost)),
    head: (environment) =>
      within(({ isOutermost, outermost }) => isOutermost ? commit(environment, outermost) : Effect.succeed(null))
  }
}
