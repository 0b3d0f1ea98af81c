// What a decision costs as more and more flags are loaded.
import * as Evaluator from "rulestead/Evaluator"
import { catalogue, scenarioFlags, users } from "../flags.ts"
import { now } from "../harness/clock.ts"
import { spread } from "../harness/statistics.ts"
import type { Measurement, Section } from "../Measurement.ts"
import { context, entry } from "../rulestead/support/entries.ts"

type Flags = ReadonlyMap<string, Evaluator.CompiledFlag>

const contexts = users().map(context)

const load = (size: number): Flags =>
  new Map(catalogue(size).map((flag) => [flag.key, Evaluator.compileFlag(entry(flag))]))

/** Nanoseconds for each decision of these flags, one for each user. */
const cost = (flags: Flags, keys: ReadonlyArray<string>): number => {
  let decided = 0
  const begin = now()
  for (const [index, context] of contexts.entries()) {
    const flag = flags.get(keys[index % keys.length] ?? "")
    if (flag !== undefined && Evaluator.evaluate(flag, context).flag === flag.key) decided++
  }
  const nanoseconds = now() - begin
  if (decided !== contexts.length) throw new Error("a flag is missing")
  return nanoseconds / decided
}

const measure = (sizes: ReadonlyArray<number>, rounds: number): ReadonlyArray<Measurement> => {
  const subjects = sizes.map((size) => {
    const flags = load(size)
    const keys = [...flags.keys()]
    const step = Math.max(1, keys.length / contexts.length)
    const all = Array.from(
      { length: Math.min(keys.length, contexts.length) },
      (_, index) => keys[Math.floor(index * step)] ?? ""
    )
    return { size, flags, all, samples: { one: Array<number>(), rollout: Array<number>(), all: Array<number>() } }
  })
  for (let round = 0; round < rounds; round++) {
    for (const { all, flags, samples } of subjects) {
      samples.one.push(cost(flags, [scenarioFlags.threeConditions.key]))
      samples.rollout.push(cost(flags, [scenarioFlags.rollout.key]))
      samples.all.push(cost(flags, all))
    }
  }
  const [smallest, ...larger] = subjects
  return larger.flatMap(({ samples, size }): ReadonlyArray<Measurement> => {
    const against = (which: keyof typeof samples) => {
      const warm = Math.floor(rounds / 3)
      return spread(
        samples[which].map((sample, round) => sample / (smallest?.samples[which][round] ?? NaN)).slice(warm)
      )
    }
    const title = `${size.toLocaleString("en-US")} flags, against ${smallest?.size}`
    const target = { atLeast: 0.75, atMost: 1.25 }
    return [
      { title: `three conditions, ${title}`, unit: "×", ...target, value: against("one") },
      { title: `a rollout, ${title}`, unit: "×", ...target, value: against("rollout") },
      { title: `every flag in turn, ${title}`, unit: "×", value: against("all") }
    ]
  })
}

export const section: Section = {
  title: "Growing",
  about: "One flag decided again and again must cost the same however many are loaded. Deciding every flag in turn, as "
    + "few programs do, meets the processor's caches instead of Rulestead.",
  measure: async (quick) => measure(quick ? [10, 1_000, 10_000] : [10, 100, 1_000, 10_000, 100_000], quick ? 30 : 150)
}
