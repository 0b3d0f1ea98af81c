/** A backend of which one step fails: to see what a command leaves behind that came this far and no further. */
import * as Effect from "effect/Effect"
import type { StoreBackend } from "rulestead/StoreBackend"
import { StoreUnavailable } from "rulestead/StoreError"

type Backend = StoreBackend["Service"]

/** As a store may fail, a program may be wrong, or a caller may go away. */
const effects = {
  failure: Effect.fail(new StoreUnavailable({ operation: "test", reason: "failed", detail: "on purpose" })),
  defect: Effect.die(new Error("on purpose")),
  interruption: Effect.interrupt
}

export type Fault = keyof typeof effects

export const faults: ReadonlyArray<Fault> = ["failure", "defect", "interruption"]

export interface Tripwire {
  readonly backend: Backend
  /** Runs a command whose step number `step`, from 0, fails; the last step is the commit. */
  readonly trip: <A, E, R>(command: Effect.Effect<A, E, R>, step: number, fault: Fault) => Effect.Effect<A, E, R>
}

export const make = (backend: Backend): Tripwire => {
  let left = Infinity
  let fault: Fault = "failure"
  const check = Effect.suspend(() => left-- === 0 ? effects[fault] : Effect.void)
  const guarded = <Group extends object>(group: Group): Group =>
    new Proxy(group, {
      get: (group, name) => {
        const member: unknown = Reflect.get(group, name)
        if (typeof member !== "function") return member
        return (...args: ReadonlyArray<unknown>) =>
          Effect.andThen(check, (): Effect.Effect<unknown> => member.apply(group, args))
      }
    })
  return {
    backend: {
      transaction: (self) => backend.transaction(Effect.tap(self, () => check)),
      environments: guarded(backend.environments),
      audiences: guarded(backend.audiences),
      flags: guarded(backend.flags),
      states: guarded(backend.states),
      rulesets: guarded(backend.rulesets),
      uses: guarded(backend.uses),
      snapshots: guarded(backend.snapshots),
      audit: guarded(backend.audit)
    },
    trip: (command, step, kind) =>
      Effect.suspend(() => {
        left = step
        fault = kind
        return Effect.ensuring(
          command,
          Effect.sync(() => {
            left = Infinity
          })
        )
      })
  }
}
