/** What there is, the nearest spelling first, for those who mistyped a key. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import { FlagNotFound } from "rulestead/RulesteadError"
import { Store } from "rulestead/Store"
import { NotFound } from "rulestead/StoreError"
import { nearest } from "./spelling.ts"

/** The keys there are of what a command did not find; of every run its own. */
export const Nearby = Context.Reference<Ref.Ref<ReadonlyArray<string>>>("rulestead/cli/Nearby", {
  defaultValue: () => Ref.makeUnsafe<ReadonlyArray<string>>([])
})

/** Looks around when a command ends because something was not found, while its store is still open. */
export const looking = Layer.effectDiscard(Effect.gen(function*() {
  const store = yield* Store
  const nearby = yield* Nearby
  yield* Effect.addFinalizer((exit) => {
    const missing = Exit.isFailure(exit) ? missingIn(exit.cause) : undefined
    if (missing === undefined) return Effect.void
    // Only a hint is missing if this fails, too; why the command failed is told anyhow.
    const keys = Effect.orElseSucceed(keysOf(store, missing), () => [])
    return Effect.flatMap(keys, (found) => Ref.set(nearby, nearest(missing.key, found)))
  })
}))

interface Missing {
  readonly resource: string
  readonly key: string
}

const missingIn = (cause: Cause.Cause<unknown>): Missing | undefined => {
  const error = Result.getOrUndefined(Cause.findError(cause))
  if (error instanceof NotFound) return error
  return error instanceof FlagNotFound ? { resource: "flag", key: error.flag } : undefined
}

/** No more than one page: a hint is not worth more. */
const limit = 1000

const keysOf = Effect.fnUntraced(function*(store: Store["Service"], { resource }: Missing) {
  switch (resource) {
    case "environment":
      return (yield* store.environments).map(({ key }) => key)
    case "flag":
      return (yield* store.flags({ limit })).map(({ key }) => key)
    case "audience":
      return (yield* store.audiences({ limit })).map(({ key }) => key)
    default:
      return []
  }
})
