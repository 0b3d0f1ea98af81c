/** Environments that a command would create on its way: never because their key was mistyped. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { Store } from "rulestead/Store"
import * as Confirmation from "./Confirmation.ts"
import { Failure, those } from "./Failure.ts"
import { nearest } from "./spelling.ts"

export const flags = {
  create: Flag.Boolean("create").pipe(
    Flag.withDescription("Create the environment, if there is none of this key"),
    Flag.withDefault(false)
  )
}

/**
 * - `create`: it was said that the environment may be created.
 * - `ask`: whether a person may be asked, if there is one.
 */
export interface Answers {
  readonly create: boolean
  readonly ask: boolean
}

/** Goes on if there is such an environment, or if it shall be created. */
export const agree = Effect.fnUntraced(function*(environment: string, { ask, create }: Answers) {
  const store = yield* Store
  const keys = (yield* store.environments).map(({ key }) => key)
  if (create || keys.includes(environment)) return
  const message = `There is no environment ${environment}`
  const there = those(environment, nearest(environment, keys))
  if (ask && (yield* Confirmation.canAsk)) {
    return yield* Confirmation.ask(`${message}. ${there} Create ${environment}?`)
  }
  return yield* new Failure({
    code: "not_found",
    exit: "failed",
    message,
    next: `${there} To create ${environment}: --create, or before: rulestead env create ${environment}`
  })
})
