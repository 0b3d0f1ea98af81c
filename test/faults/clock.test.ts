import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MemoryBackup } from "../../packages/rulestead/test/support/MemoryBackup.ts"
import { matrix, type Phase } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import { family, type Faults } from "./support/family.ts"
import * as MemoryWorld from "./support/MemoryWorld.ts"
import { virtual } from "./support/Time.ts"

const world = Effect.suspend(() =>
  MemoryWorld.make({ time: virtual, taps: new MemoryWorld.Taps(), backup: new MemoryBackup().layer })
)

/** The wall clock jumps. A backup is loaded only if the store is away at the start. */
const step = (ahead: number) => ({ taps }: MemoryWorld.MemoryWorld, phase: Phase): Fault => ({
  begin: Effect.andThen(
    Effect.sync(() => {
      taps.ahead += ahead
    }),
    phase === "first start with a backup" ? taps.cutOff : Effect.void
  ),
  end: taps.restore
})

const faults: Faults<typeof matrix.clock, MemoryWorld.MemoryWorld> = {
  "clock stepped forward": step(MemoryWorld.day),
  "clock stepped back": step(-MemoryWorld.day),
  "clock stepped back while the store is away": (world, phase) => {
    const { begin, end } = step(-MemoryWorld.day)(world, phase)
    return { begin: Effect.andThen(world.taps.cutOff, begin), end: end ?? Effect.void }
  }
}

describe("a clock", () => {
  family(it, matrix.clock, faults, () => world)
})
