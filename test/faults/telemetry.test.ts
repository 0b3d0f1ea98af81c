import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { MemoryBackup } from "../../packages/rulestead/test/support/MemoryBackup.ts"
import { matrix } from "./matrix.ts"
import { family, type Faults } from "./support/family.ts"
import * as MemoryWorld from "./support/MemoryWorld.ts"
import type { Surroundings } from "./support/Node.ts"
import { virtual } from "./support/Time.ts"

type Name = keyof typeof matrix.telemetry

interface WatchedWorld extends MemoryWorld.MemoryWorld {
  /** Those who watch behave well until they are added here. */
  readonly misbehaving: Set<Name>
}

const watchers = (misbehaving: ReadonlySet<Name>): Omit<Surroundings, "clock"> => {
  const act = (name: Name): void => {
    if (misbehaving.has(name)) throw new Error("told to throw")
  }
  return {
    telemetry: (inner) => ({
      ...inner,
      emit: (event) => {
        inner.emit(event)
        act("telemetry that throws")
      }
    }),
    loggers: [Logger.make(() => act("a logger that throws"))],
    attend: ({ changes }, { events }) =>
      Effect.andThen(
        Effect.forkScoped(
          Stream.runForEach(changes, () => Effect.sync(() => act("a subscriber of changes that throws")))
        ),
        Effect.forkScoped(
          Stream.runForEach(events, () =>
            misbehaving.has("a subscriber of events that never reads") ? Effect.never : Effect.void)
        )
      )
  }
}

const world = Effect.gen(function*() {
  const misbehaving = new Set<Name>()
  const made = yield* MemoryWorld.make({
    time: virtual,
    taps: new MemoryWorld.Taps(),
    backup: new MemoryBackup().layer,
    surroundings: watchers(misbehaving)
  })
  return { ...made, misbehaving }
})

const misbehave = (name: Name) => ({ misbehaving }: WatchedWorld) => ({
  begin: Effect.sync(() => misbehaving.add(name)).pipe(Effect.asVoid)
})

const faults: Faults<typeof matrix.telemetry, WatchedWorld> = {
  "telemetry that throws": misbehave("telemetry that throws"),
  "a subscriber of events that never reads": misbehave("a subscriber of events that never reads"),
  "a subscriber of changes that throws": misbehave("a subscriber of changes that throws"),
  "a logger that throws": misbehave("a logger that throws")
}

describe("those who watch", () => {
  family(it, matrix.telemetry, faults, () => world)
})
