// The process of one subject: loads it, checks its answers, and then times scenarios as it is told to.
import { check, isBucketed } from "../expected.ts"
import { type Flag, type User, users } from "../flags.ts"
import { type Scenario, scenarios } from "../scenarios.ts"
import type { Clock, Running, Subject } from "../Subject.ts"
import * as Loop from "./loop.ts"
import { stayLocal } from "./offline.ts"
import { type Answer, received, type Request, type Start } from "./protocol.ts"

const attempts = stayLocal()
const rotation = users()

interface Track {
  readonly clock: Clock
  /** The user to begin with next. */
  next: number
  /** Nanoseconds of a decision, as far as is known. */
  cost: number
}

const tracks = new Map<string, Track>()

/** As many as fill the time, in whole rounds of all users once it is that many. */
const countFor = (cost: number, milliseconds: number): number => {
  const count = Math.max(1, Math.floor(milliseconds * 1e6 / cost))
  return count < rotation.length ? count : Math.floor(count / rotation.length) * rotation.length
}

/** A busy machine makes it take longer, but not fifty times as long: if it seems so, the clock was late. */
const run = async (track: Track, count: number): Promise<number> => {
  const begin = performance.now()
  const nanoseconds = await track.clock(track.next, count)
  const onTheWall = (performance.now() - begin) * 1e6
  track.cost = Math.max(nanoseconds, onTheWall / 50) / count
  track.next = (track.next + count) % rotation.length
  return nanoseconds / count
}

const warmUp = async (track: Track, milliseconds: number): Promise<void> => {
  const end = performance.now() + milliseconds
  await run(track, 1)
  do await run(track, countFor(track.cost, 1))
  while (performance.now() < end)
}

/** As many users as there is time for, but a hundred. */
const checkFlag = async (running: Running, flag: Flag, bucket: Subject["bucket"], milliseconds: number) => {
  const end = performance.now() + milliseconds
  const given: Array<{ readonly user: User; readonly answer: unknown }> = []
  for (let count = 100; given.length < rotation.length; count *= 2) {
    const some = rotation.slice(given.length, given.length + count)
    const answers = await running.answers(flag, given.length, some.length)
    given.push(...some.map((user, index) => ({ user, answer: answers[index] })))
    if (performance.now() > end) break
  }
  return check(flag, given, bucket)
}

/** All flags at once must answer as each does alone; of those, the ones that no hash decides must answer as expected. */
const checkAll = async (running: Running, flags: ReadonlyArray<Flag>, bucket: Subject["bucket"]) => {
  for (const [index, user] of rotation.slice(0, 3).entries()) {
    const answers = await running.allAnswers(index)
    if (answers.length !== flags.length) return `${answers.length} answers to ${flags.length} flags`
    for (const [position, flag] of flags.entries()) {
      const answer = answers[position]
      const [alone] = isBucketed(flag) ? await running.answers(flag, index, 1) : [answer]
      if (alone !== answer) return `${flag.key} answered ${String(answer)} among all and ${String(alone)} alone`
      const problem = isBucketed(flag) && bucket === undefined ? undefined : check(flag, [{ user, answer }], bucket)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

const checkScenario = async (scenario: Scenario, running: Running, { bucket }: Subject, milliseconds: number) => {
  const problem = scenario.flag === undefined
    ? await checkAll(running, scenario.flags, bucket)
    : await checkFlag(running, scenario.flag, bucket, milliseconds)
  if (problem !== undefined) throw new Error(`${scenario.id}: ${problem}`)
}

const start = async ({ checking, module, position, sink, warming }: Start): Promise<void> => {
  const { subjects }: { readonly subjects: ReadonlyArray<Subject> } = await import(module)
  const subject = subjects[position]
  if (subject === undefined) throw new Error(`${module} has no subject ${position}`)
  await Loop.unlearn()
  const started = new Map<ReadonlyArray<Flag>, Running>()
  for (const scenario of scenarios) {
    const running = started.get(scenario.flags) ??
      await subject.start(scenario.flags, { users: rotation, sink })
    started.set(scenario.flags, running)
    await checkScenario(scenario, running, subject, checking)
    tracks.set(scenario.id, { clock: running.clock(scenario.flag), next: 0, cost: Infinity })
  }
  // Only now, when the subject has met flags of every kind, as it has in a program that runs.
  for (const track of tracks.values()) await warmUp(track, warming)
}

/** Begins with a stretch that does not count, for the process may have slept. */
const time = async (scenario: string, milliseconds: number): Promise<number> => {
  const track = tracks.get(scenario)
  if (track === undefined) throw new Error(`there is no scenario ${scenario}`)
  await run(track, countFor(track.cost, milliseconds / 4))
  return run(track, countFor(track.cost, milliseconds))
}

const serve = async (request: Request): Promise<Answer> => {
  try {
    const nanoseconds = "module" in request
      ? (await start(request), 0)
      : await time(request.scenario, request.milliseconds)
    if (attempts.hosts.size > 0) throw new Error(`tried to connect to ${[...attempts.hosts].join(", ")}`)
    return { nanoseconds }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

const reply = async (request: Request): Promise<void> => {
  process.send?.(JSON.stringify(await serve(request)))
}

process.on("message", (message) => void reply(received(message)))
process.on("disconnect", () => process.exit())
