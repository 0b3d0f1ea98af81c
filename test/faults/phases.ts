/** What happens around a fault, phase by phase, and what has to hold whatever the fault is. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { strict as assert } from "node:assert"
import { inspect, isDeepStrictEqual } from "node:util"
import type { Health } from "rulestead/Health"
import type { Event } from "rulestead/Telemetry"
import type { Cell, Phase, Shown, Told } from "./matrix.ts"
import type { Node, Sight } from "./support/Node.ts"
import * as World from "./support/World.ts"

/** A fault in a world. `prepare` runs before anything else is there. */
export interface Fault {
  readonly prepare?: Effect.Effect<void, never, Scope.Scope>
  readonly begin: Effect.Effect<void, never, Scope.Scope>
  readonly end?: Effect.Effect<void>
}

export interface Scene {
  readonly world: World.World
  readonly fault: Fault
  readonly cell: Cell
}

/** Runs a cell of the matrix. Answers how long the recovery took: milliseconds of real time. */
export const run = Effect.fnUntraced(function*(
  phase: Phase,
  { cell, fault, world }: Scene
): Effect.fn.Return<number, never, Scope.Scope> {
  let hasEnded = false
  const end = Effect.suspend(() => {
    if (hasEnded) return Effect.void
    hasEnded = true
    return fault.end ?? Effect.void
  })
  yield* Effect.addFinalizer(() => end)
  yield* fault.prepare ?? Effect.void
  const { node, since } = yield* procedures[phase]({ cell, world, fault: { begin: fault.begin, end } })

  yield* end
  const start = performance.now()
  const backup = cell.backup === undefined ? {} : { backup: cell.backup }
  yield* shows(world, node, { ...fresh, ...backup, serves: "committed" }, 0)
  const took = performance.now() - start
  yield* world.publishSurely
  yield* shows(world, node, { ...fresh, ...backup }, 0)
  yield* tells(world, node, since, cell.afterwards ?? [])
  assertSound(node)
  yield* world.audit(node)
  return took
})

const fresh: Shown = { serves: "latest", readiness: "Fresh", stale: false, live: true, problem: null }

interface Faulty extends Scene {
  readonly fault: Required<Omit<Fault, "prepare">>
}

/** The node that has to recover, and how many events it had told before the fault. */
interface Outcome {
  readonly node: Node
  readonly since: number
}

type Procedure = (scene: Faulty) => Effect.Effect<Outcome, never, Scope.Scope>

const procedures: Record<Phase, Procedure> = {
  "first start": ({ cell, fault, world }) =>
    Effect.gen(function*() {
      yield* world.publishSurely
      yield* fault.begin
      const node = yield* world.start({ backup: false })
      yield* stands(world, node, cell, { held: 0, since: 0 })
      return { node, since: 0 }
    }),

  "first start with a backup": ({ cell, fault, world }) =>
    Effect.gen(function*() {
      const held = yield* ran(world)
      yield* world.publishSurely
      yield* fault.begin
      const node = yield* world.start({ backup: true })
      yield* stands(world, node, cell, { held, since: 0 })
      return { node, since: 0 }
    }),

  "running": ({ cell, fault, world }) =>
    Effect.gen(function*() {
      const node = yield* running(world, world.start({ backup: true }))
      const { held, since } = before(node)
      yield* fault.begin
      yield* stands(world, node, cell, { held, since })
      return { node, since }
    }),

  "publishing": ({ cell, fault, world }) =>
    Effect.gen(function*() {
      const node = yield* running(world, world.start({ backup: true }))
      const publishing = yield* Effect.forkScoped(publishOn(world))
      yield* acknowledges(world, node)
      const { held, since } = before(node)
      yield* fault.begin
      yield* stands(world, node, cell, { held, since })
      yield* cell.publisher === undefined ? acknowledges(world, node) : hears(world, node, cell.publisher)
      yield* fault.end
      yield* acknowledges(world, node)
      yield* Fiber.interrupt(publishing)
      if (cell.publisher === undefined) assert.deepEqual([...world.ledger.told], [])
      return { node, since }
    }),

  "stopping": ({ cell, fault, world }) =>
    Effect.gen(function*() {
      const node = yield* running(world, world.startApart)
      const { since } = before(node)
      yield* fault.begin
      yield* tells(world, node, since, cell.told)
      const { served } = node.sight()
      yield* node.refresh
      yield* node.close
      assertShown(world, node, cell.during, served ?? 0)
      assertSane(world, node.sight())
      assertSound(node)
      yield* fault.end
      return { node: yield* world.start({ backup: true }), since: 0 }
    })
}

/** The fault shows as it has to. */
const stands = (
  world: World.World,
  node: Node,
  { during, told }: Cell,
  { held, since }: { readonly held: number; readonly since: number }
) => Effect.andThen(shows(world, node, during, held), tells(world, node, since, told))

const before = (node: Node) => ({ held: node.sight().served ?? 0, since: node.news.events.length })

/** A node that serves what was published last, has saved it, and hears what comes. */
const running = Effect.fnUntraced(function*(world: World.World, start: World.World["startApart"]) {
  yield* world.publishSurely
  const node = yield* start
  yield* shows(world, node, { ...fresh, backup: "written", listener: "listening" }, world.ledger.latest)
  return node
})

/** A node was there, and left a backup of two generations. Answers what is in the newer one. */
const ran = Effect.fnUntraced(function*(world: World.World) {
  const node = yield* running(world, world.start({ backup: true }))
  const { version } = node.sight().health
  yield* world.publishSurely
  yield* world.time.until(
    () => (node.sight().health.backup.version ?? 0) > version,
    node.news,
    () => "nothing was saved"
  )
  yield* node.close
  return world.ledger.latest
})

/** Publishes and publishes. Whoever does not answer is not waited for. */
const publishOn = ({ ledger, publish }: World.World) =>
  publish.pipe(
    Effect.timeoutOption("5 seconds"),
    Effect.tap((answer) => Effect.sync(() => Option.isNone(answer) && ledger.told.add("silence"))),
    Effect.catch((error) => Effect.sync(() => ledger.told.add(World.wordOf(error)))),
    Effect.catchDefect(() => Effect.sync(() => ledger.told.add("defect"))),
    Effect.andThen(Effect.sleep("10 millis")),
    Effect.forever
  )

/** Until something was published after this. */
const acknowledges = ({ ledger, time }: World.World, node: Node) =>
  Effect.suspend(() => {
    const { latest } = ledger
    return time.until(() => ledger.latest > latest, node.news, () => "nothing was acknowledged")
  })

const hears = ({ ledger, time }: World.World, node: Node, word: string) =>
  time.until(() => ledger.told.has(word), node.news, () => `the publisher heard ${inspect(ledger.told)}`)

const shows = (world: World.World, node: Node, expected: Shown, held: number) =>
  world.time.until(
    () => {
      const sight = node.sight()
      assertSane(world, sight)
      return isDeepStrictEqual(seen(world, sight, expected, held), expected)
    },
    node.news,
    () => `the node did not show ${inspect(expected)} but ${inspect(seen(world, node.sight(), expected, held))}`
  )

const assertShown = (world: World.World, node: Node, expected: Shown, held: number) =>
  assert.deepEqual(seen(world, node.sight(), expected, held), expected)

/** What a node shows, of all that `expected` says something of. */
const seen = ({ ledger }: World.World, { health, served }: Sight, expected: Shown, held: number) => {
  const all: Record<keyof Shown, unknown> = {
    serves: isServed[expected.serves](served, held, ledger) ? expected.serves : served,
    readiness: health.readiness._tag,
    stale: health.stale,
    live: health.live,
    problem: health.refresh.lastError?.reason ?? null,
    listener: health.listener.state,
    backup: health.backup.state,
    quarantined: health.backup.quarantined[0] ?? null,
    lost: health.telemetry.failed > 0 ? "failed" : health.telemetry.dropped > 0 ? "dropped" : null
  }
  return Object.fromEntries(Object.entries(all).filter(([key]) => Object.hasOwn(expected, key)))
}

const isServed: Record<
  Shown["serves"],
  (served: number | null, held: number, ledger: World.World["ledger"]) => boolean
> = {
  default: (served) => served === null,
  held: (served, held) => served === held,
  previous: (served, held) => served === held - 1,
  latest: (served, _held, { latest }) => served === latest,
  committed: (served, held, { tried }) => served !== null && served >= held && served <= tried
}

const tells = (world: World.World, node: Node, since: number, told: ReadonlyArray<Told>) => {
  const missing = () => {
    const events = node.news.events.slice(since)
    return told.filter((expected) => !events.some((event) => isTold(event, expected)))
  }
  return world.time.until(
    () => missing().length === 0,
    node.news,
    () => `the node did not tell ${inspect(missing())} but ${inspect(node.news.events.slice(since).slice(-40))}`
  )
}

const isTold = (event: Event, expected: Told): boolean =>
  typeof expected === "string"
    ? event._tag === expected
    : Object.entries(expected).every(([field, value]) =>
      Object.entries(event).some((e) => isDeepStrictEqual(e, [field, value]))
    )

/** What holds whenever somebody looks: nothing is served that was not published, and time does not run backwards. */
const assertSane = ({ ledger }: World.World, { health, served }: Sight) => {
  assert.ok(served === null ? health.flags === 0 : served >= 1 && served <= ledger.tried, `it serves ${served}`)
  for (const age of agesOf(health)) assert.ok(age === null || age >= 0, `an age is ${age}`)
}

/** What holds of all that a node ever told: nothing broke, and no older version followed a newer one of its epoch. */
const assertSound = ({ news: { events } }: Node) => {
  const newest = new Map<string, number>()
  for (const event of events) {
    assert.notEqual(event._tag, "Faulted")
    if (event._tag !== "SnapshotApplied") continue
    const { epoch, version } = event
    const before = newest.get(epoch) ?? 0
    assert.ok(version >= before, `version ${version} was served after ${before}`)
    newest.set(epoch, version)
  }
}

const agesOf = ({ appliedAge, refresh, verifiedAge }: Health) => [
  appliedAge,
  verifiedAge,
  refresh.nextIn,
  refresh.lastError?.age ?? null
]
