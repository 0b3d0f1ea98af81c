/**
 * Transactions over one immutable value: they run one after another, each on a draft that takes the place of the value
 * when it succeeds.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"

export interface Transactions<Rows> {
  /** Answers from the draft of the transaction around it, else from what is committed. */
  readonly read: <A>(f: (rows: Rows) => A) => Effect.Effect<A>
  /** Changes the draft of the transaction around it, else commits by itself. */
  readonly write: <A>(f: (rows: Rows) => readonly [A, Rows]) => Effect.Effect<A>
  readonly transaction: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly committed: Effect.Effect<Rows>
}

interface Draft<Rows> {
  rows: Rows
}

type Body<Rows, A, E, R> = (draft: Draft<Rows>) => Effect.Effect<A, E, R>

/** `onCommit` belongs to the commit. Two stores of different names take no notice of each other. */
export const make = Effect.fnUntraced(function*<Rows>(
  name: string,
  initial: Rows,
  onCommit: (before: Rows, after: Rows) => Effect.Effect<void>
) {
  const turn = yield* Semaphore.make(1)
  const Current = Context.Reference<Draft<Rows> | undefined>(`rulestead/StoreMemory/${name}`, {
    defaultValue: () => undefined
  })
  let committed = initial

  const outermost = <A, E, R>(body: Body<Rows, A, E, R>): Effect.Effect<A, E, R> =>
    turn.withPermit(Effect.suspend(() => {
      const draft: Draft<Rows> = { rows: committed }
      const commit = Effect.suspend(() => {
        const before = committed
        committed = draft.rows
        return onCommit(before, committed)
      })
      return Effect.tap(Effect.provideService(body(draft), Current, draft), Effect.uninterruptible(commit))
    }))

  const inner = <A, E, R>(body: Body<Rows, A, E, R>, draft: Draft<Rows>): Effect.Effect<A, E, R> => {
    const { rows } = draft
    const undo = Effect.sync(() => {
      draft.rows = rows
    })
    return Effect.onError(body(draft), () => undo)
  }

  const within = <A, E, R>(body: Body<Rows, A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Current, (draft) => draft === undefined ? outermost(body) : inner(body, draft))

  const transactions: Transactions<Rows> = {
    read: (f) => Effect.map(Current, (draft) => f(draft === undefined ? committed : draft.rows)),
    write: (f) =>
      within((draft) =>
        Effect.sync(() => {
          const [answer, rows] = f(draft.rows)
          draft.rows = rows
          return answer
        })
      ),
    transaction: (self) => within(() => self),
    committed: Effect.sync(() => committed)
  }
  return transactions
})
