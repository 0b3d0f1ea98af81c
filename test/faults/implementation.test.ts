import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { MemoryBackup } from "../../packages/rulestead/test/support/MemoryBackup.ts"
import { matrix, type Phase } from "./matrix.ts"
import type { Fault } from "./phases.ts"
import { family, type Faults } from "./support/family.ts"
import * as MemoryWorld from "./support/MemoryWorld.ts"
import { virtual } from "./support/Time.ts"

interface OwnWorld extends MemoryWorld.MemoryWorld {
  readonly backup: MemoryBackup
}

const world = Effect.suspend(() => {
  const backup = new MemoryBackup()
  const made = MemoryWorld.make({ time: virtual, taps: new MemoryWorld.Taps(), backup: backup.layer })
  return Effect.map(made, (world) => ({ ...world, backup }))
})

const tell = (): never => {
  throw new Error("told to throw")
}

/** Whoever listens has to subscribe again, to the feed as it is now. */
const tap = (
  { taps }: OwnWorld,
  change: Partial<Pick<MemoryWorld.Taps, "fetch" | "listen" | "commit">>,
  end: Effect.Effect<void> = Effect.void
): Fault => ({
  begin: Effect.sync(() => {
    Object.assign(taps, change)
    if (change.listen !== undefined) taps.lose()
  }),
  end: Effect.andThen(taps.restore, end)
})

/** Answers, with something else in place of the head. */
const answering = (answer: object) => (world: OwnWorld): Fault =>
  tap(world, { fetch: (truth) => Effect.map(truth, (changes) => Object.assign({}, changes, answer)) })

/** What the backup does. Who starts finds the store away as well; who runs has something to save. */
const backingUp = (before: MemoryBackup["before"]) => (world: OwnWorld, phase: Phase): Fault => ({
  begin: Effect.andThen(
    Effect.sync(() => {
      world.backup.before = before
    }),
    phase === "first start with a backup" ? world.taps.cutOff : world.publishSurely
  ),
  end: Effect.andThen(
    Effect.sync(() => {
      world.backup.before = Effect.void
    }),
    world.taps.restore
  )
})

const faults: Faults<typeof matrix.implementation, OwnWorld> = {
  "a feed that throws": (world) => tap(world, { fetch: tell, listen: tell }),
  "a feed that never returns": (world) => tap(world, { fetch: () => Effect.never, listen: () => Stream.never }),
  "a feed that never returns and cannot be interrupted": (world) => {
    const returns = Latch.makeUnsafe()
    return tap(
      world,
      { fetch: (truth) => Effect.uninterruptible(Effect.andThen(returns.await, truth)) },
      Effect.asVoid(returns.open)
    )
  },
  "a feed that interrupts itself": (world) => tap(world, { fetch: () => Effect.interrupt }),
  "a feed that answers nonsense": answering({ head: { version: "one" }, entries: null }),
  "a feed that answers for another environment": (world) =>
    tap(world, {
      fetch: (truth) =>
        Effect.map(truth, (changes) => ({ ...changes, head: { ...changes.head, environment: "other" } }))
    }),
  "announcements that end at once": (world) => tap(world, { listen: () => Stream.empty }),
  "announcements of what does not exist": ({ taps }) => ({
    begin: Effect.asVoid(
      Queue.offerAll(
        taps.rumours,
        Array.from({ length: 100 }, (_, index) => ({ _tag: "Announced" as const, version: 1_000_000 + index }))
      )
    )
  }),
  "a store that throws": (world) => tap(world, { commit: tell }),
  "a store that never returns": (world) => tap(world, { commit: () => Effect.never }),
  "a backup that throws": backingUp(Effect.die(new Error("told to throw"))),
  "a backup that never returns": backingUp(Effect.never)
}

describe("an implementation of one's own", () => {
  family(it, matrix.implementation, faults, () => world)
})
