/** Makes a test of each cell of a family. */
import type { Vitest } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { TestOptions } from "vitest"
import { type Family, nameOf, phases } from "../matrix.ts"
import type { Phase } from "../matrix.ts"
import * as Phases from "../phases.ts"
import type { World } from "./World.ts"

declare module "vitest" {
  export interface TaskMeta {
    /** How long it took, in milliseconds, from the end of the fault until the node served what was published next. */
    recovery?: number
  }
}

/** How a fault is brought about in a world of that kind. */
export type Faults<F extends Family, W extends World> = {
  readonly [Name in keyof F]: (world: W, phase: Phase) => Phases.Fault
}

export const family = <F extends Family, W extends World, R>(
  it: Pick<Vitest.MethodsNonLive<R>, "effect">,
  cells: F,
  faults: Faults<F, W>,
  make: (phase: Phase) => Effect.Effect<W, never, R | Scope.Scope>,
  options: TestOptions = {}
): void => {
  for (const name in cells) {
    for (const phase of phases) {
      const cell = cells[name]?.cells[phase]
      if (cell === undefined) continue
      it.effect(
        nameOf(phase, name),
        ({ task }) =>
          Effect.gen(function*() {
            const world = yield* make(phase)
            task.meta.recovery = yield* Phases.run(phase, { world, cell, fault: faults[name](world, phase) })
          }),
        { timeout: 120_000, ...options }
      )
    }
  }
}
