// Times every subject in every scenario, round after round, so that whatever else the machine does hits all of them.
import { random } from "../random.ts"
import { scenarios } from "../scenarios.ts"
import { Contestant } from "./contestant.ts"
import { serve } from "./serve.ts"
import type { Entry, Group } from "./subjects.ts"

export interface Row {
  readonly group: Group
  readonly title: string
  readonly kind: string
  readonly how: string
  readonly version: string | undefined
  /** Why it is out, or was not measured at all. */
  readonly problem: string | undefined
  /** Nanoseconds per decision, by scenario, a sample of each round. */
  readonly samples: ReadonlyMap<string, ReadonlyArray<number>>
}

export interface Effort {
  readonly rounds: number
  /** Milliseconds of a sample, and of warming up and of checking a scenario. */
  readonly sample: number
  readonly warming: number
  readonly checking: number
}

export const measure = async (
  entries: ReadonlyArray<Entry>,
  { checking, rounds, sample, warming }: Effort,
  progress: (text: string) => void
): Promise<ReadonlyArray<Row>> => {
  const sink = await serve({})
  const contestants = await startAll(entries, (entry) => {
    progress(`loading and checking ${entry.title}`)
    return Contestant.start(entry, { sink: sink.url, checking, warming })
  })
  const samples = new Map(contestants.map((contestant) => [contestant, new Map<string, Array<number>>()]))
  const { shuffle } = random(3)
  try {
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`)
      for (const { id } of scenarios) {
        for (const contestant of shuffle(contestants)) {
          const nanoseconds = await contestant.measure(id, sample)
          if (nanoseconds === undefined) continue
          const byScenario = samples.get(contestant)
          byScenario?.set(id, [...byScenario.get(id) ?? [], nanoseconds])
        }
      }
    }
  } finally {
    for (const contestant of contestants) contestant.stop()
    await sink.close()
  }
  return contestants.map((contestant) => {
    const { entry: { group, subject, title, version }, problem } = contestant
    return {
      group,
      title,
      kind: subject.kind,
      how: subject.how,
      version,
      problem,
      samples: samples.get(contestant) ?? new Map()
    }
  })
}

/** Two at a time, as many as the smallest machine has processors. */
const startAll = async <A, B>(items: ReadonlyArray<A>, start: (item: A) => Promise<B>): Promise<ReadonlyArray<B>> => {
  const started: Array<B> = []
  const queue = items.entries()
  const work = async () => {
    for (const [index, item] of queue) started[index] = await start(item)
  }
  await Promise.all([work(), work()])
  return started
}
